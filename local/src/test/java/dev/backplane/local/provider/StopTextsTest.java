package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class StopTextsTest {
    /// Of two letters, so that stops come, overlap and nearly come.
    private static String text(RandomGenerator random, int lengthMax) {
        int length = Gen.integer(random, 1, lengthMax);
        return random.ints(length, 'a', 'c')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void aTextEndsBeforeTheFirstStopHoweverItIsCut() {
        Gen.check(
                500,
                random -> {
                    String text = text(random, 40);
                    List<String> stops = new ArrayList<>();
                    for (int i = random.nextInt(4); i > 0; i--) {
                        stops.add(text(random, 6));
                    }
                    StopTexts finder = new StopTexts(stops);
                    StringBuilder out = new StringBuilder();
                    int at = 0;
                    while (at < text.length() && finder.found().isEmpty()) {
                        int to = Math.min(text.length(), at + Gen.integer(random, 1, 4));
                        out.append(finder.next(text.substring(at, to)));
                        assertThat(text).startsWith(out);
                        at = to;
                    }
                    out.append(finder.finish());
                    // What had come when a stop was complete; of those, the one that began first.
                    String seen = text.substring(0, at);
                    int end =
                            stops.stream()
                                    .mapToInt(seen::indexOf)
                                    .filter(place -> place >= 0)
                                    .min()
                                    .orElse(text.length());
                    assertThat(out).hasToString(text.substring(0, end));
                    assertThat(finder.found().isPresent())
                            .isEqualTo(stops.stream().anyMatch(seen::contains));
                });
    }
}
