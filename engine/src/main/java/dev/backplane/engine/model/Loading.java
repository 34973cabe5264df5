package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// What an architecture makes its decoder of.
///
/// @param arena of weights and scratch
/// @param rowsMax rows of the largest step
/// @param contextMax positions of the longest request
record Loading(
        ModelFile file,
        Hyperparameters sizes,
        Compute compute,
        Products products,
        KeyValueCache cache,
        TileCache.Tiles tiles,
        Arena arena,
        int rowsMax,
        int contextMax) {
    private static final int INNER_MAX = 1 << 20;
    private static final int EXPERTS_MAX = 4_096;

    Metadata metadata() {
        return file.metadata();
    }

    Weights weights() {
        return new Weights(file, compute.pool(), arena, tiles, products);
    }

    /// A whole number of this architecture, below 2²⁰.
    int integer(String key, int otherwise) {
        return (int) metadata().integer(sizes.architecture() + "." + key, 0, INNER_MAX, otherwise);
    }

    /// The width of a gate.
    int inner() {
        String key = sizes.architecture() + ".feed_forward_length";
        return (int) metadata().integer(key, 1, INNER_MAX);
    }

    /// Experts of a layer; 0 when there are none.
    int experts() {
        String key = sizes.architecture() + ".expert_count";
        return (int) metadata().integer(key, 0, EXPERTS_MAX, 0);
    }

    /// A number of this architecture.
    float real(String key, double otherwise) {
        return (float) metadata().real(sizes.architecture() + "." + key, otherwise);
    }

    Ends ends() {
        return ends(Normalisation.RMS);
    }

    Ends ends(Normalisation norm) {
        return new Ends(file, weights(), sizes, compute, products, norm, arena, rowsMax);
    }

    /// @param usual as GGUF files of the architecture have it
    Rope rope(Rope.Pairing usual) {
        boolean isHalves = Rope.isHalved(metadata(), sizes.architecture());
        Rope.Pairing pairing = isHalves ? Rope.Pairing.HALVES : usual;
        return Rope.of(metadata(), sizes, weights(), pairing, contextMax, arena, rowsMax);
    }

    SelfAttention attention() {
        return new SelfAttention(sizes, compute, products, cache, arena, rowsMax);
    }

    FeedForward feedForward(FeedForward.Activation activation, int innerMax) {
        return new FeedForward(
                compute, products, activation, sizes.width(), innerMax, experts(), arena, rowsMax);
    }

    /// A gated feed-forward part under its usual names.
    FeedForward.Gated gated(Weights layer, int inner) {
        return gated(layer, "", inner);
    }

    /// The expert that all rows ask, under its usual names.
    FeedForward.Gated sharedExpert(Weights layer, int inner) {
        return gated(layer, "_shexp", inner);
    }

    private FeedForward.Gated gated(Weights layer, String suffix, int inner) {
        return new FeedForward.Gated(
                layer.matrix("ffn_gate" + suffix + ".weight", inner, sizes.width()),
                layer.matrix("ffn_up" + suffix + ".weight", inner, sizes.width()),
                layer.matrix("ffn_down" + suffix + ".weight", sizes.width(), inner));
    }

    /// The width of the expert that all rows ask, which counts as several of `inner`, unless the
    /// file says otherwise; 0 where there is none.
    int sharedInner(int inner) {
        int count = integer("expert_shared_count", 0);
        int given = integer("expert_shared_feed_forward_length", 0);
        long wide = given > 0 ? given : (long) count * inner;
        if (wide > INNER_MAX) {
            throw Problem.invalid("a shared expert of width " + wide, metadata().source())
                    .fix("use a model whose experts are at most %,d wide".formatted(INNER_MAX));
        }
        return count == 0 ? 0 : (int) wide;
    }

    /// How many experts are asked for a row.
    int expertsUsed() {
        String used = sizes.architecture() + ".expert_used_count";
        return (int) metadata().integer(used, 1, experts());
    }

    /// Routing as the metadata says.
    ///
    /// @param scores where the file says nothing of them
    Routing routing(Weights layer, Routing.Scores scores) {
        int count = experts();
        int groups = Math.max(1, integer("expert_group_count", 1));
        int groupsUsed = Math.max(1, integer("expert_group_used_count", groups));
        if (count % groups != 0 || groupsUsed > groups) {
            throw Problem.invalid(
                            "%d experts in %d groups, of which %d count"
                                    .formatted(count, groups, groupsUsed),
                            metadata().source())
                    .fix("use a model whose groups of experts are of one size");
        }
        String bias = "exp_probs_b.bias";
        return new Routing(
                switch (integer("expert_gating_func", 0)) {
                    case 0 -> scores;
                    case 1 -> Routing.Scores.SOFTMAX;
                    case 2 -> Routing.Scores.SIGMOID;
                    case 3 -> Routing.Scores.SOFTMAX_OF_CHOSEN;
                    default ->
                            throw Problem.invalid(
                                            "an unknown expert_gating_func", metadata().source())
                                    .fix("1 (softmax), 2 (sigmoid) and 3 are understood");
                },
                layer.findVector("ffn_gate_inp.bias", count),
                layer.findVector(bias, count),
                expertsUsed(),
                groups,
                groupsUsed,
                metadata().flag(sizes.architecture() + ".expert_weights_norm", false),
                real("expert_weights_scale", 1) == 0 ? 1 : real("expert_weights_scale", 1));
    }

    /// Experts under their usual names; the shares of those that are asked add up to one.
    FeedForward.Experts experts(Weights layer, int inner) {
        Routing routing = Routing.softmax(expertsUsed());
        return experts(layer, inner, routing, Optional.empty(), 1);
    }

    /// Experts under their usual names, with biases where there are some.
    FeedForward.Experts experts(
            Weights layer,
            int inner,
            Routing routing,
            Optional<FeedForward.Part> shared,
            float factor) {
        int count = experts();
        WeightMatrix[] gates = layer.matrices("ffn_gate_exps.weight", count, inner, sizes.width());
        WeightMatrix[] ups = layer.matrices("ffn_up_exps.weight", count, inner, sizes.width());
        WeightMatrix[] downs = layer.matrices("ffn_down_exps.weight", count, sizes.width(), inner);
        FeedForward.Part[] experts = new FeedForward.Part[count];
        for (int i = 0; i < count; i++) {
            experts[i] = new FeedForward.Gated(gates[i], ups[i], downs[i], biases(layer, i, inner));
        }
        return new FeedForward.Experts(
                layer.matrix("ffn_gate_inp.weight", count, sizes.width()),
                routing,
                experts,
                shared,
                factor);
    }

    private Optional<FeedForward.Biases> biases(Weights layer, int expert, int inner) {
        if (!layer.has("ffn_gate_exps.bias")) {
            return Optional.empty();
        }
        int count = experts();
        return Optional.of(
                new FeedForward.Biases(
                        layer.row("ffn_gate_exps.bias", expert, count, inner),
                        layer.row("ffn_up_exps.bias", expert, count, inner),
                        layer.row("ffn_down_exps.bias", expert, count, sizes.width())));
    }

    /// Positions that each layer sees, where files say so by a key of ours; 0 for all.
    int window() {
        return integer("attention.window", 0);
    }

    /// 1 / √width of a head, unless the file says otherwise.
    float attentionScale() {
        double otherwise = 1 / Math.sqrt(sizes.headWidth());
        return (float) metadata().real(sizes.architecture() + ".attention.scale", otherwise);
    }
}
