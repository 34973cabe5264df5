package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// The feed-forward part of a layer: one for all rows, or experts of which a router picks a few for
/// each.
final class FeedForward {
    /// What a layer has.
    sealed interface Layer {}

    /// What works alone, and as an expert.
    sealed interface Part extends Layer {}

    /// `down · (activation(gate · x) ⊙ up · x)` (Shazeer, arXiv 2002.05202).
    record Gated(WeightMatrix gate, WeightMatrix up, WeightMatrix down, Optional<Biases> biases)
            implements Part {
        Gated(WeightMatrix gate, WeightMatrix up, WeightMatrix down) {
            this(gate, up, down, Optional.empty());
        }
    }

    record Biases(FloatArray gate, FloatArray up, FloatArray down) {}

    /// `down · max(0, up · x)²` (So et al., arXiv 2109.08668).
    record Squared(WeightMatrix up, WeightMatrix down) implements Part {}

    /// What the experts that are asked answer, added by their shares.
    ///
    /// @param shared asked by every row, with all that it answers
    /// @param factor of the sum of both
    record Experts(
            WeightMatrix router,
            Routing routing,
            Part[] experts,
            Optional<Part> shared,
            float factor)
            implements Layer {}

    /// What is done to the gate.
    enum Activation {
        SILU,
        GELU,
        /// That of gpt-oss: `g · sigmoid(1.702 g) · (u + 1)`, where g is at most 7 and u within ±7.
        CLAMPED
    }

    private static final float CLAMP = 7;
    private static final float STEEPNESS = 1.702f;

    private final Compute compute;
    private final Products products;
    private final Activation activation;
    private final int width;
    private final FloatArray gate;
    private final FloatArray up;
    private final FloatArray gathered;
    private final FloatArray answered;
    private final FloatArray shares;
    private final float[] choice;
    private final int[] rowsOf;

    /// @param innerMax the widest gate
    FeedForward(
            Compute compute,
            Products products,
            Activation activation,
            int width,
            int innerMax,
            int expertsMax,
            Arena arena,
            int rowsMax) {
        this.compute = compute;
        this.products = products;
        this.activation = activation;
        this.width = width;
        gate = FloatArray.allocate(arena, rowsMax * innerMax);
        up = FloatArray.allocate(arena, rowsMax * innerMax);
        gathered = FloatArray.allocate(arena, expertsMax > 0 ? rowsMax * width : 0);
        answered = FloatArray.allocate(arena, expertsMax > 0 ? rowsMax * width : 0);
        shares = FloatArray.allocate(arena, rowsMax * expertsMax);
        choice = new float[2 * expertsMax];
        rowsOf = new int[expertsMax > 0 ? rowsMax : 0];
    }

    /// `out` = the layer's answer to `rows` rows.
    void run(Layer layer, FloatArray x, int rows, FloatArray out) {
        switch (layer) {
            case Part part -> part(part, x, rows, out);
            case Experts experts -> experts(experts, x, rows, out);
        }
    }

    private void part(Part part, FloatArray x, int rows, FloatArray out) {
        switch (part) {
            case Gated gated -> gated(gated, x, rows, out);
            case Squared squared -> squared(squared, x, rows, out);
        }
    }

    private void squared(Squared layer, FloatArray x, int rows, FloatArray out) {
        products.multiply(layer.up, products.take(x, rows, width), up);
        int inner = layer.up.rows();
        compute.pool()
                .run((worker, workers) -> {
                    int from = (int) ((long) rows * inner * worker / workers);
                    int to = (int) ((long) rows * inner * (worker + 1) / workers);
                    for (int i = from; i < to; i++) {
                        float positive = Math.max(0, up.get(i));
                        up.set(i, positive * positive);
                    }
                });
        products.multiply(layer.down, products.take(up, rows, inner), out);
    }

    private void gated(Gated layer, FloatArray x, int rows, FloatArray out) {
        Activations inputs = products.take(x, rows, width);
        products.multiply(layer.gate, inputs, gate);
        products.multiply(layer.up, inputs, up);
        int inner = layer.gate.rows();
        compute.pool()
                .run((worker, workers) -> {
                    for (int row = worker; row < rows; row += workers) {
                        if (layer.biases.isPresent()) {
                            add(layer.biases.get().gate, gate, row * inner, inner);
                            add(layer.biases.get().up, up, row * inner, inner);
                        }
                        activate(row * inner, inner);
                    }
                });
        products.multiply(layer.down, products.take(gate, rows, inner), out);
        if (layer.biases.isPresent()) {
            for (int row = 0; row < rows; row++) {
                add(layer.biases.get().down, out, row * width, width);
            }
        }
    }

    private void add(FloatArray bias, FloatArray x, int at, int count) {
        compute.elementwise().add(x, at, bias, 0, count);
    }

    private void activate(int at, int inner) {
        Elementwise elementwise = compute.elementwise();
        switch (activation) {
            case SILU -> elementwise.siluMultiply(gate, at, up, at, gate, at, inner);
            case GELU -> elementwise.geluMultiply(gate, at, up, at, gate, at, inner);
            case CLAMPED -> {
                // g · sigmoid(s g) is silu(s g) / s
                for (int i = at; i < at + inner; i++) {
                    gate.set(i, Math.min(gate.get(i), CLAMP) * STEEPNESS);
                    up.set(i, (Math.clamp(up.get(i), -CLAMP, CLAMP) + 1) / STEEPNESS);
                }
                elementwise.siluMultiply(gate, at, up, at, gate, at, inner);
            }
        }
    }

    /// Expert after expert, each for the rows that ask it: its weights are read once. A row's
    /// answers are added in the order of experts, whoever is beside it.
    private void experts(Experts layer, FloatArray x, int rows, FloatArray out) {
        Elementwise elementwise = compute.elementwise();
        int count = layer.experts.length;
        products.multiply(layer.router, products.take(x, rows, width), shares);
        for (int row = 0; row < rows; row++) {
            layer.routing.share(elementwise, shares, row * count, count, choice);
            for (int i = 0; i < width; i++) {
                out.set(row * width + i, 0);
            }
        }
        for (int expert = 0; expert < count; expert++) {
            int asked = 0;
            for (int row = 0; row < rows; row++) {
                if (shares.get(row * count + expert) > 0) {
                    gathered.set(asked * width, x, row * width, width);
                    rowsOf[asked++] = row;
                }
            }
            if (asked == 0) {
                continue;
            }
            part(layer.experts[expert], gathered, asked, answered);
            for (int i = 0; i < asked; i++) {
                float share = shares.get(rowsOf[i] * count + expert);
                elementwise.addScaled(out, rowsOf[i] * width, answered, i * width, share, width);
            }
        }
        if (layer.shared.isPresent()) {
            part(layer.shared.get(), x, rows, answered);
            elementwise.add(out, 0, answered, 0, rows * width);
        }
        if (layer.factor != 1) {
            elementwise.scale(out, 0, layer.factor, rows * width);
        }
    }
}
