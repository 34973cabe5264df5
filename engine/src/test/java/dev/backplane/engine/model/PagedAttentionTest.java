package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.engine.model.Hyperparameters.Cached;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.testkit.Gen;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Against attention as a textbook has it, over what the cache gives back.
class PagedAttentionTest {
    private static final int POSITIONS = 300;
    private static final int BLOCKS = 40;

    private record Case(
            KeyValueCache cache, int heads, int valueWidth, PagedAttention.Sight sight) {}

    @Test
    void isTheSumOfValuesByTheSoftmaxOfScores() {
        Gen.check(
                40,
                random -> {
                    int group = Gen.integer(random, 1, 9);
                    int keyHeads = Gen.integer(random, 1, 3);
                    int width = Gen.integer(random, 1, 70);
                    boolean latent = Gen.oneIn(random, 4);
                    CacheType type = Gen.pick(random, CacheType.values());
                    Cached cached = new Cached(1, keyHeads, width, latent ? 0 : width);
                    Hyperparameters sizes =
                            new Hyperparameters(
                                    "", 1, 1, group * keyHeads, keyHeads, width, cached, 1_000, 0);
                    try (Compute compute =
                                    new Compute(Gen.integer(random, 1, 3), KernelGate.open());
                            Arena arena = Arena.ofShared();
                            KeyValueCache cache = new KeyValueCache(sizes, type, BLOCKS)) {
                        cache.allocate();
                        int[] table = IntStream.range(0, BLOCKS).map(i -> i * 7 % 40).toArray();
                        fill(cache, table, keyHeads * width, random, arena);
                        Optional<FloatArray> sinks =
                                Gen.oneIn(random, 3)
                                        ? Optional.of(random(random, arena, group * keyHeads))
                                        : Optional.empty();
                        int window = Gen.oneIn(random, 2) ? 0 : Gen.integer(random, 1, 200);
                        check(
                                new Case(
                                        cache,
                                        group * keyHeads,
                                        latent ? (width + 1) / 2 : width,
                                        new PagedAttention.Sight(0.3f, window, sinks)),
                                compute,
                                table,
                                random,
                                arena);
                    }
                });
    }

    private static void fill(
            KeyValueCache cache, int[] table, int width, RandomGenerator random, Arena arena) {
        for (int position = 0; position < POSITIONS; position++) {
            FloatArray keys = random(random, arena, width);
            cache.put(0, table, position, keys, random(random, arena, width), 0);
        }
    }

    private static FloatArray random(RandomGenerator random, Arena arena, int size) {
        FloatArray array = FloatArray.allocate(arena, size);
        for (int i = 0; i < size; i++) {
            array.set(i, (float) random.nextGaussian());
        }
        return array;
    }

    /// Some rows after each other, of which each sees up to its own position.
    private static void check(
            Case given, Compute compute, int[] table, RandomGenerator random, Arena arena) {
        int rows = Gen.integer(random, 1, 50);
        int first = Gen.integer(random, 0, POSITIONS - rows);
        Step step = new Step(rows);
        int[] lasts = new int[rows];
        for (int row = 0; row < rows; row++) {
            lasts[row] = first + row;
            step.add(0, first + row, table, false);
        }
        int width = given.cache.width();
        FloatArray queries = random(random, arena, rows * given.heads * width);
        FloatArray out = FloatArray.of(arena, queries.toArray());
        new PagedAttention(compute, given.cache, arena, rows, given.heads, given.valueWidth)
                .run(given.sight, 0, step, lasts, out);
        for (int row = 0; row < rows; row += 7) {
            for (int head = 0; head < given.heads; head++) {
                int at = (row * given.heads + head) * width;
                double[] expected = textbook(given, table, lasts[row], head, queries, at, arena);
                for (int i = 0; i < given.valueWidth; i++) {
                    assertThat((double) out.get(at + i)).isCloseTo(expected[i], within(2e-5));
                }
            }
        }
    }

    private static double[] textbook(
            Case given, int[] table, int last, int head, FloatArray queries, int at, Arena arena) {
        int width = given.cache.width();
        int keyHead = head / (given.heads / given.cache.heads());
        int window = given.sight.window();
        FloatArray keys = FloatArray.allocate(arena, 16 * width);
        FloatArray values = FloatArray.allocate(arena, 16 * given.valueWidth);
        double all = given.sight.sinks().map(sinks -> Math.exp(sinks.get(head))).orElse(0.0);
        double[] sums = new double[given.valueWidth];
        for (int p = window == 0 ? 0 : Math.max(0, last + 1 - window); p <= last; p++) {
            given.cache.values(0, table[p / 16], keyHead, given.valueWidth, keys, values, 0);
            given.cache.keys(0, table[p / 16], keyHead, keys, 0);
            double score = 0;
            for (int i = 0; i < width; i++) {
                score += queries.get(at + i) * keys.get(16 * i + p % 16);
            }
            double power = Math.exp(given.sight.scale() * score);
            all += power;
            for (int i = 0; i < given.valueWidth; i++) {
                sums[i] += power * values.get(given.valueWidth * (p % 16) + i);
            }
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= all;
        }
        return sums;
    }
}
