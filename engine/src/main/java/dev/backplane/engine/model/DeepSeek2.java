package dev.backplane.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// DeepSeek V2 (arXiv 2405.04434) and V3 (arXiv 2412.19437), `deepseek2` in GGUF: keys and values
/// of all heads come from one short row ([LatentAttention]); after some dense layers, small experts
/// beside one that every row asks, in groups, chosen with a bias where the file has one.
final class DeepSeek2 {
    private DeepSeek2() {}

    static Decoder load(Loading loading) {
        Hyperparameters sizes = loading.sizes();
        Rope rope = loading.rope(Rope.Pairing.NEIGHBOURS);
        int dense =
                loading.experts() > 0
                        ? loading.integer("leading_dense_block_count", 0)
                        : sizes.layers();
        LatentAttention.Widths widths = LatentAttention.Widths.of(loading);
        List<PreNormDecoder.Layer<LatentAttention.Layer>> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new PreNormDecoder.Layer<>(
                            weights.vector("attn_norm.weight", sizes.width()),
                            LatentAttention.load(loading, widths, weights),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            i < dense
                                    ? loading.gated(weights, loading.inner())
                                    : experts(loading, weights)));
        }
        int shared = loading.sharedInner(inner(loading));
        int innerMax = Math.max(loading.inner(), Math.max(inner(loading), shared));
        LatentAttention attention = new LatentAttention(loading, widths, rope);
        return new PreNormDecoder<>(
                loading,
                rope,
                attention::run,
                loading.feedForward(FeedForward.Activation.SILU, innerMax),
                layers);
    }

    private static int inner(Loading loading) {
        return loading.integer("expert_feed_forward_length", 0);
    }

    private static FeedForward.Layer experts(Loading loading, Weights weights) {
        int inner = loading.sharedInner(inner(loading));
        Optional<FeedForward.Part> shared =
                inner > 0 ? Optional.of(loading.sharedExpert(weights, inner)) : Optional.empty();
        Routing routing = loading.routing(weights, Routing.Scores.SOFTMAX);
        return loading.experts(weights, inner(loading), routing, shared, 1);
    }
}
