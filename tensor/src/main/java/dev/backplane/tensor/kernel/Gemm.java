package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Products of decoded levels with four activations at once: a register tile of 4 by 2 vectors. The
/// compiler loads all that a column takes before it multiplies, so that with five activations one
/// of the sums is left without one of sixteen registers, and all wait for its way through memory.
///
/// Levels and activations are whole numbers in floats, and a run's sum is below 2²⁴: floats add it
/// up exactly, whatever the order, so the result is that of the other kernels to the bit.
final class Gemm {
    static final int ROWS = Activations.FOUR;

    /// Floats of a column that a register tile reads: a vector of rows below 16, and a vector of
    /// rows 16 further on.
    static final int WIDTH = 2 * LANES;

    /// Floats of a panel: 32 rows by as many columns as are gone over at once.
    static final int PANEL = TileFormat.ROWS * Factors.COLUMNS_MAX;

    private Gemm() {}

    /// Where a panel has a column of rows `part` and following: what a register tile reads is in
    /// one piece, half of the first cache on machines of 256 bits.
    static int place(int part, int column) {
        return part * 2 * Factors.COLUMNS_MAX + WIDTH * column;
    }

    /// Adds to `sums[at]` and following, 32 for each activation, offsets left out. Activations that
    /// fill up the last four get sums that nobody reads.
    ///
    /// @param row of activations, a multiple of four
    static void multiply(
            float[] panel,
            int first,
            int runs,
            Activations x,
            int row,
            Factors factors,
            float[] sums,
            int at) {
        int fours = x.fours(row, TileFormat.RUN * first);
        for (int part = 0; part < TileFormat.ROWS / 2; part += LANES) {
            for (int run = 0; run < runs; run++) {
                multiply(
                        panel,
                        place(part, TileFormat.RUN * run),
                        x.fours,
                        fours + ROWS * TileFormat.RUN * run,
                        x.scales,
                        row * x.runs() + first + run,
                        x.runs(),
                        factors.scales,
                        part + TileFormat.ROWS * run,
                        sums,
                        at + part);
            }
        }
    }

    private static void multiply(
            float[] panel,
            int panelAt,
            float[] x,
            int xAt,
            float[] xScales,
            int xRun,
            int xRuns,
            float[] scales,
            int scalesAt,
            float[] sums,
            int at) {
        FloatVector a0 = FloatVector.zero(Memory.F);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        for (int k = 0; k < TileFormat.RUN; k++) {
            int column = panelAt + WIDTH * k;
            int from = xAt + ROWS * k;
            FloatVector w0 = FloatVector.fromArray(Memory.F, panel, column);
            FloatVector w1 = FloatVector.fromArray(Memory.F, panel, column + LANES);
            FloatVector v = FloatVector.broadcast(Memory.F, x[from]);
            a0 = w0.fma(v, a0);
            a1 = w1.fma(v, a1);
            v = FloatVector.broadcast(Memory.F, x[from + 1]);
            b0 = w0.fma(v, b0);
            b1 = w1.fma(v, b1);
            v = FloatVector.broadcast(Memory.F, x[from + 2]);
            c0 = w0.fma(v, c0);
            c1 = w1.fma(v, c1);
            v = FloatVector.broadcast(Memory.F, x[from + 3]);
            d0 = w0.fma(v, d0);
            d1 = w1.fma(v, d1);
        }
        FloatVector s0 = FloatVector.fromArray(Memory.F, scales, scalesAt);
        FloatVector s1 = FloatVector.fromArray(Memory.F, scales, scalesAt + 16);
        float scale = xScales[xRun];
        a0.mul(s0)
                .lanewise(VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at))
                .intoArray(sums, at);
        a1.mul(s1)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 16))
                .intoArray(sums, at + 16);
        scale = xScales[xRun + xRuns];
        b0.mul(s0)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 32))
                .intoArray(sums, at + 32);
        b1.mul(s1)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 48))
                .intoArray(sums, at + 48);
        scale = xScales[xRun + 2 * xRuns];
        c0.mul(s0)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 64))
                .intoArray(sums, at + 64);
        c1.mul(s1)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 80))
                .intoArray(sums, at + 80);
        scale = xScales[xRun + 3 * xRuns];
        d0.mul(s0)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 96))
                .intoArray(sums, at + 96);
        d1.mul(s1)
                .lanewise(
                        VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at + 112))
                .intoArray(sums, at + 112);
    }
}
