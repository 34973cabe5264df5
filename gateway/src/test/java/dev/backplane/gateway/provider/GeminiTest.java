package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Embeddings;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class GeminiTest {
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final Gemini provider = new Gemini("google", http, upstream.root(), "k-secret");

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private static CallContext context() {
        return new CallContext("", Timeouts.DEFAULT);
    }

    private static ModelRequest chat(boolean stream) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"gemini-3\",\"stream\":"
                                + stream
                                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                "test");
    }

    private List<Event> events() throws IOException {
        List<Event> events = new ArrayList<>();
        provider.generate(chat(true), context(), events::add);
        return events;
    }

    private Answer answer(String json) throws IOException {
        upstream.thenJson(200, json);
        Answer.Builder fold = new Answer.Builder();
        provider.generate(chat(false), context(), fold);
        return fold.build();
    }

    private static String piece(String parts, String more) {
        return "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":["
                + parts
                + "]},\"index\":0"
                + more
                + "}],\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":2,"
                + "\"thoughtsTokenCount\":5,\"cachedContentTokenCount\":4,\"totalTokenCount\":14},"
                + "\"modelVersion\":\"gemini-3-x\",\"responseId\":\"r-1\"}";
    }

    @Test
    void aStreamIsEventsInOrderAndCountsOnce() throws IOException {
        upstream.then(exchange -> {
            assertThat(exchange.query("alt")).contains("sse");
            assertThat(exchange.header("x-goog-api-key")).contains("k-secret");
            exchange.header("Content-Type", "text/event-stream");
            for (String piece :
                    List.of(
                            piece("{\"text\":\"hm\",\"thought\":true}", ""),
                            piece("{\"text\":\"a\"},{\"text\":\"b\"}", ""),
                            piece(
                                    "{\"functionCall\":{\"id\":\"c\",\"name\":\"f\",\"args\":"
                                            + "{\"x\": 1.0}},\"thoughtSignature\":\"c2ln\"}",
                                    ""),
                            piece("{\"text\":\"\"}", ",\"finishReason\":\"STOP\""))) {
                exchange.output()
                        .write(("data: " + piece + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
                exchange.output().flush();
            }
        });

        List<Event> events = events();

        assertThat(events.subList(0, events.size() - 1))
                .containsExactly(
                        new Event.Started("r-1", "gemini-3-x", 0, Extras.NONE),
                        new Event.ReasoningDelta(0, "hm"),
                        new Event.TextDelta(0, "a"),
                        new Event.TextDelta(0, "b"),
                        new Event.ReasoningSealed(0, "gemini:c2ln", ""),
                        new Event.ToolCallStarted(0, 0, "c", "f"),
                        new Event.ToolArguments(0, 0, "{\"x\": 1.0}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "STOP"));
        assertThat(events.getLast())
                .isInstanceOfSatisfying(
                        Event.Used.class,
                        used -> {
                            assertThat(used.usage().input()).hasValue(7);
                            assertThat(used.usage().output()).hasValue(7);
                            assertThat(used.usage().reasoning()).hasValue(5);
                            assertThat(used.usage().cached()).hasValue(4);
                        });
        assertThat(upstream.received().getFirst().path())
                .isEqualTo("/models/gemini-3:streamGenerateContent");
    }

    @Test
    void aWholeAnswerHasItsChoicesAndLogprobs() throws IOException {
        Answer answer =
                answer(
                        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
                                + "\"finishReason\":\"MAX_TOKENS\",\"index\":1,"
                                + "\"logprobsResult\":{\"chosenCandidates\":[{\"token\":\"a\","
                                + "\"logProbability\":-0.10}],\"topCandidates\":[{\"candidates\":"
                                + "[{\"token\":\"b\",\"logProbability\":-2}]}]}},"
                                + "{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}},"
                                + "{\"inlineData\":{\"data\":\"QQ==\"}}]},"
                                + "\"finishReason\":\"STOP\"}]}");

        assertThat(answer.choices().getFirst().parts())
                .singleElement()
                .isInstanceOfSatisfying(
                        Part.ToolCall.class,
                        call -> {
                            assertThat(call.id()).startsWith("call_");
                            assertThat(call.arguments()).isEqualTo("{}");
                        });
        assertThat(answer.choices().getFirst().extras().get("inlineData").text())
                .isEqualTo("{\"data\":\"QQ==\"}");
        assertThat(answer.choices().get(1).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(answer.choices().get(1).logprobs().text())
                .isEqualTo(
                        "{\"content\":[{\"token\":\"a\",\"logprob\":-0.10,\"bytes\":null,"
                                + "\"top_logprobs\":[{\"token\":\"b\",\"logprob\":-2,"
                                + "\"bytes\":null}]}]}");
    }

    @Test
    void aBlockedPromptIsAnAnswerThatWasFiltered() throws IOException {
        Answer answer = answer("{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}}");

        assertThat(answer.choices())
                .singleElement()
                .satisfies(choice -> {
                    assertThat(choice.reason()).isEqualTo(FinishReason.FILTERED);
                    assertThat(choice.word()).isEqualTo("PROHIBITED_CONTENT");
                });
        assertThat(answer.extras().get("promptFeedback").isEmpty()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"SAFETY,FILTERED", "SPII,FILTERED", "MALFORMED_FUNCTION_CALL,OTHER", "STOP,STOP"})
    void endsKeepTheirMeaning(String word, FinishReason reason) throws IOException {
        Answer answer = answer(piece("{\"text\":\"a\"}", ",\"finishReason\":\"" + word + "\""));

        assertThat(answer.choices().getFirst().reason()).isEqualTo(reason);
        assertThat(answer.choices().getFirst().word()).isEqualTo(word);
    }

    /// Cut at every byte, in the middle of a character, too: nothing but the whole is an answer.
    @Test
    void whatIsCutOffIsNoAnswer() {
        byte[] bytes =
                ("data: "
                                + piece("{\"text\":\"é🛫\"}", "")
                                + "\n\ndata: "
                                + piece("{\"text\":\"\"}", ",\"finishReason\":\"STOP\"")
                                + "\n\n")
                        .getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < bytes.length - 1; length += 5) {
            byte[] cut = Arrays.copyOf(bytes, length);
            upstream.then(exchange -> {
                exchange.header("Content-Type", "text/event-stream");
                exchange.output().write(cut);
            });

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
        "400,INVALID,why",
        "403,CONFIG,provider refused the configured key",
        "404,NOT_FOUND,why",
        "429,LIMITED,why",
        "500,UNAVAILABLE,why",
        "504,TIMEOUT,why"
    })
    void refusalsKeepTheirMeaning(int status, Problem.Kind kind, String what) {
        upstream.thenJson(status, "[{\"error\":{\"code\":" + status + ",\"message\":\"why\"}}]");

        assertThatThrownBy(this::events)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(kind);
                            assertThat(problem.what()).isEqualTo(what);
                        });
    }

    @Test
    void aRefusedKeyIsOursToMendAndNotQuoted() {
        upstream.thenJson(
                400,
                "{\"error\":{\"code\":400,\"message\":\"API key k-secret not valid\","
                        + "\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}");

        assertThatThrownBy(this::events)
                .hasMessageContaining("refused the configured key")
                .hasMessageNotContaining("k-secret");
    }

    @Test
    void waitsAsLongAsTheDetailsSay() {
        upstream.thenJson(
                429,
                "{\"error\":{\"code\":429,\"message\":\"m\",\"details\":[{\"@type\":\"x\","
                        + "\"violations\":[{}]},{\"retryDelay\":\"3.25s\"}]}}");

        assertThatThrownBy(this::events)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.retryAfter())
                                        .contains(Duration.ofMillis(3_250)));
    }

    @Test
    void anErrorInTheStreamEndsIt() {
        upstream.thenStream(
                piece("{\"text\":\"a\"}", ""),
                "{\"error\":{\"code\":503,\"message\":\"overloaded\"}}");

        assertThatThrownBy(this::events).hasMessageContaining("overloaded");
    }

    @Test
    void vectorsComeAsNumbersOrAsBase64() {
        upstream.thenJson(200, "{\"embeddings\":[{\"values\":[0.50,-2]},{\"values\":[1,0]}]}");

        Embedding.Answer numbers = provider.embed(embedding("float"), context());
        Embedding.Answer base64 = provider.embed(embedding("base64"), context());

        assertThat(numbers.vectors()).containsExactly(Slice.of("[0.50,-2]"), Slice.of("[1,0]"));
        assertThat(base64.vectors())
                .containsExactly(Slice.of("\"AAAAPwAAAMA=\""), Slice.of("\"AACAPwAAAAA=\""));
        assertThat(upstream.received().getFirst().body().text())
                .isEqualTo(
                        "{\"requests\":[{\"model\":\"models/e\",\"content\":{\"parts\":"
                                + "[{\"text\":\"a\"}]},\"outputDimensionality\":2},"
                                + "{\"model\":\"models/e\",\"content\":{\"parts\":"
                                + "[{\"text\":\"b\"}]},\"outputDimensionality\":2}]}");
        upstream.thenJson(200, "{\"embeddings\":[]}");
        provider.embed(embedding("float"), context());
        assertThatThrownBy(() -> provider.embed(embedding("float"), context()))
                .hasMessageContaining("0 vectors for 2 inputs");
    }

    private static Embedding.Request embedding(String format) {
        return Embeddings.read(
                Slice.of(
                        "{\"model\":\"e\",\"input\":[\"a\",\"b\"],\"dimensions\":2,"
                                + "\"encoding_format\":\""
                                + format
                                + "\"}"),
                "test");
    }

    @Test
    void modelsHaveNoPrefix() {
        upstream.thenJson(200, "{\"models\":[{\"name\":\"models/gemini-3\",\"x\":1}]}");

        assertThat(provider.models(context()))
                .singleElement()
                .satisfies(model -> assertThat(model.id()).isEqualTo("gemini-3"));
    }
}
