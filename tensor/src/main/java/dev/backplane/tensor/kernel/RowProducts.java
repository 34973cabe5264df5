package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.type.ElementType;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Products with weights in place, of any type: 16 rows by up to 1,024 columns become floats, which
/// stay in the second cache while all activations go over them, four rows by two at a time. With
/// one activation, floats are read where they are, four rows at a time: as many streams wait
/// together when they come to another page. Holds scratch, so it is for one thread.
///
/// A sum is that of as many partial sums as a vector has lanes, added up by halves ([Memory#sum]),
/// for each 1,024 columns; however many activations there are.
final class RowProducts {
    /// Columns that are gone over at once.
    static final int DEPTH = 1_024;

    private static final int ROWS = 16;

    /// Rows in a register tile.
    private static final int FOUR = 4;

    /// A 16-bit float's exponent is that of the float with the same bits, less so much.
    private static final float F16_FACTOR = 0x1p112f;

    private final float[] floats = new float[ROWS * DEPTH];
    private final short[] halves = new short[DEPTH];
    private final float[] lanes = new float[2 * FOUR * LANES];

    /// Rows `from` to `to` of the weights.
    void rows(
            WeightMatrix weights, Activations x, FloatArray out, int from, int to, boolean vector) {
        if (vector && x.rows() == 1 && isPlain(weights)) {
            direct(weights, x.floats(0), out, from, to);
            return;
        }
        for (int first = from; first < to; first += ROWS) {
            int count = Math.min(ROWS, to - first);
            for (int column = 0; column < weights.columns(); column += DEPTH) {
                int depth = Math.min(DEPTH, weights.columns() - column);
                for (int row = 0; row < count; row++) {
                    decode(weights, first + row, column, depth, row * DEPTH, vector);
                }
                if (vector) {
                    int whole = Math.ceilDiv(depth, LANES) * LANES;
                    multiply(x, column, whole, out, weights.rows(), first, count);
                } else {
                    plain(x, column, depth, out, weights.rows(), first, count);
                }
            }
        }
    }

    private static boolean isPlain(WeightMatrix weights) {
        return weights.columns() % LANES == 0
                && switch (weights.type()) {
                    case F32, F16, BF16 -> true;
                    default -> false;
                };
    }

    /// With one activation; what comes out is the same as by way of scratch.
    private void direct(WeightMatrix weights, long x, FloatArray out, int from, int to) {
        ElementType type = weights.type();
        long stride = weights.strideBytes();
        for (int first = from; first < to; first += FOUR) {
            // Where there are fewer than four, the last stands in for those that are not there.
            int last = Math.min(FOUR, to - first) - 1;
            long w = weights.address(first * stride, (last + 1) * stride);
            long one = Math.min(1, last) * stride;
            long two = Math.min(2, last) * stride;
            long three = last * stride;
            for (int column = 0; column < weights.columns(); column += DEPTH) {
                int depth = Math.min(DEPTH, weights.columns() - column);
                long at = w + type.bytes(column);
                long values = x + 4L * column;
                switch (type) {
                    case F16 -> fourF16(at, at + one, at + two, at + three, depth, values, lanes);
                    case BF16 -> fourBf16(at, at + one, at + two, at + three, depth, values, lanes);
                    default -> fourF32(at, at + one, at + two, at + three, depth, values, lanes);
                }
                add(out, first, last + 1, 0, column > 0);
            }
        }
    }

