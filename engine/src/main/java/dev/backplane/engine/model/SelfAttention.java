package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Attention of grouped queries (Ainslie et al., arXiv 2305.13245) over the paged cache: each head
/// of keys and values serves `heads / keyHeads` heads of queries.
final class SelfAttention {
    /// The weights of a layer, and how it differs.
    ///
    /// @param biases of queries, keys and values; all three or none
    /// @param norms for each head, before it is turned
    /// @param scale of scores
    /// @param window positions that are seen, the own included; 0 for all
    /// @param outputBias of what comes out
    /// @param sinks a score for each head of queries that stands beside those of positions and
    ///   takes its share of them (Xiao et al., arXiv 2309.17453, in the form of gpt-oss)
    record Layer(
            WeightMatrix query,
            WeightMatrix key,
            WeightMatrix value,
            WeightMatrix output,
            Optional<Biases> biases,
            Optional<Norms> norms,
            Rope rope,
            float scale,
            int window,
            Optional<FloatArray> outputBias,
            Optional<FloatArray> sinks) {
        Layer(
                WeightMatrix query,
                WeightMatrix key,
                WeightMatrix value,
                WeightMatrix output,
                Optional<Biases> biases,
                Optional<Norms> norms,
                Rope rope,
                float scale,
                int window) {
            this(
                    query,
                    key,
                    value,
                    output,
                    biases,
                    norms,
                    rope,
                    scale,
                    window,
                    Optional.empty(),
                    Optional.empty());
        }

        PagedAttention.Sight sight() {
            return new PagedAttention.Sight(scale, window, sinks);
        }
    }

    record Biases(FloatArray query, FloatArray key, FloatArray value) {
        static Biases of(Weights weights, Hyperparameters sizes) {
            return new Biases(
                    weights.vector("attn_q.bias", sizes.queryWidth()),
                    weights.vector("attn_k.bias", sizes.keyWidth()),
                    weights.vector("attn_v.bias", sizes.keyWidth()));
        }
    }

    /// Norms of single heads.
    record Norms(FloatArray query, FloatArray key) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Products products;
    private final KeyValueCache cache;
    private final FloatArray queries;
    private final FloatArray keys;
    private final FloatArray values;
    private final PagedAttention attention;

    /// Of each row the last position that it sees.
    private final int[] lasts;

    SelfAttention(
            Hyperparameters sizes,
            Compute compute,
            Products products,
            KeyValueCache cache,
            Arena arena,
            int rowsMax) {
        this.sizes = sizes;
        this.compute = compute;
        this.products = products;
        this.cache = cache;
        this.queries = FloatArray.allocate(arena, rowsMax * sizes.queryWidth());
        this.keys = FloatArray.allocate(arena, rowsMax * sizes.keyWidth());
        this.values = FloatArray.allocate(arena, rowsMax * sizes.keyWidth());
        this.attention =
                new PagedAttention(
                        compute, cache, arena, rowsMax, sizes.heads(), sizes.headWidth());
        this.lasts = new int[rowsMax];
    }

    /// `out` = attention of the rows `x` of a step, in layer number `number`.
    void run(Layer layer, int number, Step step, FloatArray x, FloatArray out) {
        for (int row = 0; row < step.rows(); row++) {
            lasts[row] = step.position(row);
        }
        compute(layer, number, step, x, out);
    }

    /// The same where rows see all of their request, which stands in the step as a whole.
    void runWhole(Layer layer, int number, Step step, FloatArray x, FloatArray out) {
        for (int row = step.rows() - 1; row >= 0; row--) {
            boolean last = row == step.rows() - 1 || step.position(row + 1) == 0;
            lasts[row] = last ? step.position(row) : lasts[row + 1];
        }
        compute(layer, number, step, x, out);
    }

    private void compute(Layer layer, int number, Step step, FloatArray x, FloatArray out) {
        int rows = step.rows();
        Activations inputs = products.take(x, rows, sizes.width());
        products.multiply(layer.query, inputs, queries);
        products.multiply(layer.key, inputs, keys);
        products.multiply(layer.value, inputs, values);
        compute.pool()
                .run((worker, workers) -> {
                    for (int row = worker; row < rows; row += workers) {
                        place(layer, number, step, row);
                    }
                });
        attention.run(layer.sight(), number, step, lasts, queries);
        products.multiply(layer.output, products.take(queries, rows, sizes.queryWidth()), out);
        if (layer.outputBias.isPresent()) {
            FloatArray bias = layer.outputBias.get();
            for (int row = 0; row < rows; row++) {
                compute.elementwise().add(out, row * sizes.width(), bias, 0, sizes.width());
            }
        }
    }

    /// Adds biases, norms and turns the heads of a row and puts its keys and values in the cache.
    private void place(Layer layer, int number, Step step, int row) {
        Elementwise elementwise = compute.elementwise();
        int query = row * sizes.queryWidth();
        int key = row * sizes.keyWidth();
        if (layer.biases.isPresent()) {
            Biases biases = layer.biases.get();
            elementwise.add(queries, query, biases.query, 0, sizes.queryWidth());
            elementwise.add(keys, key, biases.key, 0, sizes.keyWidth());
            elementwise.add(values, key, biases.value, 0, sizes.keyWidth());
        }
        for (int head = 0; head < sizes.heads(); head++) {
            turn(layer, queries, query + head * sizes.headWidth(), row, true);
        }
        for (int head = 0; head < sizes.keyHeads(); head++) {
            turn(layer, keys, key + head * sizes.headWidth(), row, false);
        }
        cache.put(number, step.table(row), step.position(row), keys, values, key);
    }

    private void turn(Layer layer, FloatArray x, int at, int row, boolean query) {
        if (layer.norms.isPresent()) {
            Norms norms = layer.norms.get();
            FloatArray norm = query ? norms.query : norms.key;
            compute.elementwise().rmsNorm(x, at, norm, sizes.epsilon(), x, at, sizes.headWidth());
        }
        layer.rope.turn(compute.elementwise(), x, at, row);
    }
}
