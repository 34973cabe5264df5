package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.MatMul;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/// Products with the rows of a step. Inputs are prepared once for all weights that want the same
/// ([#take]); there is one preparation for each number of columns. For one thread.
final class Products {
    private final MatMul matMul;
    private final Arena arena;
    private final int rowsMax;
    private final Map<Integer, Activations> byColumns = new HashMap<>();

    Products(MatMul matMul, Arena arena, int rowsMax) {
        this.matMul = matMul;
        this.arena = arena;
        this.rowsMax = rowsMax;
    }

    /// The inputs of the products that follow: `rows` rows of `columns`, from the start of `from`.
    Activations take(FloatArray from, int rows, int columns) {
        Activations inputs =
                byColumns.computeIfAbsent(
                        columns, count -> Activations.allocate(arena, rowsMax, count));
        inputs.set(from, 0, rows);
        return inputs;
    }

    void multiply(WeightMatrix weights, Activations inputs, FloatArray out) {
        matMul.multiply(weights, inputs, out);
    }
}
