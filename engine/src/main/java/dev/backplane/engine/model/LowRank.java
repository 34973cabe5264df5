package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.MatMul;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Adds to the products of a step's rows what their adapters add: adapter after adapter, each for
/// its own rows, gathered, so that its matrices are read once for all of them. A row is computed
/// with one adapter however many there are: a step costs at most `rows · rank · (in + out)`
/// multiplications a matrix more than without.
///
/// What is added to a row depends on the row only, since products do. For one thread.
final class LowRank {
    /// Rows that are gathered at once: memory for inputs is so much of a step's.
    private static final int ROWS = 32;

    private final MatMul matMul;
    private final Elementwise elementwise;
    private final Arena arena;
    private final Map<Integer, Activations> byColumns = new HashMap<>();
    private final int[] gathered = new int[ROWS];
    private final List<Adapter> used = new ArrayList<>();
    private Adapter[] ofRow;
    private FloatArray rows;
    private FloatArray low;
    private FloatArray added;

    LowRank(MatMul matMul, Elementwise elementwise, Arena arena, int rowsMax) {
        this.matMul = matMul;
        this.elementwise = elementwise;
        this.arena = arena;
        this.ofRow = new Adapter[rowsMax];
        this.rows = FloatArray.allocate(arena, 0);
        this.low = rows;
        this.added = rows;
    }

    /// The rows of the products that follow are those of the step, or those that give logits.
    void begin(Step step, boolean outputs) {
        used.clear();
        int count = outputs ? step.outputCount() : step.rows();
        for (int row = 0; row < count; row++) {
            Adapter adapter = step.adapter(outputs ? step.output(row) : row);
            ofRow[row] = adapter;
            if (adapter != Adapter.NONE && !used.contains(adapter)) {
                used.add(adapter);
            }
        }
    }

    boolean idle() {
        return used.isEmpty();
    }

    /// @param x rows of the product's inputs, one after the other
    /// @param count of them
    /// @param out rows of the product
    void add(WeightMatrix weights, FloatArray x, int count, FloatArray out) {
        for (Adapter adapter : used) {
            Optional<Adapter.Pair> pair = adapter.pair(weights.name());
            if (pair.isPresent()) {
                add(adapter, pair.get(), x, count, out);
            }
        }
    }

    private void add(Adapter adapter, Adapter.Pair pair, FloatArray x, int count, FloatArray out) {
        int asked = 0;
        for (int row = 0; row < count; row++) {
            if (ofRow[row] == adapter) {
                gathered[asked++] = row;
            }
            if (asked == ROWS || row == count - 1 && asked > 0) {
                add(pair, x, asked, out);
                asked = 0;
            }
        }
    }

    private void add(Adapter.Pair pair, FloatArray x, int count, FloatArray out) {
        int columns = pair.a().columns();
        int rank = pair.a().rows();
        int width = pair.b().rows();
        rows = room(rows, columns);
        low = room(low, rank);
        added = room(added, width);
        for (int i = 0; i < count; i++) {
            rows.set(i * columns, x, gathered[i] * columns, columns);
        }
        matMul.multiply(pair.a(), inputs(rows, count, columns), low);
        matMul.multiply(pair.b(), inputs(low, count, rank), added);
        for (int i = 0; i < count; i++) {
            elementwise.addScaled(out, gathered[i] * width, added, i * width, pair.scale(), width);
        }
    }

    /// Scratch for [#ROWS] rows; larger when a matrix is that was not met before.
    private FloatArray room(FloatArray have, int columns) {
        return have.size() >= ROWS * columns ? have : FloatArray.allocate(arena, ROWS * columns);
    }

    private Activations inputs(FloatArray from, int count, int columns) {
        Activations inputs =
                byColumns.computeIfAbsent(
                        columns, width -> Activations.allocate(arena, ROWS, width));
        inputs.set(from, 0, count);
        return inputs;
    }
}
