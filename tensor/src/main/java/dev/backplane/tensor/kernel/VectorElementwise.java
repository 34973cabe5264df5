package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The vector form. Numbers after the last whole vector are done by the plain one. Sums are taken
/// in an order that depends on the width of vectors, but not on whether code is compiled yet.
public final class VectorElementwise implements Elementwise {
    private final ScalarElementwise scalar = new ScalarElementwise();

    private static int whole(int count) {
        return count - count % LANES;
    }

    @Override
    public void add(FloatArray out, int outAt, FloatArray x, int at, int count) {
        addScaled(out, outAt, x, at, 1, count);
    }

    @Override
    public void addScaled(
            FloatArray out, int outAt, FloatArray x, int at, float factor, int count) {
        long to = out.address(outAt, count);
        long from = x.address(at, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector sum = Memory.floats(to + i * 4L);
            FloatVector more = Memory.floats(from + i * 4L);
            Memory.put(more.lanewise(VectorOperators.FMA, factor, sum), to + i * 4L);
        }
        scalar.addScaled(out, outAt + whole, x, at + whole, factor, count - whole);
    }

    @Override
    public void scale(FloatArray x, int at, float factor, int count) {
        long from = x.address(at, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            Memory.put(Memory.floats(from + i * 4L).mul(factor), from + i * 4L);
        }
        scalar.scale(x, at + whole, factor, count - whole);
    }

    @Override
    public float dot(FloatArray a, int aAt, FloatArray b, int bAt, int count) {
        return dot(a.address(aAt, count), b.address(bAt, count), count);
    }

    private static float dot(long a, long b, int count) {
        FloatVector even = FloatVector.zero(Memory.F);
        FloatVector odd = even;
        int pairs = count - count % (2 * LANES);
        for (int i = 0; i < pairs; i += 2 * LANES) {
            even = Memory.floats(a + i * 4L).fma(Memory.floats(b + i * 4L), even);
            long next = i * 4L + 4 * LANES;
            odd = Memory.floats(a + next).fma(Memory.floats(b + next), odd);
        }
        float sum = Memory.sum(even.add(odd));
        for (int i = pairs; i < count; i++) {
            sum += Memory.getFloat(a + 4L * i) * Memory.getFloat(b + 4L * i);
        }
        return sum;
    }

