package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Cohere 2 (Command R7B and Command A, Cohere, arXiv 2504.00698) and its mixture of experts:
/// attention and feed-forward are of the same normed row and added together, norms are by mean and
/// variance, three of four layers see a window and have positions, the fourth sees everything and
/// has none. Files of experts (`cohere2moe`) may begin with dense layers, which have positions,
/// too.
///
/// ```
/// x = embedding
/// for each layer:  n = norm(x);  x += attention(n) + feedForward(n)
/// logits = scale · output · norm(x)
/// ```
final class Cohere2 implements Decoder {
    private static final int PERIOD = 4;

    /// Of what experts and the shared expert answer, the mean is taken.
    private static final float SHARED_FACTOR = 0.5f;

    private record Layer(
            FloatArray norm, SelfAttention.Layer attention, FeedForward.Layer feedForward) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Ends ends;
    private final Rope rope;
    private final SelfAttention attention;
    private final FeedForward feedForward;
    private final List<Layer> layers = new ArrayList<>();
    private final Normalisation normalisation;
    private final float scale;
    private final FloatArray stream;
    private final FloatArray normed;
    private final FloatArray attended;
    private final FloatArray answer;

    private Cohere2(Loading loading) {
        sizes = loading.sizes();
        compute = loading.compute();
        rope = loading.rope(Rope.Pairing.NEIGHBOURS);
        Rope none = Rope.none(loading.arena());
        boolean experts = loading.experts() > 0;
        Windows windows = Windows.of(loading.metadata(), sizes, PERIOD, experts);
        int dense = experts ? loading.integer("leading_dense_block_count", 0) : sizes.layers();
        String rms = sizes.architecture() + ".attention.layer_norm_rms_epsilon";
        normalisation = loading.metadata().has(rms) ? Normalisation.RMS : Normalisation.LAYER;
        scale = loading.real("logit_scale", 1);
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            boolean turned = windows.isLocal(i) || experts && i < dense;
            layers.add(
                    new Layer(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(loading, weights, turned ? rope : none, windows.window(i)),
                            i < dense
                                    ? loading.gated(weights, loading.inner())
                                    : experts(loading, weights)));
        }
        ends = loading.ends(normalisation);
        attention = loading.attention();
        int shared = loading.sharedInner(inner(loading));
        int innerMax = Math.max(loading.inner(), Math.max(inner(loading), shared));
        feedForward = loading.feedForward(FeedForward.Activation.SILU, innerMax);
        int floats = loading.rowsMax() * sizes.width();
        stream = FloatArray.allocate(loading.arena(), floats);
        normed = FloatArray.allocate(loading.arena(), floats);
        attended = FloatArray.allocate(loading.arena(), floats);
        answer = FloatArray.allocate(loading.arena(), floats);
    }

    static Decoder load(Loading loading) {
        return new Cohere2(loading);
    }

    private static int inner(Loading loading) {
        return loading.integer("expert_feed_forward_length", loading.inner());
    }

    private static FeedForward.Layer experts(Loading loading, Weights weights) {
        int inner = loading.sharedInner(inner(loading));
        Optional<FeedForward.Part> shared =
                inner > 0 ? Optional.of(loading.sharedExpert(weights, inner)) : Optional.empty();
        Routing routing = loading.routing(weights, Routing.Scores.SIGMOID);
        return loading.experts(
                weights, inner(loading), routing, shared, inner > 0 ? SHARED_FACTOR : 1);
    }

    private static SelfAttention.Layer attention(
            Loading loading, Weights weights, Rope rope, int window) {
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
                window);
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
            for (int row = 0; row < step.rows(); row++) {
                int at = row * sizes.width();
                normalisation.apply(
                        compute.elementwise(),
                        stream,
                        at,
                        layer.norm,
                        sizes.epsilon(),
                        normed,
                        at,
                        sizes.width());
            }
            attention.run(layer.attention, i, step, normed, attended);
            feedForward.run(layer.feedForward, normed, step.rows(), answer);
            compute.elementwise().add(stream, 0, answer, 0, floats);
            compute.elementwise().add(stream, 0, attended, 0, floats);
        }
        ends.logits(step, stream, logits);
        if (scale != 1) {
            compute.elementwise().scale(logits, 0, scale, step.outputCount() * vocabulary());
        }
    }
}
