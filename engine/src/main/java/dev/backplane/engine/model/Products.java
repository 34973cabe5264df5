package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.MatMul;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Products with the rows of a step, and what the rows' adapters add to them. Inputs are prepared
/// once for all weights that want the same ([#take]), and stay as they are until the products are
/// made; there is one preparation for each number of columns. For one thread.
final class Products {
    private final MatMul matMul;
    private final LowRank adapters;
    private final Arena arena;
    private final int rowsMax;
    private final Map<Integer, Inputs> byColumns = new HashMap<>();
    private final Map<String, WeightMatrix> matrices = new LinkedHashMap<>();

    private static final class Inputs {
        private final Activations activations;
        private FloatArray from;

        Inputs(Activations activations, FloatArray from) {
            this.activations = activations;
            this.from = from;
        }
    }

    Products(Compute compute, Arena arena, int rowsMax) {
        this.matMul = compute.matMul();
        this.arena = arena;
        this.rowsMax = rowsMax;
        this.adapters = new LowRank(matMul, compute.elementwise(), arena, rowsMax);
    }

    /// A matrix whose products with a step's rows are made here, so that adapters may change them.
    void add(WeightMatrix matrix) {
        matrices.put(matrix.name(), matrix);
    }

    /// Those by name.
    Map<String, WeightMatrix> matrices() {
        return matrices;
    }

    /// The products that follow are with the rows of this step.
    void begin(Step step) {
        adapters.begin(step, false);
    }

    /// The products that follow are with those rows of the step that give logits, in their order.
    void beginOutputs(Step step) {
        adapters.begin(step, true);
    }

    /// The inputs of the products that follow: `rows` rows of `columns`, from the start of `from`.
    Activations take(FloatArray from, int rows, int columns) {
        Inputs inputs =
                byColumns.computeIfAbsent(
                        columns,
                        count -> new Inputs(Activations.allocate(arena, rowsMax, count), from));
        inputs.from = from;
        inputs.activations.set(from, 0, rows);
        return inputs.activations;
    }

    void multiply(WeightMatrix weights, Activations inputs, FloatArray out) {
        matMul.multiply(weights, inputs, out);
        if (!adapters.idle()) {
            FloatArray from = Objects.requireNonNull(byColumns.get(inputs.columns())).from;
            adapters.add(weights, from, inputs.rows(), out);
        }
    }
}
