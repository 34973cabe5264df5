package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Activations;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Attention whose keys and values are made of one short row, the *latent* (DeepSeek V2, arXiv
/// 2405.04434, section 2.1): the cache keeps that row and the few numbers that are turned, whatever
/// the number of heads.
///
/// ```
/// latent, k = norm(down · x), turned(…)              rank + turned numbers a position: the cache
/// q         = query · x                              of each head: plain ‖ turned
/// scores    = scale · (keyUpᵀ q_plain · latent + q_turned · k)
/// out       = output · concat over heads of (valueUp · Σ share · latent)
/// ```
///
/// What would make keys of the latent is multiplied with the query instead, and what would make
/// values with their sum, which is the same and leaves the cache as it is. Sums are in the order of
/// positions, as in [SelfAttention].
final class LatentAttention {
    /// @param rank numbers of the latent
    /// @param plain numbers of a head that are not turned
    /// @param turned numbers that are; one row of keys has them for all heads
    /// @param value numbers of a head's values
    /// @param query numbers of the short row that queries are made of; 0 where there is none
    record Widths(int rank, int plain, int turned, int value, int query) {
        static Widths of(Loading loading) {
            Hyperparameters sizes = loading.sizes();
            String of = sizes.architecture() + ".attention.";
            int rank = loading.integer("attention.kv_lora_rank", 0);
            int turned = sizes.cached().keyWidth() - rank;
            String length =
                    of
                            + (loading.metadata().has(of + "value_length_mla")
                                    ? "value_length_mla"
                                    : "value_length");
            int value = (int) loading.metadata().integer(length, 1, WIDTH_MAX);
            int query = loading.integer("attention.q_lora_rank", 0);
            return new Widths(rank, sizes.headWidth() - turned, turned, value, query);
        }

        int head() {
            return plain + turned;
        }

        int cached() {
            return rank + turned;
        }
    }

    /// @param queryDown to the short row of queries, with its norm, where there is one
    /// @param query heads after each other, plain numbers before those that are turned
    /// @param down to the latent and, after it, what is turned
    /// @param keyUp of each head: from plain numbers to the latent
    /// @param valueUp of each head: from the latent to values
    record Layer(
            Optional<QueryDown> queryDown,
            WeightMatrix query,
            WeightMatrix down,
            FloatArray latentNorm,
            WeightMatrix[] keyUp,
            WeightMatrix[] valueUp,
            WeightMatrix output) {}

    record QueryDown(WeightMatrix down, FloatArray norm) {}

    private static final int WIDTH_MAX = 1 << 16;
    private static final String JOINED = "attn_kv_b.weight";

    private final Hyperparameters sizes;
    private final Widths widths;
    private final Compute compute;
    private final Products products;
    private final KeyValueCache cache;
    private final Rope rope;
    private final PagedAttention attention;
    private final PagedAttention.Sight sight;
    private final int[] lasts;
    private final FloatArray shortQueries;
    private final FloatArray queries;
    private final FloatArray latents;
    private final FloatArray keys;
    private final FloatArray gathered;
    private final FloatArray absorbed;
    private final FloatArray sums;
    private final FloatArray attended;

    LatentAttention(Loading loading, Widths widths, Rope rope) {
        this.sizes = loading.sizes();
        this.widths = widths;
        this.compute = loading.compute();
        this.products = loading.products();
        this.cache = loading.cache();
        this.rope = rope;
        double factor = Rope.scoreFactor(loading.metadata(), sizes.architecture());
        float scale = (float) (factor / Math.sqrt(widths.head()));
        this.sight = new PagedAttention.Sight(scale, 0, Optional.empty());
        int rows = loading.rowsMax();
        int heads = sizes.heads();
        Arena arena = loading.arena();
        int widest = Math.max(widths.rank, Math.max(widths.plain, widths.value));
        this.shortQueries = FloatArray.allocate(arena, rows * widths.query);
        this.queries = FloatArray.allocate(arena, rows * heads * widths.head());
        this.latents = FloatArray.allocate(arena, rows * widths.cached());
        this.keys = FloatArray.allocate(arena, rows * widths.cached());
        this.gathered = FloatArray.allocate(arena, rows * widest);
        this.absorbed = FloatArray.allocate(arena, rows * heads * widths.cached());
        this.sums = FloatArray.allocate(arena, rows * Math.max(widths.rank, widths.value));
        this.attended = FloatArray.allocate(arena, rows * heads * widths.value);
        this.attention = new PagedAttention(compute, cache, arena, rows, heads, widths.rank);
        this.lasts = new int[rows];
    }

    static Layer load(Loading loading, Widths widths, Weights weights) {
        Hyperparameters sizes = loading.sizes();
        int heads = sizes.heads();
        int queries = heads * widths.head();
        boolean isShort = widths.query > 0;
        int from = isShort ? widths.query : sizes.width();
        Optional<QueryDown> queryDown =
                isShort
                        ? Optional.of(
                                new QueryDown(
                                        weights.matrix(
                                                "attn_q_a.weight", widths.query, sizes.width()),
                                        weights.vector("attn_q_a_norm.weight", widths.query)))
                        : Optional.empty();
        return new Layer(
                queryDown,
                weights.matrix(isShort ? "attn_q_b.weight" : "attn_q.weight", queries, from),
                weights.matrix("attn_kv_a_mqa.weight", widths.cached(), sizes.width()),
                weights.vector("attn_kv_a_norm.weight", widths.rank),
                keyUps(widths, heads, weights),
                valueUps(widths, heads, weights),
                weights.matrix("attn_output.weight", sizes.width(), heads * widths.value));
    }

    /// Older files have what makes keys and values of a head in one matrix, as rows of both.
    private static boolean isJoined(Weights weights) {
        return !weights.has("attn_k_b.weight") && weights.has(JOINED);
    }

    private static WeightMatrix[] keyUps(Widths widths, int heads, Weights weights) {
        if (!isJoined(weights)) {
            return weights.matrices("attn_k_b.weight", heads, widths.rank, widths.plain);
        }
        int each = widths.plain + widths.value;
        WeightMatrix[] matrices = new WeightMatrix[heads];
        for (int head = 0; head < heads; head++) {
            int from = head * each;
            matrices[head] =
                    weights.transposed(
                            JOINED, heads * each, widths.rank, from, from + widths.plain);
        }
        return matrices;
    }

    private static WeightMatrix[] valueUps(Widths widths, int heads, Weights weights) {
        if (!isJoined(weights)) {
            return weights.matrices("attn_v_b.weight", heads, widths.value, widths.rank);
        }
        int each = widths.plain + widths.value;
        WeightMatrix[] matrices = new WeightMatrix[heads];
        for (int head = 0; head < heads; head++) {
            int to = (head + 1) * each;
            matrices[head] = weights.rows(JOINED, heads * each, widths.rank, to - widths.value, to);
        }
        return matrices;
    }

    /// `out` = attention of the rows `x` of a step, in layer number `number`.
    void run(Layer layer, int number, Step step, FloatArray x, FloatArray out) {
        int rows = step.rows();
        int heads = sizes.heads();
        Activations inputs = products.take(x, rows, sizes.width());
        products.multiply(layer.down, inputs, latents);
        if (layer.queryDown.isPresent()) {
            QueryDown queryDown = layer.queryDown.get();
            products.multiply(queryDown.down, inputs, shortQueries);
            for (int row = 0; row < rows; row++) {
                norm(shortQueries, row * widths.query, queryDown.norm, shortQueries, widths.query);
            }
            inputs = products.take(shortQueries, rows, widths.query);
        }
        products.multiply(layer.query, inputs, queries);
        for (int row = 0; row < rows; row++) {
            place(layer, number, step, row);
            lasts[row] = step.position(row);
        }
        for (int head = 0; head < heads; head++) {
            absorb(layer.keyUp[head], head, rows);
        }
        attention.run(sight, number, step, lasts, absorbed);
        for (int head = 0; head < heads; head++) {
            values(layer.valueUp[head], head, rows);
        }
        int width = heads * widths.value;
        products.multiply(layer.output, products.take(attended, rows, width), out);
    }

    private void norm(FloatArray x, int at, FloatArray weight, FloatArray out, int width) {
        compute.elementwise().rmsNorm(x, at, weight, sizes.epsilon(), out, at, width);
    }

    /// Norms the latent of a row, turns what is to be turned, and puts both in the cache.
    private void place(Layer layer, int number, Step step, int row) {
        Elementwise elementwise = compute.elementwise();
        int at = row * widths.cached();
        norm(latents, at, layer.latentNorm, keys, widths.rank);
        keys.set(at + widths.rank, latents, at + widths.rank, widths.turned);
        rope.turn(elementwise, keys, at + widths.rank, row);
        cache.put(number, step.table(row), step.position(row), keys, keys, at);
        for (int head = 0; head < sizes.heads(); head++) {
            int query = (row * sizes.heads() + head) * widths.head() + widths.plain;
            rope.turn(elementwise, queries, query, row);
            int to = (row * sizes.heads() + head) * widths.cached() + widths.rank;
            absorbed.set(to, queries, query, widths.turned);
        }
    }

    /// Queries of a head as the latent sees them.
    private void absorb(WeightMatrix keyUp, int head, int rows) {
        int heads = sizes.heads();
        for (int row = 0; row < rows; row++) {
            int from = (row * heads + head) * widths.head();
            gathered.set(row * widths.plain, queries, from, widths.plain);
        }
        products.multiply(keyUp, products.take(gathered, rows, widths.plain), sums);
        for (int row = 0; row < rows; row++) {
            int to = (row * heads + head) * widths.cached();
            absorbed.set(to, sums, row * widths.rank, widths.rank);
        }
    }

    /// Values of a head from the sums of latents, which are where its absorbed query was.
    private void values(WeightMatrix valueUp, int head, int rows) {
        int heads = sizes.heads();
        for (int row = 0; row < rows; row++) {
            int from = (row * heads + head) * widths.cached();
            gathered.set(row * widths.rank, absorbed, from, widths.rank);
        }
        products.multiply(valueUp, products.take(gathered, rows, widths.rank), sums);
        for (int row = 0; row < rows; row++) {
            int to = (row * heads + head) * widths.value;
            attended.set(to, sums, row * widths.value, widths.value);
        }
    }
}
