package dev.backplane.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GatewayTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"m-1-2026\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                    + "\"assistant\",\"content\":\"hello\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":8}}}";
    private static final String DELTA =
            "{\"id\":\"c\",\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":"
                    + "{\"content\":\"hel\"}}]}";

    private static ModelRequest request(boolean stream) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"m\",\"user\":\"u\",\"stream\":"
                                + stream
                                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                "test");
    }

    private static String text(SpanData span, Field field) {
        return switch (span.get(field).orElseThrow()) {
            case Value.Json(var content) -> content.read(1 << 20).text();
            case Value.Text(var content) -> content.read(1 << 20).text();
            case Value other -> other.toString();
        };
    }

    @Test
    void aCallIsOneSpan() throws IOException {
        try (Harness harness = new Harness()) {
            harness.one.thenJson(200, ANSWER);
            Answer.Builder answer = new Answer.Builder();

            Gateway.Outcome outcome =
                    harness.gateway.generate(Harness.origin(), request(false), answer);

            assertThat(outcome.target()).isEqualTo("one/m-1");
            assertThat(outcome.trace()).isEqualTo(Harness.TRACE);
            assertThat(answer.build().choices().getFirst().text()).isEqualTo("hello");
            assertThat(harness.spans).hasSize(1);
            assertThat(harness.spans.getFirst().key().trace()).isEqualTo(Harness.TRACE);
            SpanData span = harness.span();
            assertThat(text(span, Field.INPUT))
                    .isEqualTo("[{\"role\":\"user\",\"content\":\"hi\"}]");
            assertThat(text(span, Field.OUTPUT))
                    .isEqualTo("[{\"role\":\"assistant\",\"content\":\"hello\"}]");
            assertThat(span.text(Field.STATUS)).isEqualTo("ok");
            assertThat(span.text(Field.KIND)).isEqualTo("llm");
            assertThat(span.text(Field.MODEL)).isEqualTo("m-1-2026");
            assertThat(span.text(Field.PROVIDER)).isEqualTo("one");
            assertThat(span.text(Field.PARENT_ID)).isEqualTo("b7ad6b7169203331");
            assertThat(span.text(Field.AGENT)).isEqualTo("some-agent");
            assertThat(span.text(Field.SESSION_ID)).isEqualTo("s-1");
            assertThat(span.text(Field.USER_ID)).isEqualTo("u");
            assertThat(span.number(Field.INPUT_TOKENS, 0)).isEqualTo(9);
            assertThat(span.number(Field.CACHED_TOKENS, 0)).isEqualTo(8);
            assertThat(span.get(Field.COST)).contains(Value.of(0.25));
            assertThat(span.has(Field.TIME_TO_FIRST_TOKEN_MS)).isTrue();
            assertThat(harness.one.received().getFirst().traceparent())
                    .startsWith("00-" + Harness.TRACE + "-")
                    .contains(harness.spans.getFirst().key().span());
        }
    }

    @Test
    void aProviderThatFailsIsTriedAgainThenReplaced() throws IOException {
        try (Harness harness = new Harness()) {
            harness.one.thenJson(503, "{\"error\":{\"message\":\"busy\"}}");
            harness.two.thenJson(200, ANSWER);

            Gateway.Outcome outcome =
                    harness.gateway.generate(
                            Harness.origin(), request(false), new Answer.Builder());

            assertThat(outcome.target()).isEqualTo("two/m-2");
            assertThat(harness.one.received()).hasSize(2);
            assertThat(harness.two.received()).hasSize(1);
            assertThat(harness.spans).hasSize(4);
            assertThat(harness.spans.subList(0, 3))
                    .allSatisfy(attempt ->
                            assertThat(attempt.data().text(Field.PARENT_ID))
                                    .isEqualTo(harness.spans.getLast().key().span()))
                    .extracting(attempt -> attempt.data().text(Field.STATUS))
                    .containsExactly("error", "error", "ok");
            assertThat(harness.span().text(Field.STATUS)).isEqualTo("ok");
        }
    }

    @Test
    void aBadRequestIsNotTriedElsewhere() {
        try (Harness harness = new Harness()) {
            harness.one.thenJson(400, "{\"error\":{\"message\":\"no such tool\"}}");

            assertThatThrownBy(() ->
                            harness.gateway.generate(
                                    Harness.origin(), request(false), new Answer.Builder()))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("no such tool");
            assertThat(harness.one.received()).hasSize(1);
            assertThat(harness.two.received()).isEmpty();
            assertThat(harness.span().text(Field.STATUS)).isEqualTo("error");
            assertThat(text(harness.span(), Field.ERROR)).contains("no such tool");
        }
    }

    @Test
    void aStreamThatBrokeIsNotBegunAnew() {
        try (Harness harness = new Harness()) {
            harness.one.thenStream(DELTA);
            List<Event> events = new ArrayList<>();

            assertThatThrownBy(() ->
                            harness.gateway.generate(Harness.origin(), request(true), events::add))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("ended before it was complete");
            assertThat(events).hasSize(2).last().isEqualTo(new Event.TextDelta(0, "hel"));
            assertThat(harness.two.received()).isEmpty();
            assertThat(harness.span().text(Field.STATUS)).isEqualTo("error");
            assertThat(text(harness.span(), Field.OUTPUT)).contains("hel");
            assertThat(text(harness.span(), Field.ATTRIBUTES)).contains("cut_off");
        }
    }

    @Test
    void aStreamThatBrokeBeforeItSaidAnythingIs() throws IOException {
        try (Harness harness = new Harness()) {
            harness.one.thenStream("{\"id\":\"c\",\"model\":\"x\",\"choices\":[]}");
            harness.two.thenJson(200, ANSWER);
            Answer.Builder answer = new Answer.Builder();

            harness.gateway.generate(Harness.origin(), request(true), answer);

            assertThat(answer.build().model()).isEqualTo("m-1-2026");
            assertThat(answer.build().choices()).hasSize(1);
        }
    }

    @Test
    void aClientThatHasGoneLeavesWhatItGot() {
        try (Harness harness = new Harness()) {
            harness.one.thenStream(DELTA, DELTA);

            assertThatThrownBy(() ->
                            harness.gateway.generate(
                                    Harness.origin(),
                                    request(true),
                                    event -> {
                                        if (event instanceof Event.TextDelta) {
                                            throw new IOException("gone");
                                        }
                                    }))
                    .isInstanceOf(IOException.class);
            assertThat(text(harness.span(), Field.ERROR)).isEqualTo("client went away");
            assertThat(text(harness.span(), Field.OUTPUT)).contains("hel");
        }
    }

    @Test
    void unknownModelsSayWhichThereAre() {
        try (Harness harness = new Harness()) {
            ModelRequest unknown = request(false).withModel("other");

            assertThatThrownBy(() ->
                            harness.gateway.generate(
                                    Harness.origin(), unknown, new Answer.Builder()))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> {
                                assertThat(problem.kind()).isEqualTo(Problem.Kind.NOT_FOUND);
                                assertThat(problem.fix()).contains("one, two").contains("m");
                            });
            assertThat(harness.span().text(Field.STATUS)).isEqualTo("error");
        }
    }

    @Test
    void guardsStopACallAtEachPoint() {
        Guard guard =
                new Guard() {
                    @Override
                    public void toolCall(Origin origin, Part.ToolCall call) {
                        throw Problem.of(
                                Problem.Kind.BLOCKED,
                                "tool " + call.name() + " is not allowed",
                                "");
                    }
                };
        try (Harness harness = new Harness(guard, ContentPolicy.FULL)) {
            harness.one.thenJson(
                    200,
                    "{\"id\":\"c\",\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"1\","
                            + "\"function\":{\"name\":\"rm\",\"arguments\":\"{}\"}}]},"
                            + "\"finish_reason\":\"tool_calls\"}]}");
            List<Event> events = new ArrayList<>();

            assertThatThrownBy(() ->
                            harness.gateway.generate(Harness.origin(), request(false), events::add))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("tool rm is not allowed");
            assertThat(events).noneMatch(Event.Finished.class::isInstance);
            assertThat(harness.two.received()).isEmpty();
        }
    }

    @Test
    void contentIsKeptByPolicy() throws IOException {
        for (ContentPolicy policy : ContentPolicy.values()) {
            try (Harness harness = new Harness(Guard.NONE, policy)) {
                harness.one.thenJson(200, ANSWER);
                harness.gateway.generate(Harness.origin(), request(false), new Answer.Builder());

                SpanData span = harness.span();
                switch (policy) {
                    case FULL -> assertThat(text(span, Field.OUTPUT)).contains("hello");
                    case HASHED ->
                            assertThat(text(span, Field.OUTPUT))
                                    .startsWith("{\"sha256\":\"")
                                    .doesNotContain("hello");
                    case NONE -> assertThat(span.has(Field.OUTPUT)).isFalse();
                }
                assertThat(span.number(Field.INPUT_TOKENS, 0)).isEqualTo(9);
            }
        }
    }
}
