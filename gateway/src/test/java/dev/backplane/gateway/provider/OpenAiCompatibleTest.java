package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Embeddings;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OpenAiCompatibleTest {
    private static final String HEAD =
            "\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\"";

    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final OpenAiCompatible provider =
            new OpenAiCompatible("up", http, upstream.base(), Optional.of("sk-secret"));

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private static ModelRequest chat(boolean stream) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                                + "\"stream\":"
                                + stream
                                + "}"),
                "test");
    }

    private static CallContext context() {
        return new CallContext("00-t-s-01", Timeouts.DEFAULT);
    }

    private static String chunk(String choice) {
        return "{" + HEAD + ",\"choices\":[" + choice + "]}";
    }

    private static String text(String text) {
        return chunk("{\"index\":0,\"delta\":{\"content\":\"" + text + "\"},\"logprobs\":null}");
    }

    private static String finish(String reason) {
        return chunk("{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}");
    }

    private List<Event> events(ModelRequest request) throws IOException {
        List<Event> events = new ArrayList<>();
        provider.generate(request, context(), events::add);
        return events;
    }

    private Answer answer(ModelRequest request) throws IOException {
        Answer.Builder answer = new Answer.Builder();
        provider.generate(request, context(), answer);
        return answer.build();
    }

    @Test
    void aWholeAnswerIsEvents() throws IOException {
        upstream.thenJson(
                200,
                "{\"id\":\"c-1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m-1\","
                        + "\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"reasoning_content\":\"hm\","
                        + "\"content\":\"hé\",\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{ }\"}}]},"
                        + "\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,"
                        + "\"completion_tokens\":4,\"total_tokens\":13,\"prompt_tokens_details\":"
                        + "{\"cached_tokens\":8},\"completion_tokens_details\":"
                        + "{\"reasoning_tokens\":3}}}");

        Answer answer = answer(chat(false));

        assertThat(answer.id()).isEqualTo("c-1");
        assertThat(answer.extras().get("system_fingerprint")).isEqualTo(Slice.of("\"fp\""));
        assertThat(answer.choices().getFirst().parts())
                .containsExactly(
                        new Part.Reasoning("hm"),
                        new Part.Text("hé"),
                        new Part.ToolCall("t", "f", "{ }", Extras.NONE));
        assertThat(answer.choices().getFirst().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(answer.usage().input()).hasValue(9);
        assertThat(answer.usage().cached()).hasValue(8);
        assertThat(answer.usage().reasoning()).hasValue(3);
        assertThat(upstream.received().getFirst().authorization()).isEqualTo("Bearer sk-secret");
        assertThat(upstream.received().getFirst().traceparent()).isEqualTo("00-t-s-01");
    }

    @Test
    void aStreamIsEventsInOrder() throws IOException {
        upstream.thenStream(
                chunk("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}"),
                text("a"),
                text("b"),
                finish("stop"),
                "{"
                        + HEAD
                        + ",\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
                        + "\"completion_tokens\":2,\"total_tokens\":3}}",
                "[DONE]");

        List<Event> events = events(chat(true));

        assertThat(events)
                .hasSize(5)
                .startsWith(
                        new Event.Started("c-1", "m-1", 7, Extras.NONE),
                        new Event.TextDelta(0, "a"),
                        new Event.TextDelta(0, "b"),
                        new Event.Finished(0, FinishReason.STOP, "stop"));
        assertThat(((Event.Used) events.getLast()).usage().output()).hasValue(2);
        assertThat(upstream.received().getFirst().body().text())
                .contains("\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    }

    @Test
    void toolCallsAreToldApart() throws IOException {
        upstream.thenStream(
                call("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}"),
                call("\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}"),
                call("\"index\":0,\"function\":{\"arguments\":\":1}\"}"),
                call("\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}"),
                // As servers do that give every call the index 0, or none.
                call("\"index\":1,\"id\":\"c\",\"function\":{\"name\":\"h\",\"arguments\":\"1\"}"),
                call("\"id\":\"d\",\"function\":{\"name\":\"i\",\"arguments\":\"2\"}"),
                call("\"function\":{\"arguments\":\"3\"}"),
                finish("tool_calls"));

        List<Event> events = events(chat(true));

        assertThat(events.subList(1, events.size()))
                .containsExactly(
                        new Event.ToolCallStarted(0, 0, "a", "f"),
                        new Event.ToolArguments(0, 0, "{\"x\""),
                        new Event.ToolArguments(0, 0, ":1}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.ToolCallStarted(0, 1, "b", "g"),
                        new Event.ToolArguments(0, 1, "{}"),
                        new Event.ToolCallEnded(0, 1),
                        new Event.ToolCallStarted(0, 2, "c", "h"),
                        new Event.ToolArguments(0, 2, "1"),
                        new Event.ToolCallEnded(0, 2),
                        new Event.ToolCallStarted(0, 3, "d", "i"),
                        new Event.ToolArguments(0, 3, "2"),
                        new Event.ToolArguments(0, 3, "3"),
                        new Event.ToolCallEnded(0, 3),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_calls"));
    }

    private static String call(String call) {
        return chunk("{\"index\":0,\"delta\":{\"tool_calls\":[{" + call + "}]}}");
    }

    @Test
    void choicesAndLogprobsAreKept() throws IOException {
        upstream.thenStream(
                chunk(
                        "{\"index\":1,\"delta\":{\"content\":\"x\"},\"logprobs\":{\"content\":"
                                + "[{\"token\":\"x\",\"logprob\":-0.10}]}}"),
                chunk(
                        "{\"delta\":{\"content\":\"y\"},\"index\":0},{\"index\":1,\"delta\":"
                                + "{\"content\":\"z\"},\"logprobs\":{\"content\":[{\"token\":"
                                + "\"z\",\"logprob\":-2.0}]}}"),
                finish("length"),
                chunk("{\"index\":1,\"delta\":{},\"finish_reason\":\"odd\"}"));

        Answer answer = answer(chat(true));

        assertThat(answer.choices()).extracting(Answer.Choice::text).containsExactly("y", "xz");
        assertThat(answer.choices().get(1).reason()).isEqualTo(FinishReason.OTHER);
        assertThat(answer.choices().get(1).word()).isEqualTo("odd");
        assertThat(answer.choices().get(1).logprobs().text())
                .isEqualTo(
                        "{\"content\":[{\"token\":\"x\",\"logprob\":-0.10},"
                                + "{\"token\":\"z\",\"logprob\":-2.0}]}");
    }

    @Test
    void aStreamWithoutDoneIsWholeIfItWasFinished() throws IOException {
        upstream.thenStream(text("a"), finish("stop"));

        assertThat(answer(chat(true)).choices().getFirst().text()).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n",
                "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
                        + "data: [DONE]\n\n",
                "data: {\"id\":\"c\",\"choi",
                "data: {\"id\":\"c\",\"choi\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"\u00c3\"",
                "data: garbage\n\n",
                "data: {\"choices\":7}\n\n",
                "",
                "<html>busy</html>"
            })
    void whatIsNoAnswerIsAProblemThatMayGoAway(String stream) {
        upstream.then(exchange -> {
            exchange.header("Content-Type", "text/event-stream");
            exchange.output().write(stream.getBytes(StandardCharsets.ISO_8859_1));
        });

        assertThatThrownBy(() -> events(chat(true)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                            assertThat(problem.where()).isEqualTo("provider up");
                        });
    }

    @ParameterizedTest
    @CsvSource({
        "400,INVALID",
        "404,NOT_FOUND",
        "413,TOO_LARGE",
        "422,INVALID",
        "429,LIMITED",
        "500,UNAVAILABLE",
        "503,UNAVAILABLE",
        "504,TIMEOUT"
    })
    void refusalsKeepTheirMeaning(int status, Problem.Kind kind) {
        upstream.thenJson(status, "{\"error\":{\"message\":\"too much\",\"type\":\"x\"}}");

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(kind);
                            assertThat(problem.what()).isEqualTo("too much");
                        });
    }

    /// Clients tell by the code what to do, such as making the conversation shorter.
    @Test
    void whatAnErrorSaysBesidesItsMessageIsKept() {
        upstream.thenJson(
                400,
                "{\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\",\"param\":"
                        + "\"messages\",\"innererror\":{\"a\":\n1}}}");

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(Errors.write(problem, "r").text())
                                        .contains("\"code\":\"context_length_exceeded\"")
                                        .contains("\"param\":\"messages\"")
                                        .contains("\"details\":{\"a\":")
                                        .doesNotContain("\n"));
    }

    @Test
    void aCodeThatIsAStatusSaysNothing() {
        upstream.thenJson(503, "{\"error\":{\"message\":\"m\",\"code\":503,\"details\":\"text\"}}");

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(Errors.write(problem, "r").text())
                                        .contains("\"code\":\"unavailable\"")
                                        .doesNotContain("details"));
    }

    /// The key is for the address that was configured.
    @Test
    void redirectsAreNotFollowed() {
        upstream.then(exchange ->
                exchange.header("Location", upstream.root() + "/elsewhere").sendText(302, "moved"));

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFIG);
                            assertThat(problem.fix()).contains("base_url");
                        });
        assertThat(upstream.received()).hasSize(1);
    }

    @Test
    void aRefusedKeyIsNotQuoted() {
        upstream.thenJson(401, "{\"error\":{\"message\":\"bad key sk-sec***\"}}");

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("refused the configured key")
                .hasMessageNotContaining("sk-");
    }

    @Test
    void waitsAsLongAsTheProviderSays() {
        upstream.then(exchange -> exchange.header("Retry-After", "7").sendText(429, "slow down"));

        assertThatThrownBy(() -> events(chat(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.retryAfter()).contains(Duration.ofSeconds(7)));
    }

    @Test
    void anErrorInTheStreamEndsIt() {
        upstream.thenStream(
                text("a"), "{\"error\":{\"message\":\"overloaded\",\"code\":503}}", "[DONE]");
        List<Event> events = new ArrayList<>();

        assertThatThrownBy(() -> provider.generate(chat(true), context(), events::add))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("overloaded");
        assertThat(events).last().isEqualTo(new Event.TextDelta(0, "a"));
    }

    @Test
    void whenTheListenerHasGoneTheProviderStops() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        upstream.then(exchange -> {
            exchange.header("Content-Type", "text/event-stream");
            try {
                while (true) {
                    exchange.output().write(("data: " + text("a") + "\n\n").getBytes());
                    exchange.output().flush();
                }
            } finally {
                stopped.countDown();
            }
        });

        assertThatThrownBy(() ->
                        provider.generate(
                                chat(true),
                                context(),
                                event -> {
                                    if (event instanceof Event.TextDelta) {
                                        throw new IOException("gone");
                                    }
                                }))
                .isInstanceOf(IOException.class);
        assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancellingStopsTheProviderBeforeItSaidAnything() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        upstream.then(_ -> {
            asked.countDown();
            try {
                over.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        List<Throwable> failures = new ArrayList<>();
        Thread caller =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                events(chat(true));
                            } catch (Problem | IOException failure) {
                                failures.add(failure);
                            }
                        });
        asked.await();
        caller.interrupt();
        caller.join();
        over.countDown();

        assertThat(failures).singleElement().asString().contains("call was cancelled");
    }

    @Test
    void completionsAndEmbeddingsAndModels() throws IOException {
        upstream.thenJson(
                        200,
                        "{\"id\":\"x\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"b\","
                                + "\"index\":0,\"finish_reason\":\"length\","
                                + "\"prompt_logprobs\":[null]}]}")
                .thenJson(
                        200,
                        "{\"data\":[{\"index\":1,\"embedding\":[0.10,-2E-3]},{\"index\":0,"
                                + "\"embedding\":\"AAAA\"}],\"model\":\"e\",\"usage\":"
                                + "{\"prompt_tokens\":3,\"total_tokens\":3}}")
                .thenJson(200, "{\"data\":[{\"id\":\"m-1\",\"owned_by\":\"o\",\"created\":5}]}");

        Answer answer =
                answer(
                        Completions.read(
                                Slice.of("{\"model\":\"m\",\"prompt\":[1,2],\"best_of\":3}"),
                                "test"));
        Embedding.Answer vectors =
                provider.embed(
                        Embeddings.read(
                                Slice.of("{\"model\":\"e\",\"input\":[\"a\",\"b\"]}"), "test"),
                        context());

        assertThat(answer.choices().getFirst().text()).isEqualTo("b");
        assertThat(AnswerWriter.completion(answer, "x", "m").text())
                .contains("\"text\":\"b\",\"prompt_logprobs\":[null],");
        assertThat(upstream.received().getFirst().body().text())
                .isEqualTo("{\"model\":\"m\",\"prompt\":[1,2],\"best_of\":3}");
        assertThat(vectors.vectors())
                .containsExactly(Slice.of("\"AAAA\""), Slice.of("[0.10,-2E-3]"));
        assertThat(provider.models(context()))
                .singleElement()
                .satisfies(model -> assertThat(model.id()).isEqualTo("m-1"));
    }

    @Test
    void ranksTexts() {
        upstream.thenJson(
                        200,
                        "{\"model\":\"r\",\"usage\":{\"total_tokens\":9},\"results\":["
                                + "{\"index\":1,\"relevance_score\":0.5},"
                                + "{\"index\":0,\"relevance_score\":1e-3}]}")
                .thenJson(200, "{\"results\":[]}");
        Ranking.Request request =
                new Ranking.Request("r", List.of("q"), List.of("a", "b"), Extras.NONE);
        Ranking.Answer answer = provider.rank(request, context());
        assertThat(answer.scores()).containsExactly(0.001, 0.5);
        assertThat(answer.usage().input()).hasValue(9);
        assertThat(upstream.received().getFirst().body().text())
                .isEqualTo(
                        "{\"model\":\"r\",\"query\":\"q\",\"documents\":[\"a\",\"b\"],"
                                + "\"return_documents\":false}");
        assertThatThrownBy(() -> provider.rank(request, context()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no ranking");
    }
}
