package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Phi 3 and 3.5 (Abdin et al., arXiv 2404.14219), and Phi 4, which is the same in GGUF: queries,
/// keys and values are rows of one matrix, gate and up of another. Long contexts have rotary
/// factors of their own ([Rope]). A window, where a GGUF file names one, is not applied: llama.cpp,
/// whose files these are, does not apply it either. That of a checkpoint is.
final class Phi3 {
    private Phi3() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.HALVES);
        int inner = loading.inner();
        List<PreNormDecoder.Layer<SelfAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            FeedForward.Gated gated =
                    new FeedForward.Gated(
                            weights.rows("ffn_up.weight", 2 * inner, sizes.width(), 0, inner),
                            weights.rows(
                                    "ffn_up.weight", 2 * inner, sizes.width(), inner, 2 * inner),
                            weights.matrix("ffn_down.weight", sizes.width(), inner));
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, rope),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            gated));
        }
        FeedForward feedForward = loading.feedForward(FeedForward.Activation.SILU, inner);
        SelfAttention attention = loading.attention();
        return new PreNormDecoder<>(loading, rope, attention::run, feedForward, layers);
    }

    private static SelfAttention.Layer attention(Loading loading, Weights weights, Rope rope) {
        Hyperparameters sizes = loading.sizes();
        int keys = sizes.queryWidth() + sizes.keyWidth();
        int all = keys + sizes.keyWidth();
        String name = "attn_qkv.weight";
        return new SelfAttention.Layer(
                weights.rows(name, all, sizes.width(), 0, sizes.queryWidth()),
                weights.rows(name, all, sizes.width(), sizes.queryWidth(), keys),
                weights.rows(name, all, sizes.width(), keys, all),
                weights.matrix("attn_output.weight", sizes.width(), sizes.queryWidth()),
                Optional.empty(),
                Optional.empty(),
                rope,
                loading.attentionScale(),
                loading.window());
    }
}
