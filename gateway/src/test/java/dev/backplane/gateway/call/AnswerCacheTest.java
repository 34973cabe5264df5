package dev.backplane.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.ChatGen;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.testkit.Gen;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerCacheTest {
    private static final String BASE =
            "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static String key(String project, String members) {
        ModelRequest request = ChatRequestReader.read(Slice.of("{" + members + "}"), "test");
        return AnswerCache.key(project, request);
    }

    private static List<Event> answer(String text) {
        return List.of(new Event.Started("", "", 0, Extras.NONE), new Event.TextDelta(0, text));
    }

    @Test
    void streamingAndWhoAsksMakeNoDifference() {
        assertThat(key("p", BASE + ",\"stream\":true,\"user\":\"u\",\"metadata\":{\"a\":\"b\"}"))
                .isEqualTo(key("p", BASE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"model\":\"n\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
                "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi \"}]",
                "\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"hi\"}]",
                BASE + ",\"temperature\":0.5",
                BASE + ",\"stop\":\"x\"",
                BASE + ",\"tool_choice\":\"none\"",
                BASE + ",\"response_format\":{\"type\":\"json_object\"}",
                BASE + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
                BASE + ",\"unknown\":1"
            })
    void everythingElseDoes(String members) {
        assertThat(key("p", members)).isNotEqualTo(key("p", BASE));
    }

    @Test
    void aProjectSeesOnlyItsOwn() {
        assertThat(key("p", BASE)).isNotEqualTo(key("q", BASE));
    }

    @Test
    void everyRequestHasAKeyThatStays() {
        Gen.check(
                500,
                random -> {
                    Slice body = ChatGen.request(random);
                    ModelRequest request = ChatRequestReader.read(body, "test");
                    ModelRequest again = ChatRequestReader.read(body.copy(), "test");

                    assertThat(AnswerCache.key("p", request))
                            .isEqualTo(AnswerCache.key("p", again));
                });
    }

    @Test
    void staysWithinItsBytesAndForgetsWhatWasNotUsed() {
        AnswerCache cache = new AnswerCache(10_000);
        cache.put("used", answer("a"));
        IntStream.range(0, 100)
                .forEach(i -> {
                    cache.put("k" + i, answer("x".repeat(i)));
                    assertThat(cache.find("used")).isPresent();
                    assertThat(cache.bytes()).isLessThanOrEqualTo(10_000);
                });

        assertThat(cache.find("k0")).isEmpty();
        assertThat(cache.find("k99")).contains(answer("x".repeat(99)));
    }

    @Test
    void anAnswerThatReplacesAnotherCountsOnce() {
        AnswerCache cache = new AnswerCache(10_000);
        cache.put("k", answer("a"));
        long bytes = cache.bytes();
        cache.put("k", answer("b"));

        assertThat(cache.bytes()).isEqualTo(bytes);
    }

    @Test
    void anAnswerThatIsTooLargeIsNotKept() {
        AnswerCache cache = new AnswerCache(10_000);
        cache.put("k", answer("x".repeat(5_000)));

        assertThat(cache.find("k")).isEmpty();
        assertThat(cache.bytes()).isZero();
    }
}
