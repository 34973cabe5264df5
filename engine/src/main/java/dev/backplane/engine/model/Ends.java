package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Objects;

/// Both ends of a decoder: rows of the embedding for tokens, and logits for what comes out. Files
/// without `output.weight` use the embedding for both.
final class Ends {
    private static final int VOCABULARY_MAX = 1 << 24;

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Products products;
    private final Tensor embedding;
    private final WeightMatrix output;
    private final FloatArray norm;
    private final Normalisation normalisation;
    private final float[] row;
    private final FloatArray gathered;

    Ends(
            TensorSet tensors,
            Weights weights,
            Hyperparameters sizes,
            Compute compute,
            Products products,
            Normalisation normalisation,
            Arena arena,
            int rowsMax) {
        this.sizes = sizes;
        this.compute = compute;
        this.products = products;
        this.normalisation = normalisation;
        long vocabulary = tensors.tensor("token_embd.weight").shape().rows();
        if (vocabulary < 1 || vocabulary > VOCABULARY_MAX) {
            throw Problem.invalid(
                            "an embedding of %,d tokens".formatted(vocabulary), tensors.source())
                    .fix("use a model of 1 to %,d tokens".formatted(VOCABULARY_MAX));
        }
        embedding = weights.tensor("token_embd.weight", vocabulary, sizes.width());
        output =
                weights.matrix(
                        weights.has("output.weight") ? "output.weight" : "token_embd.weight",
                        (int) vocabulary,
                        sizes.width());
        norm = weights.vector("output_norm.weight", sizes.width());
        row = new float[sizes.width()];
        gathered = FloatArray.allocate(arena, rowsMax * sizes.width());
    }

    int vocabulary() {
        return output.rows();
    }

    /// Writes the embeddings of a step's tokens, times `factor`.
    void embed(Step step, float factor, FloatArray x) {
        for (int i = 0; i < step.rows(); i++) {
            embedding.decodeRow(Objects.checkIndex(step.token(i), vocabulary()), row, 0);
            x.set(i * sizes.width(), row, 0, sizes.width());
            if (factor != 1) {
                compute.elementwise().scale(x, i * sizes.width(), factor, sizes.width());
            }
        }
    }

    /// Writes logits of the rows that are to give some.
    void logits(Step step, FloatArray x, FloatArray logits) {
        int width = sizes.width();
        if (step.outputCount() == 0) {
            return;
        }
        for (int i = 0; i < step.outputCount(); i++) {
            normalisation.apply(
                    compute.elementwise(),
                    x,
                    step.output(i) * width,
                    norm,
                    sizes.epsilon(),
                    gathered,
                    i * width,
                    width);
        }
        if (step.givesStates()) {
            logits.set(0, gathered, 0, step.outputCount() * width);
            return;
        }
        products.beginOutputs(step);
        products.multiply(output, products.take(gathered, step.outputCount(), width), logits);
    }
}
