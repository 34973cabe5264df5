package dev.backplane.engine.model;

import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// BERT (Devlin et al., arXiv 1810.04805) and those that are built like it (`bert`): an encoder,
/// for vectors of texts. Each token sees all of its text, so that a text is computed in one step.
/// Positions are learnt, norms come after what they norm and have biases, as all products do.
///
/// | tensor | what |
/// |---|---|
/// | `token_embd`, `position_embd`, `token_types` | are added up; of types the first is used |
/// | `token_embd_norm` | of the sum |
/// | `blk.N.attn_q`, `_k`, `_v`, `_output`, `attn_output_norm` | attention |
/// | `blk.N.ffn_up`, `ffn_down`, `layer_output_norm` | `down · gelu(up · x)` |
final class Bert implements Decoder {
    private static final int VOCABULARY_MAX = 1 << 24;

    private static final double[] ERF = {
        1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592
    };

    private record Norm(FloatArray weight, FloatArray bias) {}

    private record Layer(
            SelfAttention.Layer attention,
            Norm attentionNorm,
            WeightMatrix up,
            FloatArray upBias,
            WeightMatrix down,
            FloatArray downBias,
            Norm outputNorm) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Products products;
    private final Tensor embedding;
    private final Tensor positions;
    private final float[] type;
    private final Norm embeddingNorm;
    private final List<Layer> layers = new ArrayList<>();
    private final SelfAttention attention;
    private final int inner;
    private final float[] row;
    private final FloatArray stream;
    private final FloatArray answer;
    private final FloatArray gate;

    private Bert(Loading loading) {
        sizes = loading.sizes();
        compute = loading.compute();
        products = loading.products();
        Weights weights = loading.weights();
        int width = sizes.width();
        long vocabulary = loading.file().tensor("token_embd.weight").shape().rows();
        embedding =
                weights.tensor(
                        "token_embd.weight", Math.clamp(vocabulary, 1, VOCABULARY_MAX), width);
        positions = weights.tensor("position_embd.weight", sizes.contextMax(), width);
        Tensor types = loading.file().tensor("token_types.weight");
        type = new float[width];
        weights.tensor("token_types.weight", types.shape().rows(), width).decodeRow(0, type, 0);
        embeddingNorm = norm(weights, "token_embd_norm");
        inner = loading.inner();
        Rope none = Rope.none(loading.arena());
        for (int i = 0; i < sizes.layers(); i++) {
            layers.add(layer(weights.layer(i), none, loading.attentionScale()));
        }
        attention = loading.attention();
        row = new float[width];
        Arena arena = loading.arena();
        stream = FloatArray.allocate(arena, loading.rowsMax() * width);
        answer = FloatArray.allocate(arena, loading.rowsMax() * width);
        gate = FloatArray.allocate(arena, loading.rowsMax() * inner);
    }

    static Decoder load(Loading loading) {
        return new Bert(loading);
    }

    private Norm norm(Weights weights, String name) {
        return new Norm(
                weights.vector(name + ".weight", sizes.width()),
                weights.vector(name + ".bias", sizes.width()));
    }

    private Layer layer(Weights weights, Rope none, float scale) {
        int width = sizes.width();
        return new Layer(
                new SelfAttention.Layer(
                        weights.matrix("attn_q.weight", width, width),
                        weights.matrix("attn_k.weight", width, width),
                        weights.matrix("attn_v.weight", width, width),
                        weights.matrix("attn_output.weight", width, width),
                        Optional.of(SelfAttention.Biases.of(weights, sizes)),
                        Optional.empty(),
                        none,
                        scale,
                        0,
                        Optional.of(weights.vector("attn_output.bias", width)),
                        Optional.empty()),
                norm(weights, "attn_output_norm"),
                weights.matrix("ffn_up.weight", inner, width),
                weights.vector("ffn_up.bias", inner),
                weights.matrix("ffn_down.weight", width, inner),
                weights.vector("ffn_down.bias", width),
                norm(weights, "layer_output_norm"));
    }

    @Override
    public Hyperparameters sizes() {
        return sizes;
    }

    @Override
    public int vocabulary() {
        return (int) embedding.shape().rows();
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    @Override
    public void run(Step step, FloatArray states) {
        if (!step.givesStates()) {
            throw new IllegalArgumentException("an encoder has no logits");
        }
        int rows = step.rows();
        embed(step);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            attention.runWhole(layer.attention, i, step, stream, answer);
            addNormed(answer, rows, layer.attentionNorm);
            products.multiply(layer.up, products.take(stream, rows, sizes.width()), gate);
            activate(rows, layer.upBias);
            products.multiply(layer.down, products.take(gate, rows, inner), answer);
            for (int at = 0; at < rows; at++) {
                compute.elementwise().add(answer, at * width(), layer.downBias, 0, width());
            }
            addNormed(answer, rows, layer.outputNorm);
        }
        for (int i = 0; i < step.outputCount(); i++) {
            states.set(i * width(), stream, step.output(i) * width(), width());
        }
    }

    private int width() {
        return sizes.width();
    }

    private void embed(Step step) {
        for (int i = 0; i < step.rows(); i++) {
            embedding.decodeRow(Objects.checkIndex(step.token(i), vocabulary()), row, 0);
            stream.set(i * width(), row, 0, width());
            positions.decodeRow(step.position(i), row, 0);
            for (int k = 0; k < width(); k++) {
                int at = i * width() + k;
                stream.set(at, stream.get(at) + row[k] + type[k]);
            }
            norm(i, embeddingNorm);
        }
    }

    private void addNormed(FloatArray more, int rows, Norm norm) {
        for (int i = 0; i < rows; i++) {
            compute.elementwise().add(stream, i * width(), more, i * width(), width());
            norm(i, norm);
        }
    }

    private void norm(int number, Norm norm) {
        Elementwise elementwise = compute.elementwise();
        int at = number * width();
        elementwise.layerNorm(stream, at, norm.weight, sizes.epsilon(), stream, at, width());
        elementwise.add(stream, at, norm.bias, 0, width());
    }

    private void activate(int rows, FloatArray bias) {
        compute.pool()
                .run((worker, workers) -> {
                    for (int number = worker; number < rows; number += workers) {
                        int at = number * inner;
                        compute.elementwise().add(gate, at, bias, 0, inner);
                        for (int i = at; i < at + inner; i++) {
                            gate.set(i, gelu(gate.get(i)));
                        }
                    }
                });
    }

    /// `x / 2 · (1 + erf(x / √2))`, not its tanh form.
    private static float gelu(float x) {
        return (float) (0.5 * x * (1 + erf(x * Math.sqrt(0.5))));
    }

    /// Within 1.5 · 10⁻⁷ (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26).
    private static double erf(double x) {
        double t = 1 / (1 + 0.3275911 * Math.abs(x));
        double sum = 0;
        for (double factor : ERF) {
            sum = (sum + factor) * t;
        }
        return Math.copySign(1 - sum * Math.exp(-x * x), x);
    }
}
