package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// A Mamba-2 layer (Dao and Gu, arXiv 2405.21060): instead of the positions before it, a row sees a
/// state of fixed size, which it changes.
///
/// ```
/// z, x ‖ B ‖ C, d = in · row
/// x ‖ B ‖ C       = silu(bias + Σ over the last positions of kernel ⊙ (x ‖ B ‖ C))
/// d               = softplus(d + bias)                          of each head
/// state           = e^(d A) · state + d · x ⊗ B                 of each head
/// y               = state · C + D · x
/// out             = out · norm(silu(z) ⊙ y)                     normed in groups
/// ```
///
/// Rows are taken one after the other, each head and each channel for itself: what a row gets does
/// not depend on how its request was cut into steps.
final class StateSpace {
    /// @param inner numbers of x
    /// @param heads that they are cut into
    /// @param groups of heads that share B and C
    /// @param state numbers of B, and of C, of a group
    /// @param kernel positions that are mixed, the own included
    record Widths(int inner, int heads, int groups, int state, int kernel) {
        static Widths of(Metadata metadata, Hyperparameters sizes) {
            String prefix = sizes.architecture() + ".ssm.";
            Widths widths =
                    new Widths(
                            (int) metadata.integer(prefix + "inner_size", 1, WIDTH_MAX),
                            (int) metadata.integer(prefix + "time_step_rank", 1, WIDTH_MAX),
                            (int) metadata.integer(prefix + "group_count", 1, WIDTH_MAX, 1),
                            (int) metadata.integer(prefix + "state_size", 1, WIDTH_MAX),
                            (int) metadata.integer(prefix + "conv_kernel", 1, KERNEL_MAX));
            if (!widths.fit()) {
                throw Problem.invalid(
                                "sizes do not divide each other: " + widths, metadata.source())
                        .fix("use a model whose ssm sizes do, and are below 2^16");
            }
            return widths;
        }

        private boolean fit() {
            return (long) groups * state <= WIDTH_MAX
                    && inner % heads == 0
                    && heads % groups == 0
                    && inner % groups == 0
                    && (long) inner * state < STATE_MAX;
        }

        /// x, B and C.
        int channels() {
            return inner + 2 * groups * state;
        }

        /// All that a row is turned into.
        int projected() {
            return inner + channels() + heads;
        }

        int headWidth() {
            return inner / heads;
        }

        /// Bytes of a request's states.
        long stateBytes(Metadata metadata, Hyperparameters sizes) {
            Hyperparameters.Kinds kinds = Hyperparameters.Kinds.of(metadata, sizes);
            long layers = 0;
            for (int i = 0; i < sizes.layers(); i++) {
                layers += kinds.attends(i) || kinds.inner(i) > 0 ? 0 : 1;
            }
            return Float.BYTES * layers * stateNumbers();
        }

        /// Numbers of a layer's state: the last rows of channels, and that of heads.
        int stateNumbers() {
            return (kernel - 1) * channels() + inner * state;
        }
    }

    /// @param kernel `[channels, positions]`, oldest first
    /// @param decay of each head, negative
    /// @param skip of each head
    /// @param norms of each group
    record Layer(
            WeightMatrix in,
            FloatArray kernel,
            Optional<FloatArray> kernelBias,
            FloatArray timeBias,
            FloatArray decay,
            FloatArray skip,
            FloatArray[] norms,
            WeightMatrix out) {}

    private static final int WIDTH_MAX = 1 << 16;
    private static final int KERNEL_MAX = 64;
    private static final long STATE_MAX = 1L << 28;

    /// From here on ln(1 + e^x) is x, in floats.
    private static final float LINEAR_FROM = 20;

    private final Hyperparameters sizes;
    private final Widths widths;
    private final Compute compute;
    private final Products products;
    private final FloatArray projected;
    private final FloatArray mixed;
    private final FloatArray result;

    StateSpace(Loading loading, Widths widths) {
        this.sizes = loading.sizes();
        this.widths = widths;
        this.compute = loading.compute();
        this.products = loading.products();
        Arena arena = loading.arena();
        projected = FloatArray.allocate(arena, loading.rowsMax() * widths.projected());
        mixed = FloatArray.allocate(arena, loading.rowsMax() * widths.channels());
        result = FloatArray.allocate(arena, loading.rowsMax() * widths.inner);
    }

