package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;

/// The product for many activations at once: weights are decoded to floats once for all of them.
///
/// 64 rows of weights by 512 columns become a *panel* of floats, column after column, which stays
/// in the second-level cache; over it go the activations, four at a time, with 4 by 4 vectors of
/// sums in registers. A panel of weights in place is turned while it is decoded.
///
/// Holds scratch, so it is for one thread.
final class Gemm {
    static final int BAND = 64;
    private static final int DEPTH = 512;
    private static final int ROWS_MAX = 256;
    private static final long STRIDE = 4L * BAND;

    private final FloatArray panel;
    private final FloatArray sums;
    private final float[] row = new float[DEPTH];
    private final boolean vector;

    Gemm(Arena arena, boolean vector) {
        this.panel = FloatArray.allocate(arena, DEPTH * BAND);
        this.sums = FloatArray.allocate(arena, ROWS_MAX * BAND);
        this.vector = vector;
    }

    /// Computes `BAND` rows of weights, or those that are left, from `first` on.
    void band(
            WeightMatrix weights, int first, Activations x, FloatArray out, boolean vectorDecode) {
        int count = Math.min(BAND, weights.rows() - first);
        for (int from = 0; from < x.rows(); from += ROWS_MAX) {
            int rows = Math.min(ROWS_MAX, x.rows() - from);
            long sum = sums.address(0, (long) rows * BAND);
            Memory.clear(sum, rows * STRIDE);
            for (int column = 0; column < weights.columns(); column += DEPTH) {
                int depth = Math.min(DEPTH, weights.columns() - column);
                decode(weights, first, count, column, depth, vectorDecode);
                sweep(x, from, rows, column, depth, sum);
            }
            for (int n = 0; n < rows; n++) {
                out.set((from + n) * weights.rows() + first, sums, n * BAND, count);
            }
        }
    }

    private void decode(
            WeightMatrix weights, int first, int count, int column, int depth, boolean vectors) {
        long to = panel.address(0, (long) depth * BAND);
        if (weights.format().isPresent()) {
            decodeTiles(weights, weights.format().get(), first, count, column, depth, vectors);
            return;
        }
        for (int r = 0; r < count; r++) {
            weights.decode(first + r, column, row, depth);
            long place = to + 4L * r;
            for (int k = 0; k < depth; k++) {
                Memory.putFloat(place + k * STRIDE, row[k]);
            }
        }
    }

    private void decodeTiles(
            WeightMatrix weights,
            TileFormat format,
            int first,
            int count,
            int column,
            int depth,
            boolean vectors) {
        long to = panel.address(0, (long) depth * BAND);
        for (int group = 0; group * TileFormat.ROWS < count; group++) {
            long at =
                    (first / TileFormat.ROWS + group) * weights.strideBytes()
                            + (long) (column / format.blockColumns()) * format.tileBytes();
            int blocks = depth / format.blockColumns();
            long tiles = weights.address(at, (long) blocks * format.tileBytes());
            for (int block = 0; block < blocks; block++) {
                long tile = tiles + (long) block * format.tileBytes();
                long place =
                        to + 4L * TileFormat.ROWS * group + block * format.blockColumns() * STRIDE;
                if (vectors) {
                    format.decode(tile, place, STRIDE);
                } else {
                    format.decodeScalar(tile, place, STRIDE);
                }
            }
        }
    }

    private void sweep(Activations x, int from, int rows, int column, int depth, long sum) {
        long weights = panel.address(0, (long) depth * BAND);
        long step = 4L * x.columns();
        int n = 0;
        for (; n + 4 <= rows; n += 4) {
            long at = x.floats(from + n) + 4L * column;
            for (int part = 0; part < BAND; part += 4 * LANES) {
                long to = sum + n * STRIDE + 4L * part;
                if (vector) {
                    four(weights + 4L * part, depth, at, step, to);
                } else {
                    scalar(weights + 4L * part, depth, at, step, to);
                }
            }
        }
        for (; n < rows; n++) {
            long at = x.floats(from + n) + 4L * column;
            for (int part = 0; part < BAND; part += 4 * LANES) {
                long to = sum + n * STRIDE + 4L * part;
                if (vector) {
                    one(weights + 4L * part, depth, at, to);
                } else {
                    scalarOne(weights + 4L * part, depth, at, to);
                }
            }
        }
    }

