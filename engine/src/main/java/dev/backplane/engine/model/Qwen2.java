package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Qwen 2 and 2.5 (Yang et al., arXiv 2407.10671): queries, keys and values have biases.
final class Qwen2 {
    private Qwen2() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.HALVES);
        int inner = loading.inner();
        List<PreNormDecoder.Layer<SelfAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, rope),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            loading.gated(weights, inner)));
        }
        FeedForward feedForward = loading.feedForward(FeedForward.Activation.SILU, inner);
        SelfAttention attention = loading.attention();
        return new PreNormDecoder<>(loading, rope, attention::run, feedForward, layers);
    }

    private static SelfAttention.Layer attention(Loading loading, Weights weights, Rope rope) {
        Hyperparameters sizes = loading.sizes();
        SelfAttention.Biases biases = SelfAttention.Biases.of(weights, sizes);
        return new SelfAttention.Layer(
                weights.matrix("attn_q.weight", sizes.queryWidth(), sizes.width()),
                weights.matrix("attn_k.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_v.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_output.weight", sizes.width(), sizes.queryWidth()),
                Optional.of(biases),
                Optional.empty(),
                rope,
                loading.attentionScale(),
                0);
    }
}
