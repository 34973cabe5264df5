package dev.backplane.tensor.kernel;

import dev.backplane.tensor.machine.Code;
import dev.backplane.tensor.machine.TileCode;
import java.lang.foreign.Arena;

/// Products with weights in tiles by machine code: as those of [TileProducts], to the bit. Of many
/// activations, those whose records lie together go over a group of 32 rows at once; the group
/// stays in the second cache meanwhile. Where the processor multiplies matrices, the group becomes
/// a panel for that before. Holds scratch, so it is for one thread.
final class MachineTileProducts {
    private static final int ROWS = TileFormat.ROWS;

    /// Activations that are multiplied at once, at most.
    private static final int TOGETHER_MAX = 8;

    /// From so many activations on, panels are worth it.
    private static final int MANY = 2 * TOGETHER_MAX;

    private static final long LINE_BYTES = (long) ROWS * Float.BYTES;

    private final Arena arena;

    /// For a last group that has fewer rows.
    private final FloatArray scratch;

    private final float[] sums = new float[ROWS];
    private FloatArray panel;

    MachineTileProducts(Arena arena) {
        this.arena = arena;
        scratch = FloatArray.allocate(arena, TOGETHER_MAX * ROWS);
        panel = FloatArray.allocate(arena, 0);
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
        boolean byPanel =
                x.rows() >= MANY
                        && code.panelRunBytes().isPresent()
                        && x.runs() % code.panelRuns() == 0;
        for (int group = from; group < to; group++) {
            long heads = weights.address(group * weights.strideBytes(), weights.strideBytes());
            long bodies = heads + (long) blocks * format.headBytes();
            int first = group * ROWS;
            int count = Math.min(ROWS, weights.rows() - first);
            int row = 0;
            if (byPanel && count == ROWS) {
                row = byPanel(code, heads, bodies, blocks, x, out, first, weights.rows());
            }
            for (; row < x.rows(); row += code.records().together()) {
                int rows = Math.min(code.records().together(), x.rows() - row);
                int at = row * weights.rows() + first;
                long records = x.records(row);
                Code product = code.of(rows);
                if (count == ROWS) {
                    long sums = out.address(at, (long) (rows - 1) * weights.rows() + ROWS);
                    long step = (long) weights.rows() * Float.BYTES;
                    product.run(heads, bodies, blocks, records, sums, step);
                } else {
                    long sums = scratch.address(0, (long) rows * ROWS);
                    product.run(heads, bodies, blocks, records, sums, LINE_BYTES);
                    copy(rows, weights.rows(), out, at, count);
                }
            }
        }
    }

    /// As many activations as are whole eights.
    private int byPanel(
            TileCode code,
            long heads,
            long bodies,
            int blocks,
            Activations x,
            FloatArray out,
            int first,
            int step) {
        int floats = x.runs() * code.panelRunBytes().orElseThrow() / Float.BYTES;
        if (panel.size() < floats) {
            panel = FloatArray.allocate(arena, floats);
        }
        long at = panel.address(0, floats);
        code.panel().run(heads, bodies, blocks, at, 0, 0);
        int rows = x.rows() - x.rows() % TOGETHER_MAX;
        long sums = out.address(first, (long) (rows - 1) * step + ROWS);
        int eights = rows / TOGETHER_MAX;
        int steps = x.runs() / code.panelRuns();
        code.matrices().run(at, steps, x.records(0), eights, sums, (long) step * Float.BYTES);
        return rows;
    }

    private void copy(int rows, int step, FloatArray out, int at, int count) {
        for (int n = 0; n < rows; n++) {
            scratch.get(n * ROWS, sums, 0, count);
            out.set(at + n * step, sums, 0, count);
        }
    }
}
