package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShingleBloomTest {
    @Test
    void neverDeniesWhatIsThere() {
        Gen.check(
                30,
                random -> {
                    TextCorpus corpus = TextCorpus.random(random, 60);
                    ShingleBloom.Builder builder =
                            new ShingleBloom.Builder(
                                    2 + random.nextInt(2),
                                    1 + random.nextInt(10),
                                    Gen.pick(random, 0, 1_000, 3_000_000));
                    for (TextCorpus.Document document : corpus.documents()) {
                        builder.add(document.bytes(), document.shape());
                    }
                    ShingleBloom bloom = ShingleBloom.read(builder.build().bytes());
                    for (int i = 0; i < 50; i++) {
                        TextQuery.Leaf leaf = corpus.leaf(random);
                        boolean there =
                                corpus.documents().stream()
                                        .anyMatch(document ->
                                                TextMatcher.matches(
                                                        leaf, document.bytes(), document.shape()));
                        assertThat(bloom.mayContain(leaf) || !there).as(leaf::toString).isTrue();
                    }
                });
    }

    /// Words so that nearly every run of three is distinct.
    private static String words(RandomGenerator random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append('w').append(random.nextInt(2_000)).append(' ');
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void keepsToItsSizeAndRate(int bitsPerShingle) {
        RandomGenerator random = Gen.random(bitsPerShingle);
        ShingleBloom.Builder builder = new ShingleBloom.Builder(3, bitsPerShingle, 3_000_000);
        int shingles = 0;
        for (int i = 0; i < 500; i++) {
            builder.add(Slice.of(words(random, 1_000)), Shape.TEXT);
            shingles += 998;
        }
        ShingleBloom bloom = builder.build();

        assertThat(bloom.bytes().length())
                .isBetween(
                        shingles * bitsPerShingle / 8 * 9 / 10,
                        shingles * bitsPerShingle / 8 * 4 / 3);
        int wrong = 0;
        for (int i = 0; i < 20_000; i++) {
            List<String> phrase = List.of("w" + random.nextInt(2_000), "x" + i, "y" + i);
            wrong += bloom.mayContain(new TextQuery.Phrase(phrase, false)) ? 1 : 0;
        }
        double rate = wrong / 20_000.0;
        assertThat(rate)
                .isBetween(
                        0.2 * Math.pow(0.62, bitsPerShingle), 1.3 * Math.pow(0.62, bitsPerShingle));
    }

    @Test
    void refusesDamage() {
        Slice good = new ShingleBloom.Builder(3, 4, 0).build().bytes();
        byte[] other = good.bytes();
        other[0]++;

        assertThatThrownBy(() -> ShingleBloom.read(Slice.of(other))).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> ShingleBloom.read(good.slice(0, good.length() - 1)))
                .isInstanceOf(Problem.class);
        assertThatThrownBy(() -> ShingleBloom.read(Slice.EMPTY)).isInstanceOf(Problem.class);
    }
}
