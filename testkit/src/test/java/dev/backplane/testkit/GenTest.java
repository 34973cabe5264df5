package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.backplane.core.Json;
import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

@ResourceLock(Resources.SYSTEM_PROPERTIES)
class GenTest {
    @Test
    void failureNamesTheSeedThatFailsAgain() {
        List<String> failed = new ArrayList<>();
        Gen.Property property =
                random -> {
                    String text = Gen.string(random, 20);
                    if (text.length() > 10) {
                        failed.add(text);
                        throw new IllegalStateException("too long");
                    }
                };

        AssertionError failure =
                catchThrowableOfType(AssertionError.class, () -> Gen.check(1_000, property));

        assertThat(failure).hasMessageContaining("too long");
        Matcher seed = Pattern.compile("-Dseed=(-?\\d+)").matcher(failure.getMessage());
        assertThat(seed.find()).isTrue();
        System.setProperty("seed", seed.group(1));
        try {
            assertThatExceptionOfType(AssertionError.class)
                    .isThrownBy(() -> Gen.check(1_000, property));
        } finally {
            System.clearProperty("seed");
        }
        assertThat(failed).hasSize(2);
        assertThat(failed.get(1)).isEqualTo(failed.get(0));
    }

    @Test
    void propertyThatHoldsRunsAsOftenAsAsked() {
        Set<Long> first = new HashSet<>();

        Gen.check(50, random -> first.add(random.nextLong()));

        assertThat(first).hasSize(50);
    }

    @Test
    void boundsAreReachedAndKept() {
        RandomGenerator random = Gen.random(1);
        Set<Integer> small = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            small.add(Gen.integer(random, -2, 2));
            assertThat(Gen.integer(random, Long.MAX_VALUE - 1, Long.MAX_VALUE))
                    .isGreaterThanOrEqualTo(Long.MAX_VALUE - 1);
            assertThat(Gen.identifier(random, 2, 4)).matches("[a-z0-9]{2,4}");
            assertThat(Gen.list(random, 3, Gen::anyLong)).hasSizeLessThanOrEqualTo(3);
        }
        assertThat(small).containsExactlyInAnyOrder(-2, -1, 0, 1, 2);
    }

    @Test
    void stringsHoldWhatBreaksDecoders() {
        RandomGenerator random = Gen.random(2);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            String text = Gen.string(random, 30);
            assertThat(text.length()).isLessThanOrEqualTo(30);
            all.append(text).append(' ');
        }
        String text = all.toString();
        assertThat(text).contains("\0", "\uFFFF", "\"", "\\", "\uFEFF");
        assertThat(text).containsPattern("(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]");
        assertThat(text.codePoints()).anyMatch(point -> point > 0xFFFF);
    }

    @Test
    void jsonIsJsonOfEveryKind() {
        RandomGenerator random = Gen.random(3);
        Set<JsonToken> seen = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            String text = i % 2 == 0 ? Gen.json(random, 3) : Gen.jsonObject(random, 3);
            try (JsonParser parser = Json.parser(Slice.of(text))) {
                for (JsonToken token = parser.nextToken();
                        token != null;
                        token = parser.nextToken()) {
                    seen.add(token);
                }
            }
        }
        assertThat(seen)
                .contains(
                        JsonToken.START_OBJECT,
                        JsonToken.START_ARRAY,
                        JsonToken.VALUE_NULL,
                        JsonToken.VALUE_TRUE,
                        JsonToken.VALUE_NUMBER_INT,
                        JsonToken.VALUE_NUMBER_FLOAT,
                        JsonToken.VALUE_STRING);
    }
}
