package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Gemma 3 (Gemma Team, arXiv 2503.19786): answers are normed before they are added, too; five of
/// six layers see a window and turn at a base of their own; embeddings are scaled by √width.
///
/// ```
/// x = √width · embedding
/// for each layer:  x += norm(attention(norm(x)))
///                  x += norm(feedForward(norm(x)))
/// logits = output · norm(x), perhaps capped
/// ```
final class Gemma3 implements Decoder {
    private static final int PATTERN = 6;

    /// Layers of the model whose scores are scaled by another width than that of its heads.
    private static final int LAYERS_27B = 62;

    private record Layer(
            FloatArray attentionNorm,
            SelfAttention.Layer attention,
            FloatArray attentionPostNorm,
            FloatArray feedForwardNorm,
            FeedForward.Gated feedForward,
            FloatArray feedForwardPostNorm) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Ends ends;
    private final Rope global;
    private final Rope local;
    private final SelfAttention attention;
    private final FeedForward feedForward;
    private final List<Layer> layers = new ArrayList<>();
    private final float cap;
    private final FloatArray stream;
    private final FloatArray normed;
    private final FloatArray answer;

    private Gemma3(Loading loading) {
        sizes = loading.sizes();
        compute = loading.compute();
        int inner = loading.inner();
        String prefix = sizes.architecture() + ".";
        global = loading.rope(Rope.Pairing.HALVES);
        local =
                Rope.plain(
                        loading.arena(),
                        Rope.Pairing.HALVES,
                        sizes.headWidth(),
                        loading.metadata().real(prefix + "rope.freq_base_swa", 10_000),
                        loading.rowsMax());
        cap = (float) loading.metadata().real(prefix + "final_logit_softcapping", 0);
        Windows windows = Windows.of(loading.metadata(), sizes, PATTERN, false);
        for (int i = 0; i < sizes.layers(); i++) {
            boolean isLocal = windows.isLocal(i);
            Weights weights = loading.weights().layer(i);
            layers.add(
                    new Layer(
                            weights.vector("attn_norm.weight", sizes.width()),
                            attention(
                                    loading, weights, isLocal ? local : global, windows.window(i)),
                            weights.vector("post_attention_norm.weight", sizes.width()),
                            weights.vector("ffn_norm.weight", sizes.width()),
                            loading.gated(weights, inner),
                            weights.vector("post_ffw_norm.weight", sizes.width())));
        }
        ends = loading.ends();
        attention = loading.attention();
        feedForward = loading.feedForward(FeedForward.Activation.GELU, inner);
        int floats = loading.rowsMax() * sizes.width();
        stream = FloatArray.allocate(loading.arena(), floats);
        normed = FloatArray.allocate(loading.arena(), floats);
        answer = FloatArray.allocate(loading.arena(), floats);
    }

    static Decoder load(Loading loading) {
        return new Gemma3(loading);
    }

    private SelfAttention.Layer attention(Loading loading, Weights weights, Rope rope, int window) {
        int scaled =
                sizes.layers() == LAYERS_27B ? sizes.width() / sizes.heads() : sizes.headWidth();
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
                loading.real("attention.scale", 1 / Math.sqrt(scaled)),
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
        ends.embed(step, (float) Math.sqrt(sizes.width()), stream);
        global.prepare(step);
        local.prepare(step);
        int floats = step.rows() * sizes.width();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            norm(stream, layer.attentionNorm, step.rows(), normed);
            attention.run(layer.attention, i, step, normed, answer);
            norm(answer, layer.attentionPostNorm, step.rows(), answer);
            compute.elementwise().add(stream, 0, answer, 0, floats);
            norm(stream, layer.feedForwardNorm, step.rows(), normed);
            feedForward.run(layer.feedForward, normed, step.rows(), answer);
            norm(answer, layer.feedForwardPostNorm, step.rows(), answer);
            compute.elementwise().add(stream, 0, answer, 0, floats);
        }
        ends.logits(step, stream, logits);
        if (cap > 0 && !step.givesStates()) {
            int count = step.outputCount() * ends.vocabulary();
            compute.elementwise().softCap(logits, 0, cap, count);
        }
    }

    private void norm(FloatArray x, FloatArray weight, int rows, FloatArray out) {
        for (int row = 0; row < rows; row++) {
            int at = row * sizes.width();
            compute.elementwise().rmsNorm(x, at, weight, sizes.epsilon(), out, at, sizes.width());
        }
    }
}
