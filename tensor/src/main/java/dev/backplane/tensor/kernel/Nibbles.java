package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Runs of four-bit numbers of 32 rows, as tiles hold them: eight lines of 64 bytes, in each 16-bit
/// lane four columns, the lowest bits first.
///
/// The sum of 32 products (q − 8) · x is within ±32 · 8 · 127 = ±32,512 and so fits 16 bits. It may
/// therefore be added up modulo 2¹⁶ with q as it is, beginning at −8 Σ x, and nothing has to be
/// widened inside a run; nor masked, see [Activations].
final class Nibbles {
    private static final int LINE = TileFormat.LINE;
    private static final int ROWS = TileFormat.ROWS;
    private static final int LINES = 8;

    private static final int FLOAT_BITS = 0x4B40_0000;
    private static final float FLOAT_BASE = 0x1.8p23f;

    private Nibbles() {}

    /// Products of runs whose lines begin each `step` bytes, with levels q − 8 + `more`.
    static void multiply(
            long lines,
            int step,
            int runs,
            Activations x,
            int xRun,
            int more,
            float[] scales,
            int scalesAt,
            float[] sums,
            int at) {
        multiply(lines, step, runs, x, xRun, x.spread, more, scales, scalesAt, sums, at);
    }

    private static void multiply(
            long lines,
            int step,
            int runs,
            Activations activations,
            int xRun,
            int[] x,
            int more,
            float[] scales,
            int scalesAt,
            float[] sums,
            int at) {
        FloatVector low = FloatVector.fromArray(Memory.F, sums, at);
        FloatVector high = FloatVector.fromArray(Memory.F, sums, at + ROWS / 2);
        int[] starts = activations.starts;
        for (int run = 0; run < runs; run++) {
            long line = lines + (long) run * step;
            int k = TileFormat.RUN * (xRun + run);
            ShortVector sum =
                    IntVector.broadcast(Memory.I, starts[4 * (xRun + run)]).reinterpretAsShorts();
            for (int j = 0; j < LINES; j++) {
                ShortVector v =
                        ShortVector.fromMemorySegment(
                                Memory.S, Memory.ALL, line + (long) j * LINE, Memory.LITTLE);
                IntVector a = IntVector.broadcast(Memory.I, x[k + 4 * j]);
                IntVector b = IntVector.broadcast(Memory.I, x[k + 4 * j + 1]);
                IntVector c = IntVector.broadcast(Memory.I, x[k + 4 * j + 2]);
                IntVector d = IntVector.broadcast(Memory.I, x[k + 4 * j + 3]);
                ShortVector one = v.mul(a.reinterpretAsShorts());
                ShortVector two = v.lanewise(VectorOperators.LSHR, 4).mul(b.reinterpretAsShorts());
                ShortVector three =
                        v.lanewise(VectorOperators.LSHR, 8).mul(c.reinterpretAsShorts());
                ShortVector four =
                        v.lanewise(VectorOperators.LSHR, 12).mul(d.reinterpretAsShorts());
                sum = sum.add(one.add(two)).add(three.add(four));
            }
            IntVector both = sum.reinterpretAsInts();
            float scale = activations.scales[xRun + run];
            float base = FLOAT_BASE - more * activations.levelSums[xRun + run];
            int s = scalesAt + ROWS * run;
            low =
                    both.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(FLOAT_BITS)
                            .reinterpretAsFloats()
                            .sub(base)
                            .mul(FloatVector.fromArray(Memory.F, scales, s))
                            .lanewise(VectorOperators.FMA, scale, low);
            high =
                    both.lanewise(VectorOperators.ASHR, 16)
                            .add(FLOAT_BITS)
                            .reinterpretAsFloats()
                            .sub(base)
                            .mul(FloatVector.fromArray(Memory.F, scales, s + ROWS / 2))
                            .lanewise(VectorOperators.FMA, scale, high);
        }
        low.intoArray(sums, at);
        high.intoArray(sums, at + ROWS / 2);
    }

    /// Writes q − `less` of 32 columns to `panel[at]` and following, each 32 floats in order of
    /// rows.
    static void decode(long lines, int less, float[] panel, int at) {
        for (int part = 0; part < ROWS / 2; part += LANES) {
            decode(lines + 4L * part, FLOAT_BASE + less, panel, at + part);
        }
    }

    private static void decode(long lines, float base, float[] panel, int at) {
        for (int j = 0; j < LINES; j++) {
            IntVector v =
                    IntVector.fromMemorySegment(
                            Memory.I, Memory.ALL, lines + (long) j * LINE, Memory.LITTLE);
            for (int k = 4 * j; k < 4 * j + 4; k++) {
                v.and(0xF)
                        .or(FLOAT_BITS)
                        .reinterpretAsFloats()
                        .sub(base)
                        .intoArray(panel, at + ROWS * k);
                v.lanewise(VectorOperators.LSHR, 16)
                        .and(0xF)
                        .or(FLOAT_BITS)
                        .reinterpretAsFloats()
                        .sub(base)
                        .intoArray(panel, at + ROWS * k + ROWS / 2);
                v = v.lanewise(VectorOperators.LSHR, 4);
            }
        }
    }

    /// Plainly: column `k` of a row.
    static int at(long lines, int row, int k) {
        short v = Memory.getShort(lines + (long) (k / 4) * LINE + 2L * TileFormat.lane(row));
        return v >> 4 * (k % 4) & 0xF;
    }
}
