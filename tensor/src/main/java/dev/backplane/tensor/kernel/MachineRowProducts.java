package dev.backplane.tensor.kernel;

import dev.backplane.tensor.machine.RowCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Products with weights in place by machine code: as those of [RowProducts], to the bit where
/// vectors have 512 bits. A piece of weights, which fits the second cache, meets all activations
/// before the next; a few of these, which fit the first, meet all of the piece. Holds scratch, so
/// it is for one thread.
final class MachineRowProducts {
    private static final int ROWS = 64;
    private static final int VECTOR = 16;

    private final MemorySegment arguments;

    MachineRowProducts(Arena arena) {
        arguments = arena.allocate(RowCode.ARGUMENTS, VECTOR);
    }

    /// Whether there is a function for such weights.
    static boolean suits(WeightMatrix weights) {
        return weights.columns() % VECTOR == 0
                && switch (weights.type()) {
                    case F32, F16, BF16 -> true;
                    default -> false;
                };
    }

    /// Rows `from` to `to` of the weights.
    void rows(WeightMatrix weights, Activations x, FloatArray out, int from, int to) {
        put(RowCode.X_STEP, (long) x.stride() * Float.BYTES);
        put(RowCode.OUT_STEP, (long) weights.rows() * Float.BYTES);
        for (int first = from; first < to; first += ROWS) {
            int count = Math.min(ROWS, to - first);
            for (int column = 0; column < weights.columns(); column += RowProducts.DEPTH) {
                piece(weights, x, out, first, count, column);
            }
        }
    }

    private void piece(
            WeightMatrix weights, Activations x, FloatArray out, int first, int count, int column) {
        long step = weights.strideBytes();
        long at = weights.address(first * step, count * step) + weights.type().bytes((long) column);
        int vectors = Math.min(RowProducts.DEPTH, weights.columns() - column) / VECTOR;
        RowCode code = code(weights);
        put(RowCode.STEP, step);
        put(RowCode.VECTORS, vectors);
        int fours = count - count % RowCode.GROUP;
        for (int row = 0; row < x.rows(); row += RowCode.ROWS_MAX) {
            int rows = Math.min(RowCode.ROWS_MAX, x.rows() - row);
            put(RowCode.X, x.floats(row) + (long) column * Float.BYTES);
            int place = row * weights.rows() + first;
            long size = (long) (rows - 1) * weights.rows() + count;
            put(RowCode.WEIGHTS, at);
            put(RowCode.OUT, out.address(place, size));
            if (fours > 0) {
                put(RowCode.GROUPS, fours / RowCode.GROUP);
                code.code(true, rows, column > 0).run(arguments.address(), 0, 0, 0, 0, 0);
            }
            if (fours < count) {
                put(RowCode.GROUPS, count - fours);
                put(RowCode.WEIGHTS, at + fours * step);
                code.code(false, rows, column > 0).run(arguments.address(), 0, 0, 0, 0, 0);
            }
        }
    }

    private static RowCode code(WeightMatrix weights) {
        return switch (weights.type()) {
            case F16 -> RowCode.F16;
            case BF16 -> RowCode.BF16;
            default -> RowCode.F32;
        };
    }

    private void put(int field, long value) {
        arguments.set(ValueLayout.JAVA_LONG, field, value);
    }
}
