package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// gpt-oss (OpenAI, arXiv 2508.10925): experts with biases and a clamped gate, every second layer
/// sees a window of 128 positions, and each head has a sink, a score that stands for no position.
/// Positions are YaRN's. Experts come in MXFP4, which is their own type, not a loss.
final class GptOss {
    /// Of two layers, the first sees a window.
    private static final int PERIOD = 2;

    private GptOss() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.HALVES);
        Windows windows = Windows.of(loading.metadata(), sizes, PERIOD, false);
        int inner = loading.integer("expert_feed_forward_length", 0);
        List<PreNormDecoder.Layer<SelfAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            Routing routing = loading.routing(weights, Routing.Scores.SOFTMAX_OF_CHOSEN);
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, rope, windows.window(i)),
                            weights.vector("post_attention_norm.weight", sizes.width()),
                            loading.experts(weights, inner, routing, Optional.empty(), 1)));
        }
        FeedForward feedForward = loading.feedForward(FeedForward.Activation.CLAMPED, inner);
        SelfAttention attention = loading.attention();
        return new PreNormDecoder<>(loading, rope, attention::run, feedForward, layers);
    }

    private static SelfAttention.Layer attention(
            Loading loading, Weights weights, Rope rope, int window) {
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
                window,
                Optional.of(weights.vector("attn_output.bias", sizes.width())),
                Optional.of(weights.vector("attn_sinks.weight", sizes.heads())));
    }
}
