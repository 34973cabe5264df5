package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Products of decoded levels with four activations at once: a register tile of 4 by 2 vectors.
///
/// Levels and activations are whole numbers in floats, and a run's sum is below 2²⁴: floats add it
/// up exactly, whatever the order, so the result is that of the other kernels to the bit.
final class Gemm {
    static final int ROWS = 4;

    private Gemm() {}

    /// Adds to `sums[at]` and following, 32 for each activation, offsets left out.
    static void multiply(
            float[] panel,
            int first,
            int runs,
            Activations x,
            int row,
            Factors factors,
            float[] sums,
            int at) {
        int xRun = row * x.runs() + first;
        for (int part = 0; part < TileFormat.ROWS / 2; part += LANES) {
            multiply(
                    panel,
                    part,
                    runs,
                    x.levels,
                    x.scales,
                    xRun,
                    x.runs(),
                    factors.scales,
                    part,
                    sums,
                    at + part);
        }
    }

    private static void multiply(
            float[] panel,
            int panelAt,
            int runs,
            float[] x,
            float[] xScales,
            int xRun,
            int xRuns,
            float[] scales,
            int scalesAt,
            float[] sums,
            int at) {
        FloatVector lowA = FloatVector.fromArray(Memory.F, sums, at);
        FloatVector highA = FloatVector.fromArray(Memory.F, sums, at + 16);
        FloatVector lowB = FloatVector.fromArray(Memory.F, sums, at + 32);
        FloatVector highB = FloatVector.fromArray(Memory.F, sums, at + 48);
        FloatVector lowC = FloatVector.fromArray(Memory.F, sums, at + 64);
        FloatVector highC = FloatVector.fromArray(Memory.F, sums, at + 80);
        FloatVector lowD = FloatVector.fromArray(Memory.F, sums, at + 96);
        FloatVector highD = FloatVector.fromArray(Memory.F, sums, at + 112);
        int step = TileFormat.RUN * xRuns;
        for (int run = 0; run < runs; run++) {
            FloatVector a0 = FloatVector.zero(Memory.F);
            FloatVector a1 = a0;
            FloatVector b0 = a0;
            FloatVector b1 = a0;
            FloatVector c0 = a0;
            FloatVector c1 = a0;
            FloatVector d0 = a0;
            FloatVector d1 = a0;
            int columns = panelAt + run * TileFormat.RUN * TileFormat.ROWS;
            int from = TileFormat.RUN * (xRun + run);
            for (int k = 0; k < TileFormat.RUN; k++) {
                int column = columns + TileFormat.ROWS * k;
                FloatVector w0 = FloatVector.fromArray(Memory.F, panel, column);
                FloatVector w1 = FloatVector.fromArray(Memory.F, panel, column + 16);
                FloatVector v = FloatVector.broadcast(Memory.F, x[from + k]);
                a0 = w0.fma(v, a0);
                a1 = w1.fma(v, a1);
                v = FloatVector.broadcast(Memory.F, x[from + step + k]);
                b0 = w0.fma(v, b0);
                b1 = w1.fma(v, b1);
                v = FloatVector.broadcast(Memory.F, x[from + 2 * step + k]);
                c0 = w0.fma(v, c0);
                c1 = w1.fma(v, c1);
                v = FloatVector.broadcast(Memory.F, x[from + 3 * step + k]);
                d0 = w0.fma(v, d0);
                d1 = w1.fma(v, d1);
            }
            int s = scalesAt + TileFormat.ROWS * run;
            FloatVector s0 = FloatVector.fromArray(Memory.F, scales, s);
            FloatVector s1 = FloatVector.fromArray(Memory.F, scales, s + 16);
            float scale = xScales[xRun + run];
            lowA = a0.mul(s0).lanewise(VectorOperators.FMA, scale, lowA);
            highA = a1.mul(s1).lanewise(VectorOperators.FMA, scale, highA);
            scale = xScales[xRun + xRuns + run];
            lowB = b0.mul(s0).lanewise(VectorOperators.FMA, scale, lowB);
            highB = b1.mul(s1).lanewise(VectorOperators.FMA, scale, highB);
            scale = xScales[xRun + 2 * xRuns + run];
            lowC = c0.mul(s0).lanewise(VectorOperators.FMA, scale, lowC);
            highC = c1.mul(s1).lanewise(VectorOperators.FMA, scale, highC);
            scale = xScales[xRun + 3 * xRuns + run];
            lowD = d0.mul(s0).lanewise(VectorOperators.FMA, scale, lowD);
            highD = d1.mul(s1).lanewise(VectorOperators.FMA, scale, highD);
        }
        lowA.intoArray(sums, at);
        highA.intoArray(sums, at + 16);
        lowB.intoArray(sums, at + 32);
        highB.intoArray(sums, at + 48);
        lowC.intoArray(sums, at + 64);
        highC.intoArray(sums, at + 80);
        lowD.intoArray(sums, at + 96);
        highD.intoArray(sums, at + 112);
    }
}
