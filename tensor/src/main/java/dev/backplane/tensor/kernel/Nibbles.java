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

    /// Numbers that a line's sums take.
    private static final int LINE_SHORTS = 2 * LANES;

    /// Runs that are gone over at once.
    private static final int RUNS = Factors.LINES_MAX / LINES;

    private static final int FLOAT_BITS = 0x4B40_0000;
    private static final float FLOAT_BASE = 0x1.8p23f;

    private Nibbles() {}

    /// Products of runs, one after the other, with levels q − 8 + `more`.
    static void multiply(
            long lines,
            int runs,
            Activations x,
            int xRun,
            int more,
            Factors factors,
            int scalesAt,
            float[] sums,
            int at) {
        for (int first = 0; first < runs; first += RUNS) {
            int count = Math.min(RUNS, runs - first);
            long from = lines + (long) first * LINES * LINE;
            int scales = scalesAt + ROWS * first;
            if (Memory.PART > LANES) {
                for (int part = 0; part < ROWS / 2; part += Memory.PART) {
                    long at4 = from + 4L * part;
                    int s = scales + part;
                    two(at4, count, x, xRun + first, x.spread, more, factors, s, sums, at + part);
                }
            } else {
                one(from, count, x, xRun + first, more, factors, scales, sums, at);
            }
        }
    }

    /// With the rows of one vector at a time: for the widest, which have all rows of a tile.
    static void one(
            long lines,
            int runs,
            Activations x,
            int xRun,
            int more,
            Factors factors,
            int scalesAt,
            float[] sums,
            int at) {
        for (int part = 0; part < ROWS / 2; part += LANES) {
            int k = TileFormat.RUN * xRun;
            lineSums(lines + 4L * part, LINES * runs, x.spread, k, factors.partials);
            for (int run = 0; run < runs; run++) {
                int sumsAt = LINE_SHORTS * LINES * run;
                gather(factors.partials, sumsAt, x.starts[xRun + run], factors.wholes);
                float base = FLOAT_BASE - more * x.levelSums[xRun + run];
                float scale = x.scales[xRun + run];
                add(factors, 0, scalesAt + ROWS * run + part, base, scale, sums, at + part);
            }
        }
    }

    /// Sums of each line. A loop over the eight lines of a run would hardly have begun when it
    /// ends.
    private static void lineSums(long lines, int count, int[] x, int xAt, short[] to) {
        for (int i = 0; i < count; i++) {
            IntVector v =
                    IntVector.fromMemorySegment(
                            Memory.I, Memory.ALL, lines + (long) i * LINE, Memory.LITTLE);
            int k = xAt + 4 * i;
            ShortVector first =
                    v.reinterpretAsShorts()
                            .mul(IntVector.broadcast(Memory.I, x[k]).reinterpretAsShorts());
            ShortVector second =
                    v.lanewise(VectorOperators.LSHR, 4)
                            .and(0x0FFF_0FFF)
                            .reinterpretAsShorts()
                            .mul(IntVector.broadcast(Memory.I, x[k + 1]).reinterpretAsShorts());
            ShortVector third =
                    v.lanewise(VectorOperators.LSHR, 8)
                            .and(0x00FF_00FF)
                            .reinterpretAsShorts()
                            .mul(IntVector.broadcast(Memory.I, x[k + 2]).reinterpretAsShorts());
            ShortVector fourth =
                    v.lanewise(VectorOperators.LSHR, 12)
                            .and(0x000F_000F)
                            .reinterpretAsShorts()
                            .mul(IntVector.broadcast(Memory.I, x[k + 3]).reinterpretAsShorts());
            first.add(second).add(third.add(fourth)).intoArray(to, LINE_SHORTS * i);
        }
    }

    /// With the rows of two vectors, so that each line is read but once.
    private static void two(
            long lines,
            int runs,
            Activations activations,
            int xRun,
            int[] x,
            int more,
            Factors factors,
            int scalesAt,
            float[] sums,
            int at) {
        int[] starts = activations.starts;
        for (int run = 0; run < runs; run++) {
            long line = lines + (long) run * LINES * LINE;
            int k = TileFormat.RUN * (xRun + run);
            ShortVector sumA =
                    IntVector.broadcast(Memory.I, starts[xRun + run]).reinterpretAsShorts();
            ShortVector sumB = sumA;
            for (int j = 0; j < LINES; j++) {
                int i = k + 4 * j;
                ShortVector c = IntVector.broadcast(Memory.I, x[i]).reinterpretAsShorts();
                ShortVector d = IntVector.broadcast(Memory.I, x[i + 1]).reinterpretAsShorts();
                ShortVector e = IntVector.broadcast(Memory.I, x[i + 2]).reinterpretAsShorts();
                ShortVector f = IntVector.broadcast(Memory.I, x[i + 3]).reinterpretAsShorts();
                long from = line + (long) j * LINE;
                IntVector a =
                        IntVector.fromMemorySegment(Memory.I, Memory.ALL, from, Memory.LITTLE);
                IntVector a4 = a.lanewise(VectorOperators.LSHR, 4).and(0x0FFF_0FFF);
                IntVector a8 = a.lanewise(VectorOperators.LSHR, 8).and(0x00FF_00FF);
                IntVector a12 = a.lanewise(VectorOperators.LSHR, 12).and(0x000F_000F);
                sumA =
                        sumA.add(a.reinterpretAsShorts().mul(c))
                                .add(a4.reinterpretAsShorts().mul(d))
                                .add(a8.reinterpretAsShorts().mul(e))
                                .add(a12.reinterpretAsShorts().mul(f));
                from += 4 * LANES;
                IntVector b =
                        IntVector.fromMemorySegment(Memory.I, Memory.ALL, from, Memory.LITTLE);
                IntVector b4 = b.lanewise(VectorOperators.LSHR, 4).and(0x0FFF_0FFF);
                IntVector b8 = b.lanewise(VectorOperators.LSHR, 8).and(0x00FF_00FF);
                IntVector b12 = b.lanewise(VectorOperators.LSHR, 12).and(0x000F_000F);
                sumB =
                        sumB.add(b.reinterpretAsShorts().mul(c))
                                .add(b4.reinterpretAsShorts().mul(d))
                                .add(b8.reinterpretAsShorts().mul(e))
                                .add(b12.reinterpretAsShorts().mul(f));
            }
            sumA.reinterpretAsInts().intoArray(factors.wholes, 0);
            sumB.reinterpretAsInts().intoArray(factors.wholes, LANES);
            float base = FLOAT_BASE - more * activations.levelSums[xRun + run];
            float scale = activations.scales[xRun + run];
            int s = scalesAt + ROWS * run;
            add(factors, 0, s, base, scale, sums, at);
            add(factors, LANES, s + LANES, base, scale, sums, at + LANES);
        }
    }

    /// The sum of a run's lines, of the rows of one vector.
    private static void gather(short[] partials, int from, int start, int[] to) {
        ShortVector sum = IntVector.broadcast(Memory.I, start).reinterpretAsShorts();
        for (int line = 0; line < LINES; line++) {
            sum = sum.add(ShortVector.fromArray(Memory.S, partials, from + LINE_SHORTS * line));
        }
        sum.reinterpretAsInts().intoArray(to, 0);
    }

    /// Adds the sums of a run, of the rows of one vector.
    private static void add(
            Factors factors,
            int from,
            int scalesAt,
            float base,
            float scale,
            float[] sums,
            int at) {
        IntVector both = IntVector.fromArray(Memory.I, factors.wholes, from);
        both.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(FLOAT_BITS)
                .reinterpretAsFloats()
                .sub(base)
                .mul(FloatVector.fromArray(Memory.F, factors.scales, scalesAt))
                .lanewise(VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at))
                .intoArray(sums, at);
        both.lanewise(VectorOperators.ASHR, 16)
                .add(FLOAT_BITS)
                .reinterpretAsFloats()
                .sub(base)
                .mul(FloatVector.fromArray(Memory.F, factors.scales, scalesAt + ROWS / 2))
                .lanewise(
                        VectorOperators.FMA,
                        scale,
                        FloatVector.fromArray(Memory.F, sums, at + ROWS / 2))
                .intoArray(sums, at + ROWS / 2);
    }

    /// Writes q − `less` of 32 columns from `column` on to a panel, each where [Gemm#place] says.
    static void decode(long lines, int less, float[] panel, int column) {
        for (int part = 0; part < ROWS / 2; part += LANES) {
            decode(lines + 4L * part, FLOAT_BASE + less, panel, Gemm.place(part, column));
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
                        .intoArray(panel, at + Gemm.WIDTH * k);
                v.lanewise(VectorOperators.LSHR, 16)
                        .and(0xF)
                        .or(FLOAT_BITS)
                        .reinterpretAsFloats()
                        .sub(base)
                        .intoArray(panel, at + Gemm.WIDTH * k + LANES);
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
