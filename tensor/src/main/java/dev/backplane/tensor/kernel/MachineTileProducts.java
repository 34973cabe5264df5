package dev.backplane.tensor.kernel;

import dev.backplane.tensor.machine.Code;
import dev.backplane.tensor.machine.TileCode;
import java.lang.foreign.Arena;

/// Products with weights in tiles by machine code: as those of [TileProducts], to the bit. Of many
/// activations, those whose records lie together go over a group of 32 rows at once; the group
/// stays in the second cache meanwhile. Holds scratch, so it is for one thread.
final class MachineTileProducts {
    private static final int ROWS = TileFormat.ROWS;

    /// Activations that are multiplied at once, at most.
    private static final int TOGETHER_MAX = 8;

    /// For a last group that has fewer rows.
    private final FloatArray scratch;

    private final float[] sums = new float[ROWS];

    MachineTileProducts(Arena arena) {
        scratch = FloatArray.allocate(arena, TOGETHER_MAX * ROWS);
    }

    /// Groups `from` to `to` of 32 rows.
    void groups(
            WeightMatrix weights,
            TileFormat format,
            TileCode code,
            Activations x,
            FloatArray out,
            int from,
            int to) {
        int blocks = weights.columns() / format.blockColumns();
        int together = code.records().together();
        for (int group = from; group < to; group++) {
            long heads = weights.address(group * weights.strideBytes(), weights.strideBytes());
            long bodies = heads + (long) blocks * format.headBytes();
            int first = group * ROWS;
            boolean whole = weights.rows() - first >= ROWS;
            for (int row = 0; row < x.rows(); row += together) {
                int rows = Math.min(together, x.rows() - row);
                Code product = code.of(rows);
                long at = (long) row * weights.rows() + first;
                if (whole) {
                    long sums = out.address(at, (long) (rows - 1) * weights.rows() + ROWS);
                    long step = (long) weights.rows() * Float.BYTES;
                    product.run(heads, bodies, blocks, x.records(row), sums, step);
                } else {
                    long sums = scratch.address(0, (long) rows * ROWS);
                    long step = (long) ROWS * Float.BYTES;
                    product.run(heads, bodies, blocks, x.records(row), sums, step);
                    copy(rows, weights.rows(), out, (int) at, weights.rows() - first);
                }
            }
        }
    }

    private void copy(int rows, int step, FloatArray out, int at, int count) {
        for (int n = 0; n < rows; n++) {
            scratch.get(n * ROWS, sums, 0, count);
            out.set(at + n * step, sums, 0, count);
        }
    }
}
