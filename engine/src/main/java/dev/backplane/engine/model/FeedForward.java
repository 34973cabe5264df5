package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;

/// The gated feed-forward part of a layer (Shazeer, arXiv 2002.05202): one for all rows, or experts
/// of which a router picks a few for each.
final class FeedForward {
    /// What a layer has.
    sealed interface Layer {}

    /// `down · (activation(gate · x) ⊙ up · x)`
    record Gated(WeightMatrix gate, WeightMatrix up, WeightMatrix down) implements Layer {}

    /// The router's softmax over all experts; those with the most are asked, and what they answer
    /// is added by it.
    ///
    /// @param used how many are asked for a row
    /// @param normed whether the shares of those are made to add up to one
    record Experts(WeightMatrix router, Gated[] experts, int used, boolean normed)
            implements Layer {}

    /// What is done to the gate.
    enum Activation {
        SILU,
        GELU
    }

    private final Compute compute;
    private final Products products;
    private final Activation activation;
    private final int width;
    private final FloatArray gate;
    private final FloatArray up;
    private final FloatArray gathered;
    private final FloatArray answered;
    private final FloatArray shares;
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
        rowsOf = new int[expertsMax > 0 ? rowsMax : 0];
    }

    /// `out` = the layer's answer to `rows` rows.
    void run(Layer layer, FloatArray x, int rows, FloatArray out) {
        switch (layer) {
            case Gated gated -> gated(gated, x, rows, out);
            case Experts experts -> experts(experts, x, rows, out);
        }
    }

    private void gated(Gated layer, FloatArray x, int rows, FloatArray out) {
        Activations inputs = products.take(x, rows, width);
        products.multiply(layer.gate, inputs, gate);
        products.multiply(layer.up, inputs, up);
        int inner = layer.gate.rows();
        Elementwise elementwise = compute.elementwise();
        compute.pool()
                .run((worker, workers) -> {
                    for (int row = worker; row < rows; row += workers) {
                        int at = row * inner;
                        switch (activation) {
                            case SILU ->
                                    elementwise.siluMultiply(gate, at, up, at, gate, at, inner);
                            case GELU ->
                                    elementwise.geluMultiply(gate, at, up, at, gate, at, inner);
                        }
                    }
                });
        products.multiply(layer.down, products.take(gate, rows, inner), out);
    }

    /// Expert after expert, each for the rows that ask it: its weights are read once. A row's
    /// answers are added in the order of experts, whoever is beside it.
    private void experts(Experts layer, FloatArray x, int rows, FloatArray out) {
        Elementwise elementwise = compute.elementwise();
        int count = layer.experts.length;
        products.multiply(layer.router, products.take(x, rows, width), shares);
        for (int row = 0; row < rows; row++) {
            elementwise.softmax(shares, row * count, count);
            keepLargest(layer, row * count, count);
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
            gated(layer.experts[expert], gathered, asked, answered);
            for (int i = 0; i < asked; i++) {
                float share = shares.get(rowsOf[i] * count + expert);
                elementwise.addScaled(out, rowsOf[i] * width, answered, i * width, share, width);
            }
        }
    }

    /// Sets the shares of all but the largest to zero; of equal ones, the first are larger.
    private void keepLargest(Experts layer, int at, int count) {
        float sum = 0;
        for (int kept = 0; kept < layer.used; kept++) {
            int best = -1;
            for (int i = 0; i < count; i++) {
                float share = shares.get(at + i);
                if (share > 0 && (best < 0 || share > shares.get(at + best))) {
                    best = i;
                }
            }
            if (best < 0) {
                break;
            }
            sum += shares.get(at + best);
            shares.set(at + best, -shares.get(at + best));
        }
        for (int i = 0; i < count; i++) {
            float share = -shares.get(at + i);
            shares.set(at + i, share <= 0 ? 0 : layer.normed ? share / sum : share);
        }
    }
}
