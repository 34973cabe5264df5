package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Attention of grouped queries (Ainslie et al., arXiv 2305.13245) over the paged cache: each head
/// of keys and values serves `heads / keyHeads` heads of queries.
///
/// A row's scores are computed block by block, then made a distribution, then values are added up,
/// always in the order of positions: what a row gets does not depend on the rows beside it, nor on
/// how its prompt was cut into steps. Up to four heads of queries that share one of keys go over
/// the cache together, so that it is read once for them and their sums do not wait for themselves.
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
    private final FloatArray attended;
    private final FloatArray[] scores;
    private final int scoresStride;

    /// Of each row the last position that it sees.
    private final int[] lasts;

    /// @param contextMax the longest context of a request
    SelfAttention(
            Hyperparameters sizes,
            Compute compute,
            Products products,
            KeyValueCache cache,
            Arena arena,
            int rowsMax,
            int contextMax) {
        this.sizes = sizes;
        this.compute = compute;
        this.products = products;
        this.cache = cache;
        this.queries = FloatArray.allocate(arena, rowsMax * sizes.queryWidth());
        this.keys = FloatArray.allocate(arena, rowsMax * sizes.keyWidth());
        this.values = FloatArray.allocate(arena, rowsMax * sizes.keyWidth());
        this.attended = FloatArray.allocate(arena, rowsMax * sizes.queryWidth());
        // One more for a sink.
        this.scoresStride = contextMax + KeyValueCache.BLOCK;
        this.lasts = new int[rowsMax];
        this.scores = new FloatArray[compute.pool().size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = FloatArray.allocate(arena, Elementwise.TOGETHER * scoresStride);
        }
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
        WorkerPool pool = compute.pool();
        pool.run((worker, workers) -> {
            for (int row = worker; row < rows; row += workers) {
                place(layer, number, step, row);
            }
        });
        pool.run((worker, workers) -> {
            for (int i = worker; i < rows * sizes.keyHeads(); i += workers) {
                attend(layer, number, step, i / sizes.keyHeads(), i % sizes.keyHeads(), worker);
            }
        });
        products.multiply(layer.output, products.take(attended, rows, sizes.queryWidth()), out);
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

    /// All heads of queries that one head of keys serves.
    private void attend(Layer layer, int number, Step step, int row, int keyHead, int worker) {
        int position = lasts[row];
        int first = layer.window == 0 ? 0 : Math.max(0, position + 1 - layer.window);
        int group = sizes.heads() / sizes.keyHeads();
        int end = (keyHead + 1) * group;
        for (int head = keyHead * group; head < end; head += Elementwise.TOGETHER) {
            int count = Math.min(Elementwise.TOGETHER, end - head);
            int at = row * sizes.queryWidth() + head * sizes.headWidth();
            attend(
                    layer,
                    number,
                    step.table(row),
                    first,
                    position,
                    head,
                    count,
                    at,
                    scores[worker]);
        }
    }

    /// `count` heads of queries from `head` on, which one head of keys serves.
    private void attend(
            Layer layer,
            int number,
            int[] table,
            int first,
            int last,
            int head,
            int count,
            int at,
            FloatArray score) {
        Elementwise elementwise = compute.elementwise();
        int keyHead = head / (sizes.heads() / sizes.keyHeads());
        int width = sizes.headWidth();
        int block = KeyValueCache.BLOCK;
        int begin = first / block * block;
        for (int position = begin; position <= last; position += block) {
            elementwise.columnProducts(
                    queries,
                    at,
                    width,
                    count,
                    cache.keys(number),
                    cache.place(table[position / block], keyHead),
                    width,
                    layer.scale,
                    score,
                    position - begin,
                    scoresStride);
        }
        int seen = last + 1 - first;
        for (int i = 0; i < count; i++) {
            distribute(layer, head + i, score, i * scoresStride + first - begin, seen);
        }
        for (int i = 0; i < count * width; i++) {
            attended.set(at + i, 0);
        }
        for (int position = begin; position <= last; position += block) {
            int from = Math.max(first, position);
            elementwise.addRows(
                    score,
                    from - begin,
                    scoresStride,
                    count,
                    Math.min(last + 1, position + block) - from,
                    cache.values(number),
                    cache.place(table[position / block], keyHead) + (from - position) * width,
                    attended,
                    at,
                    width,
                    width);
        }
    }

    /// Makes scores of what a head sees shares of it, and of its sink where it has one.
    private void distribute(Layer layer, int head, FloatArray score, int at, int seen) {
        if (layer.sinks.isPresent()) {
            score.set(at + seen, layer.sinks.get().get(head));
        }
        compute.elementwise().softmax(score, at, layer.sinks.isPresent() ? seen + 1 : seen);
    }
}