    // Three times the same but for how weights are read: a reader that is handed in would box its
    // vectors wherever it is not inlined.
    private static void fourF32(
            long w, long w1, long w2, long w3, int depth, long x, float[] lanes) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < depth; k += LANES) {
            long at = 4L * k;
            FloatVector v =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, x + at, Memory.LITTLE);
            a = Memory.floats(w + at).fma(v, a);
            b = Memory.floats(w1 + at).fma(v, b);
            c = Memory.floats(w2 + at).fma(v, c);
            d = Memory.floats(w3 + at).fma(v, d);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
    }

    private static void fourF16(
            long w, long w1, long w2, long w3, int depth, long x, float[] lanes) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < depth; k += LANES) {
            long at = 2L * k;
            FloatVector v =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, x + 2 * at, Memory.LITTLE);
            a = f16(w + at).fma(v, a);
            b = f16(w1 + at).fma(v, b);
            c = f16(w2 + at).fma(v, c);
            d = f16(w3 + at).fma(v, d);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
    }

    private static void fourBf16(
            long w, long w1, long w2, long w3, int depth, long x, float[] lanes) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < depth; k += LANES) {
            long at = 2L * k;
            FloatVector v =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, x + 2 * at, Memory.LITTLE);
            a = bf16(w + at).fma(v, a);
            b = bf16(w1 + at).fma(v, b);
            c = bf16(w2 + at).fma(v, c);
            d = bf16(w3 + at).fma(v, d);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
    }

    /// Sign, exponent and fraction moved to where a float has them, the exponent set right by a
    /// product, which is exact, also for what is below the normal numbers.
    private static FloatVector f16(long at) {
        return wide(at).lanewise(VectorOperators.LSHL, 13)
                .and(0x8FFF_FFFF)
                .reinterpretAsFloats()
                .mul(F16_FACTOR);
    }

    private static FloatVector bf16(long at) {
        return wide(at).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static IntVector wide(long at) {
        return (IntVector)
                ShortVector.fromMemorySegment(Memory.HALF_S, Memory.ALL, at, Memory.LITTLE)
                        .convertShape(VectorOperators.S2I, Memory.I, 0);
    }

    /// Floats of a part of a row, followed by zeros to a whole vector.
    private void decode(
            WeightMatrix weights, int row, int column, int depth, int to, boolean vector) {
        if (vector && weights.type() == ElementType.F16) {
            weights.copy(row, column, halves, depth);
            widen(halves, floats, to, depth);
        } else if (vector && weights.type() == ElementType.BF16) {
            weights.copy(row, column, halves, depth);
            widenBf16(halves, floats, to, depth);
        } else {
            weights.decode(row, column, floats, to, depth);
        }
        Arrays.fill(floats, to + depth, to + Math.ceilDiv(depth, LANES) * LANES, 0);
    }

    private static void widen(short[] from, float[] to, int start, int count) {
        for (int i = 0; i < count; i++) {
            to[start + i] = Float.float16ToFloat(from[i]);
        }
    }

    /// Reads whole vectors, so perhaps what the scratch held before, after the end.
    private static void widenBf16(short[] from, float[] to, int start, int count) {
        for (int i = 0; i < count; i += LANES) {
            // The cast matters: shifts of a plain Vector have made the compiler give up the
            // process.
            IntVector wide =
                    (IntVector)
                            ShortVector.fromArray(Memory.HALF_S, from, i)
                                    .convertShape(VectorOperators.S2I, Memory.I, 0);
            wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, start + i);
        }
    }

    private void multiply(
            Activations x,
            int column,
            int depth,
            FloatArray out,
            int stride,
            int first,
            int count) {
        for (int n = 0; n < x.rows(); n += 2) {
            boolean pair = n + 1 < x.rows();
            long one = x.floats(n) + 4L * column;
            long two = pair ? x.floats(n + 1) + 4L * column : one;
            for (int row = 0; row < count; row += FOUR) {
                if (pair) {
                    eight(floats, row * DEPTH, depth, one, two, lanes);
                } else {
                    four(floats, row * DEPTH, depth, one, lanes);
                }
                int rows = Math.min(FOUR, count - row);
                add(out, n * stride + first + row, rows, 0, column > 0);
                if (pair) {
                    add(out, (n + 1) * stride + first + row, rows, FOUR * LANES, column > 0);
                }
            }
        }
    }

    private void add(FloatArray out, int at, int rows, int from, boolean more) {
        for (int row = 0; row < rows; row++) {
            float sum = Memory.sum(FloatVector.fromArray(Memory.F, lanes, from + row * LANES));
            out.set(at + row, more ? out.get(at + row) + sum : sum);
        }
    }

    private static void four(float[] w, int at, int depth, long x, float[] lanes) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k < depth; k += LANES) {
            FloatVector v =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, x + k * 4L, Memory.LITTLE);
            a = FloatVector.fromArray(Memory.F, w, at + k).fma(v, a);
            b = FloatVector.fromArray(Memory.F, w, at + DEPTH + k).fma(v, b);
            c = FloatVector.fromArray(Memory.F, w, at + 2 * DEPTH + k).fma(v, c);
            d = FloatVector.fromArray(Memory.F, w, at + 3 * DEPTH + k).fma(v, d);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
    }

    private static void eight(float[] w, int at, int depth, long x, long y, float[] lanes) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int k = 0; k < depth; k += LANES) {
            FloatVector v =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, x + k * 4L, Memory.LITTLE);
            FloatVector u =
                    FloatVector.fromMemorySegment(Memory.F, Memory.ALL, y + k * 4L, Memory.LITTLE);
            FloatVector row = FloatVector.fromArray(Memory.F, w, at + k);
            a = row.fma(v, a);
            e = row.fma(u, e);
            row = FloatVector.fromArray(Memory.F, w, at + DEPTH + k);
            b = row.fma(v, b);
            f = row.fma(u, f);
            row = FloatVector.fromArray(Memory.F, w, at + 2 * DEPTH + k);
            c = row.fma(v, c);
            g = row.fma(u, g);
            row = FloatVector.fromArray(Memory.F, w, at + 3 * DEPTH + k);
            d = row.fma(v, d);
            h = row.fma(u, h);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
        e.intoArray(lanes, 4 * LANES);
        f.intoArray(lanes, 5 * LANES);
        g.intoArray(lanes, 6 * LANES);
        h.intoArray(lanes, 7 * LANES);
    }

    /// The twin.
    private void plain(
            Activations x,
            int column,
            int depth,
            FloatArray out,
            int stride,
            int first,
            int count) {
        for (int n = 0; n < x.rows(); n++) {
            long at = x.floats(n) + 4L * column;
            for (int row = 0; row < count; row++) {
                int place = n * stride + first + row;
                float sum = column > 0 ? out.get(place) : 0;
                for (int k = 0; k < depth; k++) {
                    sum += floats[row * DEPTH + k] * Memory.getFloat(at + 4L * k);
                }
                out.set(place, sum);
            }
        }
    }
}
