package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

@Timeout(60)
class BedrockTest {
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final Bedrock provider =
            Bedrock.signed(
                    "aws",
                    http,
                    upstream.root(),
                    "eu-central-1",
                    new AwsCredentials("AKID", "s3cret", "tok3n"));

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private static CallContext context() {
        return new CallContext("", Timeouts.DEFAULT);
    }

    private static ModelRequest chat(String more) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"eu.anthropic.claude:0\",\"messages\":[{\"role\":\"user\","
                                + "\"content\":\"hi\"}]"
                                + more
                                + "}"),
                "test");
    }

    private static byte[] event(String type, String payload) {
        return message(Map.of(":message-type", "event", ":event-type", type), payload);
    }

    private static byte[] message(Map<String, String> headers, String payload) {
        Map<String, HeaderValue> values = new java.util.TreeMap<>();
        headers.forEach((name, text) -> values.put(name, HeaderValue.fromString(text)));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new Message(values, payload.getBytes(StandardCharsets.UTF_8)).encode(bytes);
        return bytes.toByteArray();
    }

    private static byte[] delta(int block, String delta) {
        return event(
                "contentBlockDelta",
                "{\"contentBlockIndex\":" + block + ",\"delta\":" + delta + ",\"p\":\"abc\"}");
    }

    private void streams(byte[]... messages) {
        upstream.then(exchange -> {
            exchange.header("Content-Type", "application/vnd.amazon.eventstream");
            exchange.header("x-amzn-RequestId", "r-1");
            for (byte[] message : messages) {
                exchange.output().write(message);
                exchange.output().flush();
            }
        });
    }

    private List<Event> events() throws IOException {
        List<Event> events = new ArrayList<>();
        provider.generate(chat(",\"stream\":true"), context(), events::add);
        return events;
    }

    @Test
    void aWholeAnswerIsEvents() throws IOException {
        upstream.thenJson(
                200,
                "{\"metrics\":{\"latencyMs\":5},\"output\":{\"message\":{\"role\":\"assistant\","
                        + "\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\","
                        + "\"signature\":\"sig\"}}},{\"text\":\"hé\"},{\"toolUse\":{\"toolUseId\":"
                        + "\"t\",\"name\":\"f\",\"input\":{\"x\": 1.0}}}]}},\"stopReason\":"
                        + "\"tool_use\",\"usage\":{\"inputTokens\":3,\"outputTokens\":4,"
                        + "\"totalTokens\":12,\"cacheReadInputTokens\":5,"
                        + "\"cacheWriteInputTokens\":0}}");
        Answer.Builder fold = new Answer.Builder();

        provider.generate(chat(""), context(), fold);

        Answer answer = fold.build();
        assertThat(answer.model()).isEqualTo("eu.anthropic.claude:0");
        assertThat(answer.choices().getFirst().parts())
                .containsExactly(
                        new Part.Reasoning("hm", "sig", "", Extras.NONE),
                        new Part.Text("hé"),
                        new Part.ToolCall("t", "f", "{\"x\": 1.0}", Extras.NONE));
        assertThat(answer.choices().getFirst().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(answer.usage().input()).hasValue(8);
        assertThat(answer.usage().cached()).hasValue(5);
        ScriptedUpstream.Received received = upstream.received().getFirst();
        assertThat(received.path()).isEqualTo("/model/eu.anthropic.claude%3A0/converse");
        assertThat(received.authorization())
                .startsWith("AWS4-HMAC-SHA256 Credential=AKID/")
                .contains("/eu-central-1/bedrock/aws4_request")
                .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token");
    }

    @Test
    void aStreamIsEventsInOrder() throws IOException {
        streams(
                event("messageStart", "{\"role\":\"assistant\"}"),
                delta(0, "{\"reasoningContent\":{\"text\":\"hm\"}}"),
                delta(0, "{\"reasoningContent\":{\"signature\":\"si\"}}"),
                delta(0, "{\"reasoningContent\":{\"signature\":\"g\"}}"),
                event("contentBlockStop", "{\"contentBlockIndex\":0}"),
                delta(1, "{\"text\":\"a\"}"),
                event("contentBlockStop", "{\"contentBlockIndex\":1}"),
                event(
                        "contentBlockStart",
                        "{\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"toolUseId\":\"t\","
                                + "\"name\":\"f\"}}}"),
                delta(2, "{\"toolUse\":{\"input\":\"{\\\"x\\\"\"}}"),
                delta(2, "{\"toolUse\":{\"input\":\":1}\"}}"),
                event("contentBlockStop", "{\"contentBlockIndex\":2}"),
                event("messageStop", "{\"stopReason\":\"tool_use\"}"),
                event("notYetKnown", "{\"x\":1}"),
                event(
                        "metadata",
                        "{\"usage\":{\"inputTokens\":1,\"outputTokens\":2,\"totalTokens\":3},"
                                + "\"metrics\":{\"latencyMs\":1}}"));

        List<Event> events = events();

        assertThat(events.subList(0, events.size() - 1))
                .containsExactly(
                        new Event.Started("r-1", "eu.anthropic.claude:0", 0, Extras.NONE),
                        new Event.ReasoningDelta(0, "hm"),
                        new Event.ReasoningSealed(0, "sig", ""),
                        new Event.TextDelta(0, "a"),
                        new Event.ToolCallStarted(0, 0, "t", "f"),
                        new Event.ToolArguments(0, 0, "{\"x\""),
                        new Event.ToolArguments(0, 0, ":1}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_use"));
        assertThat(((Event.Used) events.getLast()).usage().output()).hasValue(2);
        assertThat(upstream.received().getFirst().path()).endsWith("/converse-stream");
    }

    @Test
    void whatEndsAnywhereElseIsCutOff() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(event("messageStart", "{\"role\":\"assistant\"}"));
        whole.writeBytes(delta(0, "{\"text\":\"é\"}"));
        byte[] bytes = whole.toByteArray();
        for (int length = 0; length <= bytes.length; length += 7) {
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
        "throttlingException,LIMITED",
        "validationException,INVALID",
        "modelStreamErrorException,UNAVAILABLE",
        "serviceUnavailableException,UNAVAILABLE"
    })
    void anExceptionInTheStreamEndsIt(String exception, Problem.Kind kind) {
        streams(
                delta(0, "{\"text\":\"a\"}"),
                message(
                        Map.of(":message-type", "exception", ":exception-type", exception),
                        "{\"message\":\"too much\"}"));

        assertThatThrownBy(this::events)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(kind);
                            assertThat(problem.what()).isEqualTo("too much");
                        });
    }

    @ParameterizedTest
    @CsvSource({
        "400,INVALID,why",
        "403,CONFIG,provider refused the configured key",
        "424,UNAVAILABLE,why",
        "429,LIMITED,why",
        "503,UNAVAILABLE,why"
    })
    void refusalsKeepTheirMeaning(int status, Problem.Kind kind, String what) {
        upstream.thenJson(status, "{\"message\":\"why\"}");

        assertThatThrownBy(this::events)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(kind);
                            assertThat(problem.what()).isEqualTo(what);
                        });
    }

    @Test
    void aKeyOfBedrocksOwnIsSentAsItIs() throws IOException {
        upstream.thenJson(200, "{\"stopReason\":\"end_turn\",\"output\":{}}");

        Bedrock.withKey("aws", http, upstream.root(), "k").generate(chat(""), context(), _ -> {});

        assertThat(upstream.received().getFirst().authorization()).isEqualTo("Bearer k");
    }
}
