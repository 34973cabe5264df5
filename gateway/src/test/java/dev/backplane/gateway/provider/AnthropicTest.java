package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.anthropic.Headers;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class AnthropicTest {
    private static final String STREAM =
            event(
                            "message_start",
                            "\"message\":{\"id\":\"m-1\",\"model\":\"claude\",\"content\":[],"
                                    + "\"usage\":{\"input_tokens\":3,"
                                    + "\"cache_read_input_tokens\":5}}")
                    + event(
                            "content_block_start",
                            "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                    + event("ping", "\"x\":1")
                    + event(
                            "content_block_delta",
                            "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"é\"}")
                    + event("content_block_stop", "\"index\":0")
                    + event(
                            "message_delta",
                            "\"delta\":{\"stop_reason\":\"end_turn\"},"
                                    + "\"usage\":{\"output_tokens\":4}");
    private static final String STOP = event("message_stop", "\"x\":1");

    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final Anthropic provider = new Anthropic("claude", http, upstream.base(), "k-secret");

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private static String event(String type, String members) {
        return "event: %s\ndata: {\"type\":\"%s\",%s}\n\n".formatted(type, type, members);
    }

    private static CallContext context() {
        return new CallContext("", Timeouts.DEFAULT);
    }

    private static ModelRequest chat(boolean stream) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"claude\",\"stream\":"
                                + stream
                                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                "test");
    }

    private void streams(byte[] bytes) {
        upstream.then(exchange -> {
            exchange.header("Content-Type", "text/event-stream");
            exchange.output().write(bytes);
        });
    }

    private List<Event> events() throws IOException {
        List<Event> events = new ArrayList<>();
        provider.generate(chat(true), context(), events::add);
        return events;
    }

    @Test
    void aStreamIsEventsInOrder() throws IOException {
        streams((STREAM + STOP).getBytes(StandardCharsets.UTF_8));

        List<Event> events = events();

        assertThat(events)
                .startsWith(
                        new Event.Started("m-1", "claude", 0, Extras.NONE),
                        new Event.TextDelta(0, "é"),
                        new Event.Finished(0, FinishReason.STOP, "end_turn"));
        assertThat(events.getLast())
                .isInstanceOfSatisfying(
                        Event.Used.class,
                        used -> {
                            assertThat(used.usage().input()).hasValue(8);
                            assertThat(used.usage().cached()).hasValue(5);
                            assertThat(used.usage().output()).hasValue(4);
                        });
        assertThat(upstream.received().getFirst().path()).isEqualTo("/v1/messages");
    }

    @Test
    void aWholeAnswerIsEventsAndTheHeadersAreTheDialects() throws IOException {
        List<String> headers = new ArrayList<>();
        upstream.then(exchange -> {
            headers.add(exchange.header("x-api-key").orElse(""));
            headers.add(exchange.header("anthropic-version").orElse(""));
            headers.add(exchange.header("anthropic-beta").orElse(""));
            String answer =
                    "{\"type\":\"message\",\"id\":\"m\",\"model\":\"c\",\"role\":\"assistant\","
                            + "\"content\":[{\"type\":\"text\",\"text\":\"a\"}],"
                            + "\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":1,"
                            + "\"output_tokens\":2}}";
            exchange.send(200, "application/json", answer.getBytes(StandardCharsets.UTF_8));
        });
        ModelRequest own =
                MessagesRequestReader.read(
                        Slice.of(
                                "{\"model\":\"c\",\"max_tokens\":5,"
                                        + "\"messages\":[{\"role\":\"user\","
                                        + "\"content\":\"hi\"}]}"),
                        new Headers(Headers.VERSION, List.of("b-1", "b-2")),
                        "test");
        Answer.Builder fold = new Answer.Builder();

        provider.generate(own, context(), fold);

        assertThat(fold.build().choices().getFirst().reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(headers).containsExactly("k-secret", "2023-06-01", "b-1,b-2");
    }

    /// Cut in the middle of an event or a character, or without the end that was to come.
    @Test
    void whatIsCutOffIsNoAnswer() {
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        int whole = STREAM.indexOf("event: message_delta");
        for (int length = 0; length <= whole; length += 5) {
            streams(Arrays.copyOf(bytes, length));

            assertThatThrownBy(this::events)
                    .as("%d bytes", length)
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem ->
                                    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error,INVALID",
        "429,rate_limit_error,LIMITED",
        "500,api_error,UNAVAILABLE",
        "529,overloaded_error,UNAVAILABLE"
    })
    void refusalsKeepTheirMeaning(int status, String type, Problem.Kind kind) {
        upstream.thenJson(
                status,
                "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"why\"}}"
                        .formatted(type));

        assertThatThrownBy(this::events)
                .isInstanceOfSatisfying(
                        Problem.class, problem -> assertThat(problem.kind()).isEqualTo(kind));
    }

    @Test
    void anErrorInTheStreamEndsIt() {
        streams(
                (STREAM.substring(0, STREAM.indexOf("event: content_block_stop"))
                                + event(
                                        "error",
                                        "\"error\":{\"type\":\"overloaded_error\","
                                                + "\"message\":\"Overloaded\"}"))
                        .getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(this::events).hasMessageContaining("Overloaded");
    }

    @Test
    void thoughtsOfOtherFamiliesStayHere() throws IOException {
        streams((STREAM + STOP).getBytes(StandardCharsets.UTF_8));
        ModelRequest.Builder request = chat(true).toBuilder();
        request.input =
                new Input.Chat(
                        List.of(
                                Message.of(Message.Role.USER, "hi"),
                                new Message(
                                        Message.Role.ASSISTANT,
                                        List.of(
                                                new Part.Reasoning(
                                                        "x", "gemini:s", "", Extras.NONE),
                                                new Part.Reasoning("y", "s", "", Extras.NONE),
                                                new Part.Text("z")),
                                        "",
                                        Extras.NONE),
                                Message.of(Message.Role.USER, "on")));

        provider.generate(request.build(), context(), _ -> {});

        assertThat(upstream.received().getFirst().body().text())
                .contains("\"signature\":\"s\"")
                .doesNotContain("gemini");
    }

    @Test
    void promptsThatAreNoConversationAreRefused() {
        assertThatThrownBy(() ->
                        provider.generate(
                                Completions.read(
                                        Slice.of("{\"model\":\"m\",\"prompt\":\"x\"}"), "test"),
                                context(),
                                _ -> {}))
                .hasMessageContaining("no conversation");
        assertThat(upstream.received()).isEmpty();
    }

    @Test
    void modelsAreListed() {
        upstream.thenJson(
                200, "{\"data\":[{\"type\":\"model\",\"id\":\"claude-x\"}],\"has_more\":false}");

        assertThat(provider.models(context()))
                .singleElement()
                .satisfies(model -> assertThat(model.id()).isEqualTo("claude-x"));
    }
}
