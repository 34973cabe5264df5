package dev.backplane.engine.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Problem;
import dev.backplane.engine.sample.TokenChoice.Candidate;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.testkit.Gen;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static SamplingParameters parameters(
            float temperature, int topK, float topP, float minP) {
        return new SamplingParameters(temperature, topK, topP, minP, 1, 0, 0, Map.of(), 42, -1);
    }

    private static Sampler sampler(SamplingParameters parameters, int vocabulary, int... prompt) {
        return new Sampler(parameters, Optional.empty(), prompt, vocabulary);
    }

    private static Set<Integer> drawn(float[] logits, SamplingParameters parameters, int times) {
        try (Arena arena = Arena.ofConfined()) {
            FloatArray array = FloatArray.of(arena, logits);
            Sampler sampler = sampler(parameters, logits.length);
            Set<Integer> tokens = new TreeSet<>();
            for (int i = 0; i < times; i++) {
                tokens.add(sampler.choose(array, 0, i).token());
            }
            return tokens;
        }
    }

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]) + 3;
        }
        return logits;
    }

    /// Entropy is 1.24; the surprise of 0.3 is 1.20, of 0.35 it is 1.05, of 0.05 it is 3.00.
    @Test
    void keepsWhatIsTypical() {
        float[] logits = logs(0.35, 0.05, 0.3, 0.3);
        assertThat(drawn(logits, typical(0, 1, 0.5f), 400)).containsExactly(2, 3);
        assertThat(drawn(logits, typical(0, 1, 0.7f), 400)).containsExactly(0, 2, 3);
        assertThat(drawn(logits, typical(0, 1, 0.99f), 400)).containsExactly(0, 1, 2, 3);
        assertThat(drawn(logits, typical(0, 0.4f, 0.7f), 400)).containsExactly(0, 2);
        assertThat(drawn(logits, typical(2, 1, 0.3f), 400)).containsExactly(0);
        float[] withNearlyZero = Arrays.copyOf(logits, 5);
        withNearlyZero[4] = logits[0] - 744.4f;
        assertThat(drawn(withNearlyZero, typical(0, 1, 0.5f), 400)).containsExactly(2, 3);
        assertThatThrownBy(() -> typical(0, 1, 0))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("typical_p");
    }

    private static SamplingParameters typical(int topK, float topP, float typicalP) {
        return new SamplingParameters(1, topK, topP, 0, typicalP, 1, 0, 0, Map.of(), 7, -1);
    }

    @Test
    void keepsWhatItShould() {
        float[] logits = logs(0.1, 0.4, 0.25, 0.2, 0.05);
        assertThat(drawn(logits, parameters(1, 0, 1, 0), 400)).containsExactly(0, 1, 2, 3, 4);
        assertThat(drawn(logits, parameters(1, 2, 1, 0), 400)).containsExactly(1, 2);
        assertThat(drawn(logits, parameters(1, 0, 0.6f, 0), 400)).containsExactly(1, 2);
        assertThat(drawn(logits, parameters(1, 0, 0.7f, 0), 400)).containsExactly(1, 2, 3);
        assertThat(drawn(logits, parameters(1, 0, 1, 0.3f), 400)).containsExactly(1, 2, 3);
        assertThat(drawn(logits, parameters(1, 3, 0.6f, 0.6f), 400)).containsExactly(1, 2);
        assertThat(drawn(logits, parameters(0, 0, 1, 0), 20)).containsExactly(1);
        assertThat(drawn(logits, parameters(1, 0, 1e-9f, 0), 20)).containsExactly(1);
    }

    /// What is kept is what sorting everything gives, for long tails too.
    @Test
    void agreesWithSortingEverything() {
        Gen.check(
                60,
                random -> {
                    int vocabulary = Gen.integer(random, 2, 3_000);
                    float[] logits = new float[vocabulary];
                    for (int i = 0; i < vocabulary; i++) {
                        logits[i] = (float) (random.nextGaussian() * (1 + random.nextInt(4)));
                    }
                    int topK = random.nextBoolean() ? 0 : Gen.integer(random, 1, vocabulary + 5);
                    float topP = random.nextBoolean() ? 1 : (float) random.nextDouble(0.01, 1);
                    float minP = random.nextBoolean() ? 0 : (float) random.nextDouble(0, 0.5);
                    Set<Integer> kept = kept(logits, topK, topP, minP);
                    Set<Integer> drawn = drawn(logits, parameters(1, topK, topP, minP), 200);
                    assertThat(kept).containsAll(drawn);
                    if (kept.size() <= 3) {
                        assertThat(drawn).contains(kept.iterator().next());
                    }
                });
    }

    private static Set<Integer> kept(float[] logits, int topK, float topP, float minP) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparing(i -> -logits[i]));
        List<Integer> first =
                order.subList(0, topK == 0 ? order.size() : Math.min(topK, order.size()));
        double max = logits[order.getFirst()];
        double total = first.stream().mapToDouble(i -> Math.exp(logits[i] - max)).sum();
        Set<Integer> kept = new java.util.LinkedHashSet<>();
        double sum = 0;
        for (int token : first) {
            double weight = Math.exp(logits[token] - max);
            // A little more is tolerated where rounding decides.
            if (!kept.isEmpty() && (weight < minP || sum > topP * total * (1 + 1e-9))) {
                break;
            }
            kept.add(token);
            sum += weight;
        }
        return kept;
    }

    /// Frequencies of many draws: within four standard deviations of the probability.
    @Test
    void drawsByProbability() {
        float[] logits = logs(0.5, 0.3, 0.15, 0.05);
        int[] counts = new int[4];
        int times = 20_000;
        try (Arena arena = Arena.ofConfined()) {
            FloatArray array = FloatArray.of(arena, logits);
            Sampler sampler = sampler(parameters(1, 0, 1, 0), 4);
            for (int i = 0; i < times; i++) {
                counts[sampler.choose(array, 0, i).token()]++;
            }
        }
        double[] probabilities = {0.5, 0.3, 0.15, 0.05};
        for (int i = 0; i < 4; i++) {
            double p = probabilities[i];
            assertThat((double) counts[i] / times)
                    .isCloseTo(p, within(4 * Math.sqrt(p * (1 - p) / times)));
        }
    }

    @Test
    void sameSeedSameDrawsWhateverCameBefore() {
        try (Arena arena = Arena.ofConfined()) {
            FloatArray logits = FloatArray.of(arena, logs(0.2, 0.2, 0.2, 0.2, 0.2));
            Sampler one = sampler(parameters(1, 0, 1, 0), 5, 1, 2);
            Sampler two = sampler(parameters(1, 0, 1, 0), 5, 4, 4, 4, 4);
            List<Integer> first = new ArrayList<>();
            List<Integer> second = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                first.add(one.choose(logits, 0, 2 + i).token());
                second.add(two.choose(logits, 0, 4 + i).token());
            }
            assertThat(first).isEqualTo(second);
            assertThat(Set.copyOf(first)).hasSize(5);
        }
    }

    @Test
    void penaltiesAndBiasesMoveTheChoice() {
        try (Arena arena = Arena.ofConfined()) {
            FloatArray logits = FloatArray.of(arena, 2, 1.9f, -1);
            SamplingParameters repetition =
                    new SamplingParameters(0, 0, 1, 0, 2, 0, 0, Map.of(), 0, -1);
            Sampler sampler = sampler(repetition, 3, 0);
            assertThat(sampler.choose(logits, 0, 1).token()).isEqualTo(1);
            assertThat(sampler.choose(logits, 0, 2).token()).isEqualTo(0);

            SamplingParameters presence =
                    new SamplingParameters(0, 0, 1, 0, 1, 0, 0.5f, Map.of(), 0, -1);
            sampler = sampler(presence, 3, 0);
            assertThat(sampler.choose(logits, 0, 1).token()).isEqualTo(0);
            assertThat(sampler.choose(logits, 0, 2).token()).isEqualTo(1);
            assertThat(sampler.choose(logits, 0, 3).token()).isEqualTo(0);

            SamplingParameters frequency =
                    new SamplingParameters(0, 0, 1, 0, 1, 0.2f, 0, Map.of(), 0, -1);
            sampler = sampler(frequency, 3, 0);
            List<Integer> tokens = new ArrayList<>();
            for (int i = 1; i < 5; i++) {
                tokens.add(sampler.choose(logits, 0, i).token());
            }
            assertThat(tokens).containsExactly(0, 1, 0, 1);

            SamplingParameters bias =
                    new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(2, 5f), 0, -1);
            assertThat(sampler(bias, 3).choose(logits, 0, 0).token()).isEqualTo(2);
            assertThatThrownBy(() -> sampler(bias, 2))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("no token 2");
        }
    }

    @Test
    void logprobsAreTheModels() {
        try (Arena arena = Arena.ofConfined()) {
            FloatArray logits = FloatArray.of(arena, logs(0.125, 0.5, 0.25, 0.125));
            SamplingParameters two =
                    new SamplingParameters(0.7f, 0, 1, 0, 1, 0, 0, Map.of(2, 50f), 1, 2);
            TokenChoice choice = sampler(two, 4).choose(logits, 0, 0);
            assertThat(choice.token()).isEqualTo(2);
            assertThat((double) choice.logprob()).isCloseTo(Math.log(0.25), within(1e-6));
            assertThat(choice.likeliest()).extracting(Candidate::token).containsExactly(1, 2);
            assertThat((double) choice.likeliest().getFirst().logprob())
                    .isCloseTo(Math.log(0.5), within(1e-6));
        }
    }

    @Test
    void saysWhichNumberIsOutOfRange() {
        assertThatThrownBy(() -> parameters(-1, 0, 1, 0)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> parameters(Float.NaN, 0, 1, 0)).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> parameters(1, 0, 0, 0)).hasMessageContaining("top_p");
        assertThatThrownBy(() -> parameters(1, -1, 1, 0)).hasMessageContaining("top_k");
    }
}
