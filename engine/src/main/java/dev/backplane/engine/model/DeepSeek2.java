package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// DeepSeek V2 (arXiv 2405.04434) and V3 (arXiv 2412.19437), `deepseek2` in GGUF: keys and values
/// of all heads come from one short row ([LatentAttention]); after some dense layers, small experts
/// beside one that every row asks, in groups, chosen with a bias where the file has one.
final class DeepSeek2 implements Decoder {
    private record Layer(
            FloatArray attentionNorm,
            LatentAttention.Layer attention,
            FloatArray feedForwardNorm,
            FeedForward.Layer feedForward) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Ends ends;
    private final Rope rope;
    private final LatentAttention attention;
    private final FeedForward feedForward;
    private final List<Layer> layers = new ArrayList<>();
    private final FloatArray stream;
    private final FloatArray normed;
    private final FloatArray answer;

    private DeepSeek2(Loading loading) {
        sizes = loading.sizes();
        compute = loading.compute();
        rope = loading.rope(Rope.Pairing.NEIGHBOURS);
        int dense =
                loading.experts() > 0
                        ? loading.integer("leading_dense_block_count", 0)
                        : sizes.layers();
        LatentAttention.Widths widths = LatentAttention.Widths.of(loading);
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new Layer(
                            weights.vector("attn_norm.weight", sizes.width()),
                            LatentAttention.load(loading, widths, weights),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            i < dense
                                    ? loading.gated(weights, loading.inner())
                                    : experts(loading, weights)));
        }
        ends = loading.ends();
        attention = new LatentAttention(loading, widths, rope);
        int shared = loading.sharedInner(inner(loading));
        int innerMax = Math.max(loading.inner(), Math.max(inner(loading), shared));
        feedForward = loading.feedForward(FeedForward.Activation.SILU, innerMax);
        int floats = loading.rowsMax() * sizes.width();
        stream = FloatArray.allocate(loading.arena(), floats);
        normed = FloatArray.allocate(loading.arena(), floats);
        answer = FloatArray.allocate(loading.arena(), floats);
    }

    static Decoder load(Loading loading) {
        return new DeepSeek2(loading);
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

    @Override
    public Hyperparameters sizes() {
        return sizes;
    }

    @Override
    public int vocabulary() {
        return ends.vocabulary();
    }

    @Override
    public void run(Step step, FloatArray logits) {
        ends.embed(step, 1, stream);
        rope.prepare(step);
        int floats = step.rows() * sizes.width();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            norm(layer.attentionNorm, step.rows());
            attention.run(layer.attention, i, step, normed, answer);
            compute.elementwise().add(stream, 0, answer, 0, floats);
            norm(layer.feedForwardNorm, step.rows());
            feedForward.run(layer.feedForward, normed, step.rows(), answer);
            compute.elementwise().add(stream, 0, answer, 0, floats);
        }
        ends.logits(step, stream, logits);
    }

    private void norm(FloatArray weight, int rows) {
        for (int row = 0; row < rows; row++) {
            int at = row * sizes.width();
            compute.elementwise()
                    .rmsNorm(stream, at, weight, sizes.epsilon(), normed, at, sizes.width());
        }
    }
}
