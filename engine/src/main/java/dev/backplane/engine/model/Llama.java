package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Llama 2 and 3 (Touvron et al., arXiv 2307.09288; arXiv 2407.21783), Mistral and, with experts,
/// Mixtral (Jiang et al., arXiv 2401.04088): all are `llama` in GGUF. Rotary partners are
/// neighbours, since the file's queries and keys are permuted for it.
final class Llama {
    private Llama() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.NEIGHBOURS);
        int inner = loading.inner();
        List<PreNormDecoder.Layer<SelfAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, rope),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            loading.experts() > 0
                                    ? loading.experts(weights, inner)
                                    : loading.gated(weights, inner)));
        }
        FeedForward feedForward = loading.feedForward(FeedForward.Activation.SILU, inner);
        SelfAttention attention = loading.attention();
        return new PreNormDecoder<>(loading, rope, attention::run, feedForward, layers);
    }

    private static SelfAttention.Layer attention(Loading loading, Weights weights, Rope rope) {
        Hyperparameters sizes = loading.sizes();
        return new SelfAttention.Layer(
                weights.matrix("attn_q.weight", sizes.queryWidth(), sizes.width()),
                weights.matrix("attn_k.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_v.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_output.weight", sizes.width(), sizes.queryWidth()),
                Optional.empty(),
                Optional.empty(),
                rope,
                loading.attentionScale(),
                loading.window());
    }
}
