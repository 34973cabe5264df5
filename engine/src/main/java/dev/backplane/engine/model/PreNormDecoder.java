package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;
import java.util.List;

/// The decoder that most architectures are: in each layer, attention and then feed-forward, each of
/// the normed stream and added to it.
///
/// ```
/// x = embedding
/// for each layer:  x += attention(norm(x))
///                  x += feedForward(norm(x))
/// logits = output · norm(x)
/// ```
///
/// @param <L> a layer's attention, of one kind in all layers
final class PreNormDecoder<L> implements Decoder {
    record Layer<L>(
            FloatArray attentionNorm,
            L attention,
            FloatArray feedForwardNorm,
            FeedForward.Layer feedForward) {}

    /// Computes a kind of attention.
    @FunctionalInterface
    interface Attention<L> {
        /// `out` = attention of the rows `x` of a step, in layer number `number`.
        void run(L layer, int number, Step step, FloatArray x, FloatArray out);
    }

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Ends ends;
    private final Rope rope;
    private final Attention<L> attention;
    private final FeedForward feedForward;
    private final List<Layer<L>> layers;
    private final FloatArray stream;
    private final FloatArray normed;
    private final FloatArray answer;

    PreNormDecoder(
            Loading loading,
            Rope rope,
            Attention<L> attention,
            FeedForward feedForward,
            List<Layer<L>> layers) {
        this.sizes = loading.sizes();
        this.compute = loading.compute();
        this.ends = loading.ends();
        this.rope = rope;
        this.attention = attention;
        this.feedForward = feedForward;
        this.layers = List.copyOf(layers);
        int floats = loading.rowsMax() * sizes.width();
        stream = FloatArray.allocate(loading.arena(), floats);
        normed = FloatArray.allocate(loading.arena(), floats);
        answer = FloatArray.allocate(loading.arena(), floats);
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
            Layer<L> layer = layers.get(i);
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