    /// Four activations by four vectors of rows.
    private static void four(long panel, int depth, long x, long step, long out) {
        int wide = 4 * LANES;
        FloatVector a0 = Memory.floats(out);
        FloatVector a1 = Memory.floats(out + wide);
        FloatVector a2 = Memory.floats(out + 2 * wide);
        FloatVector a3 = Memory.floats(out + 3 * wide);
        long outB = out + STRIDE;
        FloatVector b0 = Memory.floats(outB);
        FloatVector b1 = Memory.floats(outB + wide);
        FloatVector b2 = Memory.floats(outB + 2 * wide);
        FloatVector b3 = Memory.floats(outB + 3 * wide);
        long outC = out + 2 * STRIDE;
        FloatVector c0 = Memory.floats(outC);
        FloatVector c1 = Memory.floats(outC + wide);
        FloatVector c2 = Memory.floats(outC + 2 * wide);
        FloatVector c3 = Memory.floats(outC + 3 * wide);
        long outD = out + 3 * STRIDE;
        FloatVector d0 = Memory.floats(outD);
        FloatVector d1 = Memory.floats(outD + wide);
        FloatVector d2 = Memory.floats(outD + 2 * wide);
        FloatVector d3 = Memory.floats(outD + 3 * wide);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * STRIDE;
            FloatVector w0 = Memory.floats(at);
            FloatVector w1 = Memory.floats(at + wide);
            FloatVector w2 = Memory.floats(at + 2 * wide);
            FloatVector w3 = Memory.floats(at + 3 * wide);
            FloatVector v = FloatVector.broadcast(Memory.F, Memory.getFloat(x + k * 4L));
            a0 = w0.fma(v, a0);
            a1 = w1.fma(v, a1);
            a2 = w2.fma(v, a2);
            a3 = w3.fma(v, a3);
            v = FloatVector.broadcast(Memory.F, Memory.getFloat(x + step + k * 4L));
            b0 = w0.fma(v, b0);
            b1 = w1.fma(v, b1);
            b2 = w2.fma(v, b2);
            b3 = w3.fma(v, b3);
            v = FloatVector.broadcast(Memory.F, Memory.getFloat(x + 2 * step + k * 4L));
            c0 = w0.fma(v, c0);
            c1 = w1.fma(v, c1);
            c2 = w2.fma(v, c2);
            c3 = w3.fma(v, c3);
            v = FloatVector.broadcast(Memory.F, Memory.getFloat(x + 3 * step + k * 4L));
            d0 = w0.fma(v, d0);
            d1 = w1.fma(v, d1);
            d2 = w2.fma(v, d2);
            d3 = w3.fma(v, d3);
        }
        put(a0, a1, a2, a3, out);
        put(b0, b1, b2, b3, outB);
        put(c0, c1, c2, c3, outC);
        put(d0, d1, d2, d3, outD);
    }

    private static void put(
            FloatVector v0, FloatVector v1, FloatVector v2, FloatVector v3, long out) {
        Memory.put(v0, out);
        Memory.put(v1, out + 4 * LANES);
        Memory.put(v2, out + 8 * LANES);
        Memory.put(v3, out + 12 * LANES);
    }

    private static void one(long panel, int depth, long x, long out) {
        int wide = 4 * LANES;
        FloatVector a0 = Memory.floats(out);
        FloatVector a1 = Memory.floats(out + wide);
        FloatVector a2 = Memory.floats(out + 2 * wide);
        FloatVector a3 = Memory.floats(out + 3 * wide);
        for (int k = 0; k < depth; k++) {
            long at = panel + k * STRIDE;
            FloatVector v = FloatVector.broadcast(Memory.F, Memory.getFloat(x + k * 4L));
            a0 = Memory.floats(at).fma(v, a0);
            a1 = Memory.floats(at + wide).fma(v, a1);
            a2 = Memory.floats(at + 2 * wide).fma(v, a2);
            a3 = Memory.floats(at + 3 * wide).fma(v, a3);
        }
        put(a0, a1, a2, a3, out);
    }

    private static void scalar(long panel, int depth, long x, long step, long out) {
        for (int n = 0; n < 4; n++) {
            scalarOne(panel, depth, x + n * step, out + n * STRIDE);
        }
    }

    private static void scalarOne(long panel, int depth, long x, long out) {
        for (int r = 0; r < 4 * LANES; r++) {
            float sum = Memory.getFloat(out + 4L * r);
            for (int k = 0; k < depth; k++) {
                sum += Memory.getFloat(panel + k * STRIDE + 4L * r) * Memory.getFloat(x + 4L * k);
            }
            Memory.putFloat(out + 4L * r, sum);
        }
    }
}