    @Override
    public void rmsNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count) {
        float square = dot(x, at, x, at, count);
        float factor = ScalarElementwise.inverseRoot(square / count + epsilon);
        multiply(x, at, 0, factor, weight, out, outAt, count);
    }

    @Override
    public void layerNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count) {
        float mean = sum(x.address(at, count), count) / count;
        float square = squares(x.address(at, count), mean, count);
        float factor = ScalarElementwise.inverseRoot(square / count + epsilon);
        multiply(x, at, mean, factor, weight, out, outAt, count);
    }

    /// `out = (x − mean) · factor · weight`
    private static void multiply(
            FloatArray x,
            int at,
            float mean,
            float factor,
            FloatArray weight,
            FloatArray out,
            int outAt,
            int count) {
        long from = x.address(at, count);
        long by = weight.address(0, count);
        long to = out.address(outAt, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = Memory.floats(from + i * 4L).sub(mean).mul(factor);
            Memory.put(v.mul(Memory.floats(by + i * 4L)), to + i * 4L);
        }
        for (int i = whole; i < count; i++) {
            out.set(outAt + i, (x.get(at + i) - mean) * factor * weight.get(i));
        }
    }

    private static float sum(long from, int count) {
        FloatVector sums = FloatVector.zero(Memory.F);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            sums = sums.add(Memory.floats(from + i * 4L));
        }
        float sum = Memory.sum(sums);
        for (int i = whole; i < count; i++) {
            sum += Memory.getFloat(from + 4L * i);
        }
        return sum;
    }

    private static float squares(long from, float mean, int count) {
        FloatVector sums = FloatVector.zero(Memory.F);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector difference = Memory.floats(from + i * 4L).sub(mean);
            sums = difference.fma(difference, sums);
        }
        float sum = Memory.sum(sums);
        for (int i = whole; i < count; i++) {
            float difference = Memory.getFloat(from + 4L * i) - mean;
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public void softmax(FloatArray x, int at, int count) {
        long from = x.address(at, count);
        float max = max(from, count);
        float sum = powers(from, max, count);
        scale(x, at, 1 / sum, count);
    }

    @Override
    public float softmaxPiece(FloatArray x, int at, int count, FloatArray state, int stateAt) {
        long from = x.address(at, count);
        float before = state.get(stateAt);
        float max = Math.max(before, max(from, count));
        float sum = powers(from, max, count);
        return ScalarElementwise.advance(state, stateAt, before, max, sum);
    }

    private static float max(long from, int count) {
        FloatVector most = FloatVector.broadcast(Memory.F, Float.NEGATIVE_INFINITY);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            most = most.max(Memory.floats(from + i * 4L));
        }
        float max = Memory.max(most);
        for (int i = whole; i < count; i++) {
            max = Math.max(max, Memory.getFloat(from + 4L * i));
        }
        return max;
    }

    private static float powers(long from, float max, int count) {
        FloatVector sums = FloatVector.zero(Memory.F);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector power = Exponential.of(Memory.floats(from + i * 4L).sub(max));
            Memory.put(power, from + i * 4L);
            sums = sums.add(power);
        }
        float sum = Memory.sum(sums);
        for (int i = whole; i < count; i++) {
            float power = Exponential.of(Memory.getFloat(from + 4L * i) - max);
            Memory.putFloat(from + 4L * i, power);
            sum += power;
        }
        return sum;
    }

    @Override
    public void siluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count) {
        long gates = gate.address(gateAt, count);
        long ups = up.address(upAt, count);
        long to = out.address(outAt, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector g = Memory.floats(gates + i * 4L);
            FloatVector v = g.div(Exponential.of(g.neg()).add(1));
            Memory.put(v.mul(Memory.floats(ups + i * 4L)), to + i * 4L);
        }
        scalar.siluMultiply(
                gate, gateAt + whole, up, upAt + whole, out, outAt + whole, count - whole);
    }

    @Override
    public void geluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count) {
        long gates = gate.address(gateAt, count);
        long ups = up.address(upAt, count);
        long to = out.address(outAt, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector g = Memory.floats(gates + i * 4L);
            FloatVector cubic = g.mul(g).mul(ScalarElementwise.GELU_CUBE).add(1).mul(g);
            FloatVector tanh = Exponential.tanh(cubic.mul(ScalarElementwise.GELU_FACTOR));
            FloatVector v = g.mul(0.5f).mul(tanh.add(1));
            Memory.put(v.mul(Memory.floats(ups + i * 4L)), to + i * 4L);
        }
        scalar.geluMultiply(
                gate, gateAt + whole, up, upAt + whole, out, outAt + whole, count - whole);
    }

    @Override
    public void softCap(FloatArray x, int at, float cap, int count) {
        long from = x.address(at, count);
        int whole = whole(count);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = Exponential.tanh(Memory.floats(from + i * 4L).div(cap));
            Memory.put(v.mul(cap), from + i * 4L);
        }
        scalar.softCap(x, at + whole, cap, count - whole);
    }

    @Override
    public void columnProducts(
            FloatArray x,
            int at,
            FloatArray columns,
            int columnsAt,
            int depth,
            float factor,
            FloatArray out,
            int outAt) {
        long from = x.address(at, depth);
        long block = columns.address(columnsAt, (long) COLUMNS * depth);
        long to = out.address(outAt, COLUMNS);
        for (int part = 0; part < COLUMNS; part += LANES) {
            FloatVector sum = FloatVector.zero(Memory.F);
            for (int i = 0; i < depth; i++) {
                sum =
                        Memory.floats(block + 4L * (COLUMNS * i + part))
                                .lanewise(VectorOperators.FMA, Memory.getFloat(from + 4L * i), sum);
            }
            Memory.put(sum.mul(factor), to + 4L * part);
        }
    }

    @Override
    public void addRows(
            FloatArray weights,
            int at,
            int count,
            FloatArray rows,
            int rowsAt,
            FloatArray out,
            int outAt,
            int width) {
        long factors = weights.address(at, count);
        long from = rows.address(rowsAt, (long) count * width);
        long to = out.address(outAt, width);
        int whole = whole(width);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector sum = Memory.floats(to + 4L * i);
            for (int row = 0; row < count; row++) {
                sum =
                        Memory.floats(from + 4L * (row * width + i))
                                .lanewise(
                                        VectorOperators.FMA,
                                        Memory.getFloat(factors + 4L * row),
                                        sum);
            }
            Memory.put(sum, to + 4L * i);
        }
        for (int i = whole; i < width; i++) {
            float sum = out.get(outAt + i);
            for (int row = 0; row < count; row++) {
                sum = Math.fma(rows.get(rowsAt + row * width + i), weights.get(at + row), sum);
            }
            out.set(outAt + i, sum);
        }
    }

    /// Sums of several rows do not wait for each other, and columns are read once for all. Where
    /// there are fewer than four, the last stands in for those that are not there.
    @Override
    public void columnProducts(
            FloatArray x,
            int at,
            int stride,
            int count,
            FloatArray columns,
            int columnsAt,
            int blocks,
            int depth,
            float factor,
            FloatArray out,
            int outAt,
            int outStride) {
        int last = count - 1;
        long from = x.address(at, (long) last * stride + depth);
        long source = columns.address(columnsAt, (long) blocks * COLUMNS * depth);
        long to = out.address(outAt, (long) last * outStride + (long) blocks * COLUMNS);
        long second = Math.min(1, last);
        long third = Math.min(2, last);
        int lines = blocks * COLUMNS;
        int column = 0;
        while (column + 2 * LANES <= lines) {
            BlockSums.columnPairs(
                    from,
                    from + 4L * stride * second,
                    from + 4L * stride * third,
                    from + 4L * stride * last,
                    source + BlockSums.place(column, depth),
                    BlockSums.place(column + LANES, depth) - BlockSums.place(column, depth),
                    depth,
                    factor,
                    to + 4L * column,
                    4L * outStride * second,
                    4L * outStride * third,
                    4L * outStride * last);
            column += 2 * LANES;
        }
        while (column < lines) {
            BlockSums.columns(
                    from,
                    from + 4L * stride * second,
                    from + 4L * stride * third,
                    from + 4L * stride * last,
                    source + BlockSums.place(column, depth),
                    depth,
                    factor,
                    to + 4L * column,
                    4L * outStride * second,
                    4L * outStride * third,
                    4L * outStride * last);
            column += LANES;
        }
    }

    @Override
    public void addRows(
            FloatArray weights,
            int at,
            int stride,
            int sets,
            int count,
            FloatArray rows,
            int rowsAt,
            FloatArray out,
            int outAt,
            int outStride,
            int width) {
        if (sets != TOGETHER || width % LANES != 0) {
            for (int i = 0; i < sets; i++) {
                int to = outAt + i * outStride;
                addRows(weights, at + i * stride, count, rows, rowsAt, out, to, width);
            }
            return;
        }
        long factors = weights.address(at, 3L * stride + count);
        long from = rows.address(rowsAt, (long) count * width);
        long to = out.address(outAt, 3L * outStride + width);
        int i = 0;
        for (; i + 2 * LANES <= width; i += 2 * LANES) {
            BlockSums.addPairs(
                    factors, 4L * stride, count, from + 4L * i, width, to + 4L * i, 4L * outStride);
        }
        if (i < width) {
            BlockSums.addRows(
                    factors, 4L * stride, count, from + 4L * i, width, to + 4L * i, 4L * outStride);
        }
    }

    @Override
    public void rotateHalves(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count) {
        int half = count / 2;
        long first = x.address(at, count);
        long second = first + 4L * half;
        long cosines = cosine.address(angleAt, half);
        long sines = sine.address(angleAt, half);
        int whole = whole(half);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector a = Memory.floats(first + i * 4L);
            FloatVector b = Memory.floats(second + i * 4L);
            FloatVector c = Memory.floats(cosines + i * 4L);
            FloatVector s = Memory.floats(sines + i * 4L);
            Memory.put(a.mul(c).sub(b.mul(s)), first + i * 4L);
            Memory.put(a.mul(s).add(b.mul(c)), second + i * 4L);
        }
        for (int i = whole; i < half; i++) {
            float a = x.get(at + i);
            float b = x.get(at + half + i);
            x.set(at + i, a * cosine.get(angleAt + i) - b * sine.get(angleAt + i));
            x.set(at + half + i, a * sine.get(angleAt + i) + b * cosine.get(angleAt + i));
        }
    }

    /// Neighbours meet in shuffles that cost as much as the turning: this one stays plain.
    @Override
    public void rotatePairs(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count) {
        scalar.rotatePairs(x, at, cosine, sine, angleAt, count);
    }
}
