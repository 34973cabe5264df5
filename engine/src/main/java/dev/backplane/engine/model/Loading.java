package dev.backplane.engine.model;

import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;

/// What an architecture makes its decoder of.
///
/// @param arena of weights and scratch
/// @param rowsMax rows of the largest step
/// @param contextMax positions of the longest request
record Loading(
        GgufModel file,
        Hyperparameters sizes,
        Compute compute,
        Products products,
        KeyValueCache cache,
        Arena arena,
        int rowsMax,
        int contextMax) {
    private static final int INNER_MAX = 1 << 20;
    private static final int EXPERTS_MAX = 4_096;

    Metadata metadata() {
        return file.metadata();
    }

    Weights weights() {
        return new Weights(file, compute.pool(), arena);
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

    Ends ends() {
        return new Ends(file, weights(), sizes, compute, products, arena, rowsMax);
    }

    Rope rope(Rope.Pairing pairing) {
        return Rope.of(metadata(), sizes, weights(), pairing, contextMax, arena, rowsMax);
    }

    SelfAttention attention() {
        return new SelfAttention(sizes, compute, products, cache, arena, rowsMax, contextMax);
    }

    FeedForward feedForward(FeedForward.Activation activation, int innerMax) {
        return new FeedForward(
                compute, products, activation, sizes.width(), innerMax, experts(), arena, rowsMax);
    }

    /// A gated feed-forward part under its usual names.
    FeedForward.Gated gated(Weights layer, int inner) {
        return new FeedForward.Gated(
                layer.matrix("ffn_gate.weight", inner, sizes.width()),
                layer.matrix("ffn_up.weight", inner, sizes.width()),
                layer.matrix("ffn_down.weight", sizes.width(), inner));
    }

    /// Experts under their usual names; the shares of those that are asked add up to one.
    FeedForward.Experts experts(Weights layer, int inner) {
        int count = experts();
        String used = sizes.architecture() + ".expert_used_count";
        WeightMatrix[] gates = layer.matrices("ffn_gate_exps.weight", count, inner, sizes.width());
        WeightMatrix[] ups = layer.matrices("ffn_up_exps.weight", count, inner, sizes.width());
        WeightMatrix[] downs = layer.matrices("ffn_down_exps.weight", count, sizes.width(), inner);
        FeedForward.Gated[] experts = new FeedForward.Gated[count];
        for (int i = 0; i < count; i++) {
            experts[i] = new FeedForward.Gated(gates[i], ups[i], downs[i]);
        }
        return new FeedForward.Experts(
                layer.matrix("ffn_gate_inp.weight", count, sizes.width()),
                experts,
                (int) metadata().integer(used, 1, count),
                true);
    }

    /// 1 / √width of a head, unless the file says otherwise.
    float attentionScale() {
        double otherwise = 1 / Math.sqrt(sizes.headWidth());
        return (float) metadata().real(sizes.architecture() + ".attention.scale", otherwise);
    }
}
