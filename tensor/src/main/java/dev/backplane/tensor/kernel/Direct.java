package dev.backplane.tensor.kernel;

import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;

/// Products that go over the weights as they are stored, 32 rows at a time. Holds scratch, so it is
/// for one thread.
final class Direct {
    private static final int SCRATCH = 1 << 16;

    private final CpuMatMul.Choice choice;
    private final FloatArray group;
    private final FloatArray decoded;
    private final float[] row = new float[SCRATCH];

    Direct(Arena arena, CpuMatMul.Choice choice) {
        this.choice = choice;
        this.group = FloatArray.allocate(arena, TileFormat.ROWS);
        this.decoded = FloatArray.allocate(arena, SCRATCH);
    }

    /// Makes the form of the activations that the weights want; once, before workers start.
    static void prepare(WeightMatrix weights, Activations x) {
        if (weights.format().isPresent()) {
            x.prepareQuantised();
        } else if (halves(weights.type())) {
            x.preparePairs();
        }
    }

    private static boolean halves(ElementType type) {
        return type == ElementType.F16 || type == ElementType.BF16;
    }

    /// Groups `from` to `to` of 32 rows.
    void groups(WeightMatrix weights, Activations x, FloatArray out, int from, int to) {
        boolean vector = choice.vector(Kernel.of(weights));
        for (int index = from; index < to; index++) {
            int first = index * TileFormat.ROWS;
            int count = Math.min(TileFormat.ROWS, weights.rows() - first);
            if (weights.format().isPresent()) {
                tiles(weights, weights.format().get(), index, x, out, vector);
            } else if (weights.type() == ElementType.F32 || halves(weights.type())) {
                rows(weights, first, count, x, out, vector);
            } else {
                decodedRows(weights, first, count, x, out, vector);
            }
        }
    }

    private void tiles(
            WeightMatrix weights,
            TileFormat format,
            int index,
            Activations x,
            FloatArray out,
            boolean vector) {
        int first = index * TileFormat.ROWS;
        int count = Math.min(TileFormat.ROWS, weights.rows() - first);
        int blocks = weights.columns() / format.blockColumns();
        long bytes = weights.strideBytes();
        long tiles = weights.address(index * bytes, bytes);
        long result = group.address(0, TileFormat.ROWS);
        for (int n = 0; n < x.rows(); n++) {
            if (vector) {
                format.multiply(tiles, blocks, x.quantised(n), result);
            } else {
                format.multiplyScalar(tiles, blocks, x.quantised(n), result);
            }
            out.set(n * weights.rows() + first, group, 0, count);
        }
    }

    private static void rows(
            WeightMatrix weights,
            int first,
            int count,
            Activations x,
            FloatArray out,
            boolean vector) {
        long bytes = weights.strideBytes();
        for (int row = first; row < first + count; row++) {
            long at = weights.address(row * bytes, bytes);
            for (int n = 0; n < x.rows(); n++) {
                float value = dot(weights.type(), at, x, n, vector);
                out.set(n * weights.rows() + row, value);
            }
        }
    }

    private static float dot(ElementType type, long at, Activations x, int n, boolean vector) {
        int columns = x.columns();
        return switch (type) {
            case F16 ->
                    vector
                            ? RowKernels.f16(at, x.pairs(n), columns)
                            : RowKernels.scalarF16(at, x.pairs(n), columns);
            case BF16 ->
                    vector
                            ? RowKernels.bf16(at, x.pairs(n), columns)
                            : RowKernels.scalarBf16(at, x.pairs(n), columns);
            default -> f32(at, x.floats(n), columns, vector);
        };
    }

    private static float f32(long at, long x, int columns, boolean vector) {
        return vector ? RowKernels.f32(at, x, columns) : RowKernels.scalarF32(at, x, columns);
    }

    /// Types without a kernel of their own.
    private void decodedRows(
            WeightMatrix weights,
            int first,
            int count,
            Activations x,
            FloatArray out,
            boolean vector) {
        for (int r = first; r < first + count; r++) {
            for (int n = 0; n < x.rows(); n++) {
                out.set(n * weights.rows() + r, 0);
            }
            for (int column = 0; column < weights.columns(); column += SCRATCH) {
                int depth = Math.min(SCRATCH, weights.columns() - column);
                weights.decode(r, column, row, depth);
                decoded.set(0, row, 0, depth);
                long at = decoded.address(0, depth);
                for (int n = 0; n < x.rows(); n++) {
                    int place = n * weights.rows() + r;
                    float sum = f32(at, x.floats(n) + 4L * column, depth, vector);
                    out.set(place, out.get(place) + sum);
                }
            }
        }
    }
}
