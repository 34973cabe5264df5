package dev.backplane.tensor.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The loops of attention over blocks of keys and values, for four rows at once. Addresses are
/// absolute and checked by the caller, see [Memory].
final class BlockSums {
    private BlockSums() {}

    /// Bytes from the first block to a column.
    static long place(int column, int depth) {
        return 4L
                * ((long) column / Elementwise.COLUMNS * Elementwise.COLUMNS * depth
                        + column % Elementwise.COLUMNS);
    }

    static void columns(
            long x,
            long x1,
            long x2,
            long x3,
            long block,
            int depth,
            float factor,
            long to,
            long to1,
            long to2,
            long to3) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < depth; i++) {
            FloatVector v = Memory.floats(block + 4L * Elementwise.COLUMNS * i);
            a = v.lanewise(VectorOperators.FMA, Memory.getFloat(x + 4L * i), a);
            b = v.lanewise(VectorOperators.FMA, Memory.getFloat(x1 + 4L * i), b);
            c = v.lanewise(VectorOperators.FMA, Memory.getFloat(x2 + 4L * i), c);
            d = v.lanewise(VectorOperators.FMA, Memory.getFloat(x3 + 4L * i), d);
        }
        Memory.put(a.mul(factor), to);
        Memory.put(b.mul(factor), to + to1);
        Memory.put(c.mul(factor), to + to2);
        Memory.put(d.mul(factor), to + to3);
    }

    /// Two vectors of columns, the second `apart` bytes behind the first: four sums would be waited
    /// for, eight are not, and each number of a row is read once for both.
    static void columnPairs(
            long x,
            long x1,
            long x2,
            long x3,
            long block,
            long apart,
            int depth,
            float factor,
            long to,
            long to1,
            long to2,
            long to3) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int i = 0; i < depth; i++) {
            FloatVector v = Memory.floats(block + 4L * Elementwise.COLUMNS * i);
            FloatVector w = Memory.floats(block + apart + 4L * Elementwise.COLUMNS * i);
            FloatVector by = FloatVector.broadcast(Memory.F, Memory.getFloat(x + 4L * i));
            a = v.fma(by, a);
            e = w.fma(by, e);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(x1 + 4L * i));
            b = v.fma(by, b);
            f = w.fma(by, f);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(x2 + 4L * i));
            c = v.fma(by, c);
            g = w.fma(by, g);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(x3 + 4L * i));
            d = v.fma(by, d);
            h = w.fma(by, h);
        }
        Memory.put(a.mul(factor), to);
        Memory.put(b.mul(factor), to + to1);
        Memory.put(c.mul(factor), to + to2);
        Memory.put(d.mul(factor), to + to3);
        long next = to + 4L * Memory.LANES;
        Memory.put(e.mul(factor), next);
        Memory.put(f.mul(factor), next + to1);
        Memory.put(g.mul(factor), next + to2);
        Memory.put(h.mul(factor), next + to3);
    }

    static void addRows(
            long factors, long stride, int count, long from, int width, long to, long outStride) {
        FloatVector a = Memory.floats(to);
        FloatVector b = Memory.floats(to + outStride);
        FloatVector c = Memory.floats(to + 2 * outStride);
        FloatVector d = Memory.floats(to + 3 * outStride);
        for (int row = 0; row < count; row++) {
            FloatVector v = Memory.floats(from + 4L * width * row);
            long factor = factors + 4L * row;
            a = v.lanewise(VectorOperators.FMA, Memory.getFloat(factor), a);
            b = v.lanewise(VectorOperators.FMA, Memory.getFloat(factor + stride), b);
            c = v.lanewise(VectorOperators.FMA, Memory.getFloat(factor + 2 * stride), c);
            d = v.lanewise(VectorOperators.FMA, Memory.getFloat(factor + 3 * stride), d);
        }
        Memory.put(a, to);
        Memory.put(b, to + outStride);
        Memory.put(c, to + 2 * outStride);
        Memory.put(d, to + 3 * outStride);
    }

    /// Two vectors of each row at once.
    static void addPairs(
            long factors, long stride, int count, long from, int width, long to, long outStride) {
        long next = to + 4L * Memory.LANES;
        FloatVector a = Memory.floats(to);
        FloatVector b = Memory.floats(to + outStride);
        FloatVector c = Memory.floats(to + 2 * outStride);
        FloatVector d = Memory.floats(to + 3 * outStride);
        FloatVector e = Memory.floats(next);
        FloatVector f = Memory.floats(next + outStride);
        FloatVector g = Memory.floats(next + 2 * outStride);
        FloatVector h = Memory.floats(next + 3 * outStride);
        for (int row = 0; row < count; row++) {
            FloatVector v = Memory.floats(from + 4L * width * row);
            FloatVector w = Memory.floats(from + 4L * width * row + 4L * Memory.LANES);
            long factor = factors + 4L * row;
            FloatVector by = FloatVector.broadcast(Memory.F, Memory.getFloat(factor));
            a = v.fma(by, a);
            e = w.fma(by, e);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(factor + stride));
            b = v.fma(by, b);
            f = w.fma(by, f);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(factor + 2 * stride));
            c = v.fma(by, c);
            g = w.fma(by, g);
            by = FloatVector.broadcast(Memory.F, Memory.getFloat(factor + 3 * stride));
            d = v.fma(by, d);
            h = w.fma(by, h);
        }
        Memory.put(a, to);
        Memory.put(b, to + outStride);
        Memory.put(c, to + 2 * outStride);
        Memory.put(d, to + 3 * outStride);
        Memory.put(e, next);
        Memory.put(f, next + outStride);
        Memory.put(g, next + 2 * outStride);
        Memory.put(h, next + 3 * outStride);
    }
}