    static Layer load(Loading loading, Widths widths, Weights weights) {
        int width = loading.sizes().width();
        FloatArray[] norms = new FloatArray[widths.groups];
        for (int group = 0; group < norms.length; group++) {
            norms[group] =
                    weights.row(
                            "ssm_norm.weight", group, widths.groups, widths.inner / widths.groups);
        }
        return new Layer(
                weights.matrix("ssm_in.weight", widths.projected(), width),
                weights.numbers("ssm_conv1d.weight", widths.channels(), widths.kernel),
                weights.findVector("ssm_conv1d.bias", widths.channels()),
                weights.vector("ssm_dt.bias", widths.heads),
                weights.numbers("ssm_a", widths.heads, 1),
                weights.numbers("ssm_d", widths.heads, 1),
                norms,
                weights.matrix("ssm_out.weight", width, widths.inner));
    }

    /// `out` = the layer's answer to the rows `x` of a step.
    ///
    /// @param states of each row's request, which change; of a request, rows are in order
    void run(Layer layer, FloatArray[] states, int rows, FloatArray x, FloatArray out) {
        products.multiply(layer.in, products.take(x, rows, sizes.width()), projected);
        compute.pool()
                .run((worker, workers) -> {
                    int from = share(widths.channels(), worker, workers);
                    int to = share(widths.channels(), worker + 1, workers);
                    for (int row = 0; row < rows; row++) {
                        mix(layer, states[row], row, from, to);
                    }
                });
        compute.pool()
                .run((worker, workers) -> {
                    for (int head = worker; head < widths.heads; head += workers) {
                        for (int row = 0; row < rows; row++) {
                            scan(layer, states[row], row, head);
                        }
                    }
                });
        compute.pool()
                .run((worker, workers) -> {
                    for (int row = worker; row < rows; row += workers) {
                        gate(layer, row);
                    }
                });
        products.multiply(layer.out, products.take(result, rows, widths.inner), out);
    }

    private static int share(int count, int worker, int workers) {
        return (int) ((long) count * worker / workers);
    }

    /// Mixes the last positions of channels `from` to `to`; the state keeps those before the next.
    private void mix(Layer layer, FloatArray state, int row, int from, int to) {
        int channels = widths.channels();
        int before = widths.kernel - 1;
        int in = row * widths.projected() + widths.inner;
        for (int channel = from; channel < to; channel++) {
            float own = projected.get(in + channel);
            float sum = own * layer.kernel.get(channel * widths.kernel + before);
            for (int k = 0; k < before; k++) {
                float value = state.get(k * channels + channel);
                sum += value * layer.kernel.get(channel * widths.kernel + k);
                if (k > 0) {
                    state.set((k - 1) * channels + channel, value);
                }
            }
            if (before > 0) {
                state.set((before - 1) * channels + channel, own);
            }
            sum += layer.kernelBias.isPresent() ? layer.kernelBias.get().get(channel) : 0;
            mixed.set(row * channels + channel, (float) (sum / (1 + Math.exp(-sum))));
        }
    }

    private void scan(Layer layer, FloatArray state, int row, int head) {
        Elementwise elementwise = compute.elementwise();
        int width = widths.headWidth();
        int group = head / (widths.heads / widths.groups);
        int x = row * widths.channels() + head * width;
        int b = row * widths.channels() + widths.inner + group * widths.state;
        int c = b + widths.groups * widths.state;
        int time = row * widths.projected() + widths.inner + widths.channels() + head;
        float raw = projected.get(time) + layer.timeBias.get(head);
        float step = raw > LINEAR_FROM ? raw : (float) Math.log1p(Math.exp(raw));
        float kept = (float) Math.exp(step * layer.decay.get(head));
        int at = (widths.kernel - 1) * widths.channels() + head * width * widths.state;
        elementwise.scale(state, at, kept, width * widths.state);
        for (int i = 0; i < width; i++) {
            int line = at + i * widths.state;
            float value = mixed.get(x + i);
            elementwise.addScaled(state, line, mixed, b, step * value, widths.state);
            float seen = elementwise.dot(state, line, mixed, c, widths.state);
            result.set(row * widths.inner + head * width + i, seen + layer.skip.get(head) * value);
        }
    }

    private void gate(Layer layer, int row) {
        Elementwise elementwise = compute.elementwise();
        int at = row * widths.inner;
        int z = row * widths.projected();
        elementwise.siluMultiply(projected, z, result, at, result, at, widths.inner);
        int width = widths.inner / widths.groups;
        for (int group = 0; group < widths.groups; group++) {
            int from = at + group * width;
            FloatArray norm = layer.norms[group];
            elementwise.rmsNorm(result, from, norm, sizes.epsilon(), result, from, width);
        }
    }
}
