package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Qwen 3 (Yang et al., arXiv 2505.09388): each head of queries and keys has a norm before it is
/// turned, and heads have a width of their own. With experts it is `qwen3moe`.
final class Qwen3 {
    private Qwen3() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.HALVES);
        boolean experts = loading.experts() > 0;
        int inner = experts ? loading.integer("expert_feed_forward_length", 0) : loading.inner();
        List<PreNormDecoder.Layer<SelfAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, rope),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            experts
                                    ? loading.experts(weights, inner)
                                    : loading.gated(weights, inner)));
        }
        FeedForward feedForward = loading.feedForward(FeedForward.Activation.SILU, inner);
        SelfAttention attention = loading.attention();
        return new PreNormDecoder<>(loading, rope, attention::run, feedForward, layers);
    }

    private static SelfAttention.Layer attention(Loading loading, Weights weights, Rope rope) {
        Hyperparameters sizes = loading.sizes();
        SelfAttention.Norms norms =
                new SelfAttention.Norms(
                        weights.vector("attn_q_norm.weight", sizes.headWidth()),
                        weights.vector("attn_k_norm.weight", sizes.headWidth()));
        return new SelfAttention.Layer(
                weights.matrix("attn_q.weight", sizes.queryWidth(), sizes.width()),
                weights.matrix("attn_k.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_v.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_output.weight", sizes.width(), sizes.queryWidth()),
                Optional.empty(),
                Optional.of(norms),
                rope,
                loading.attentionScale(),
                0);
    }
}
