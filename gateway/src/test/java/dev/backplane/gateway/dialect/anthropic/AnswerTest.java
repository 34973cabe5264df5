package dev.backplane.gateway.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Leaves;
import dev.backplane.gateway.dialect.SplitStream;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.SseReader;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AnswerTest {
    /// The example of the dialect's documentation with thoughts, text, a call and a count that
    /// grows.
    private static final String STREAM =
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message",\
            "role":"assistant","model":"claude","content":[],"stop_reason":null,\
            "stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":3,\
            "cache_read_input_tokens":7,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking",\
            "thinking":"","signature":""}}

            event: ping
            data: {"type": "ping"}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",\
            "thinking":"hm…"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta",\
            "signature":"EqQB"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: content_block_start
            data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta",\
            "text":"Größe"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta",\
            "citation":{"cited_text":"x","n":1.50}}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":1}

            event: content_block_start
            data: {"type":"content_block_start","index":2,\
            "content_block":{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",\
            "partial_json":"{\\"query\\": "}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",\
            "partial_json":"1.0}"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":2}

            event: content_block_start
            data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use",\
            "id":"toolu_1","name":"f","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta",\
            "partial_json":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta",\
            "partial_json":"{\\"a\\": \\"ü\\"}"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":3}

            event: of_next_year
            data: {"type":"of_next_year","x":1}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},\
            "usage":{"output_tokens":15}}

            event: message_stop
            data: {"type":"message_stop"}

            """;

    private static AnswerReader read(InputStream in, List<Event> events) {
        AnswerReader reader = new AnswerReader(events::add);
        try {
            SseReader sse = new SseReader(in, "test");
            while (sse.next()) {
                reader.read(sse.data(), "test");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return reader;
    }

    private static Answer fold(List<Event> events) {
        Answer.Builder answer = new Answer.Builder();
        events.forEach(answer::on);
        return answer.build();
    }

    private static byte[] written(List<Event> events) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StreamWriter writer = new StreamWriter(out, "msg_ours");
        try {
            for (Event event : events) {
                writer.on(event);
            }
            writer.done();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @Test
    void aStreamIsTheSameWhereverItIsSplit() {
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        List<Event> whole = new ArrayList<>();
        assertThat(read(new SplitStream(bytes, bytes.length), whole).complete()).isTrue();

        for (int first = 0; first < bytes.length; first++) {
            List<Event> events = new ArrayList<>();
            read(new SplitStream(bytes, first), events);
            assertThat(events).isEqualTo(whole);
        }
        assertThat(whole)
                .containsExactly(
                        new Event.Started("msg_1", "claude", 0, Extras.NONE),
                        new Event.ReasoningDelta(0, "hm…"),
                        new Event.ReasoningSealed(0, "EqQB", ""),
                        new Event.TextDelta(0, "Größe"),
                        new Event.Other(
                                0,
                                "content[1].citations[0]",
                                Slice.of("{\"cited_text\":\"x\",\"n\":1.50}")),
                        new Event.Other(
                                0,
                                "content[2]",
                                Slice.of(
                                        "{\"type\":\"server_tool_use\",\"id\":\"srv_1\",\"name\":"
                                                + "\"web_search\",\"input\":{\"query\": 1.0}}")),
                        new Event.ToolCallStarted(0, 0, "toolu_1", "f"),
                        new Event.ToolArguments(0, 0, "{\"a\": \"ü\"}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_use"),
                        whole.getLast());
        Usage usage = fold(whole).usage();
        assertThat(usage.input()).hasValue(35);
        assertThat(usage.output()).hasValue(15);
        assertThat(usage.cached()).hasValue(7);
        assertThat(usage.cacheWrite()).hasValue(3);
    }

    @Test
    void whatIsWrittenAsAStreamIsReadAgain() {
        List<Event> events = new ArrayList<>();
        read(new SplitStream(STREAM.getBytes(StandardCharsets.UTF_8), 0), events);

        byte[] again = written(events);

        List<Event> twice = new ArrayList<>();
        AnswerReader reader = read(new SplitStream(again, 0), twice);
        assertThat(reader.complete()).isTrue();
        assertThat(twice).isEqualTo(events);
        assertThat(new String(again, StandardCharsets.UTF_8)).contains("event: ping\n");
    }

    @Test
    void wholeAnswersAndTheirStreamsLoseNothing() {
        Gen.check(
                1_000,
                random -> {
                    Slice body = message(random);
                    List<Event> events = new ArrayList<>();
                    AnswerReader reader = new AnswerReader(events::add);
                    try {
                        reader.read(body, "test");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    Answer answer = fold(events);

                    assertThat(Leaves.of(AnswerWriter.write(answer, answer.id())))
                            .as(body.text())
                            .isEqualTo(Leaves.of(body));

                    List<Event> streamed = new ArrayList<>();
                    read(new SplitStream(written(events), 0), streamed);
                    assertThat(fold(streamed)).as(body.text()).isEqualTo(answer);
                });
    }

    private static Slice message(RandomGenerator random) {
        JsonOut out =
                new JsonOut().beginObject().name("id").text("msg_" + Gen.identifier(random, 1, 5));
        out.name("type").text("message").name("role").text("assistant").name("model").text("m");
        out.name("content").beginArray();
        boolean text = false;
        boolean called = false;
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            int kind = Gen.integer(random, text ? 1 : 0, 4);
            text = kind == 0;
            called |= kind == 3;
            block(random, out, kind);
        }
        out.endArray().name("stop_reason");
        boolean sequence = random.nextBoolean();
        out.text(
                sequence
                        ? "stop_sequence"
                        : called
                                ? "tool_use"
                                : Gen.pick(
                                        random, "end_turn", "max_tokens", "refusal", "pause_turn"));
        if (sequence) {
            out.name("stop_sequence").text("s" + Gen.string(random, 5));
        }
        if (random.nextBoolean()) {
            out.name("container").json(Slice.of("{\"id\":\"c\", \"n\": 1.50}"));
            out.name("of_next_year").json(Slice.of(Gen.jsonObject(random, 1)));
        }
        out.name("usage").beginObject();
        for (String name :
                List.of(
                        "input_tokens",
                        "output_tokens",
                        "cache_read_input_tokens",
                        "cache_creation_input_tokens")) {
            out.name(name).literal("" + Gen.integer(random, 0, 1_000_000));
        }
        if (random.nextBoolean()) {
            out.name("cache_creation").json(Slice.of("{\"ephemeral_1h_input_tokens\": 1.0}"));
        }
        return out.endObject().endObject().slice();
    }

    private static void block(RandomGenerator random, JsonOut out, int kind) {
        String text = "t" + Gen.string(random, 30);
        switch (kind) {
            case 0 -> {
                out.beginObject().name("type").text("text").name("text").text(text);
                if (random.nextBoolean()) {
                    out.name("citations").beginArray();
                    for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                        out.json(Slice.of(Gen.jsonObject(random, 1)));
                    }
                    out.endArray();
                }
            }
            case 1 -> {
                out.beginObject().name("type").text("thinking").name("thinking").text(text);
                out.name("signature").text("s" + text);
            }
            case 2 ->
                    out.beginObject()
                            .name("type")
                            .text("redacted_thinking")
                            .name("data")
                            .text(text);
            case 3 -> {
                out.beginObject().name("type").text("tool_use").name("id").text("c" + text);
                out.name("name").text("f").name("input").json(Slice.of(Gen.jsonObject(random, 2)));
            }
            default -> {
                out.beginObject().name("type").text("web_search_tool_result");
                out.name("content").json(Slice.of(Gen.jsonObject(random, 2)));
            }
        }
        out.endObject();
    }

    /// A client of OpenAI whom Anthropic answers.
    @Test
    void aStreamIsSaidInOpenAisDialect() throws IOException {
        List<Event> events = new ArrayList<>();
        read(new SplitStream(STREAM.getBytes(StandardCharsets.UTF_8), 0), events);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        dev.backplane.gateway.dialect.openai.StreamWriter writer =
                new dev.backplane.gateway.dialect.openai.StreamWriter(out, true, "c", true);
        for (Event event : events) {
            writer.on(event);
        }
        writer.done();

        List<Event> again = new ArrayList<>();
        dev.backplane.gateway.dialect.openai.AnswerReader reader =
                new dev.backplane.gateway.dialect.openai.AnswerReader(again::add, "test");
        SseReader sse = new SseReader(new SplitStream(out.toByteArray(), 0), "test");
        while (sse.next() && !sse.data().equals(Slice.of("[DONE]"))) {
            reader.read(sse.data());
        }
        Answer answer = fold(again);
        assertThat(reader.complete()).isTrue();
        assertThat(answer.choices().getFirst().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(answer.choices().getFirst().parts())
                .containsExactly(
                        new Part.Reasoning("hm…"),
                        new Part.Text("Größe"),
                        new Part.ToolCall("toolu_1", "f", "{\"a\": \"ü\"}", Extras.NONE));
        assertThat(answer.usage().input()).hasValue(35);
        assertThat(answer.usage().cached()).hasValue(7);
    }

    /// Servers that speak other dialects say `stop` after tool calls, name the sequence that ended
    /// the answer elsewhere, and refuse in an event of its own.
    @Test
    void endsAreSaidInTheDialect() {
        assertThat(
                        end(
                                new Event.ToolCallStarted(0, 0, "c", "f"),
                                new Event.ToolArguments(0, 0, "{}")))
                .contains("\"stop_reason\":\"tool_use\",\"stop_sequence\":null");
        assertThat(end(new Event.Other(0, "stop_reason", Slice.of("\"END\""))))
                .contains("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\"");
        assertThat(end(new Event.Other(0, "stop_reason", Slice.of("128001"))))
                .contains("\"stop_reason\":\"end_turn\",\"stop_sequence\":null");
        assertThat(end(new Event.RefusalDelta(0, "no")))
                .contains("\"text\":\"no\"", "\"stop_reason\":\"refusal\"");
        assertThat(end(new Event.TextDelta(1, "another answer"))).doesNotContain("another");
    }

    private static String end(Event... middle) {
        List<Event> events = new ArrayList<>();
        events.add(new Event.Started("", "m", 0, Extras.NONE));
        events.addAll(List.of(middle));
        events.add(new Event.Finished(0, FinishReason.STOP, "stop"));
        return new String(written(events), StandardCharsets.UTF_8);
    }

    @Test
    void argumentsThatAreNoObjectAreWrapped() {
        Answer answer =
                fold(
                        List.of(
                                new Event.ToolCallStarted(0, 0, "c", "f"),
                                new Event.ToolArguments(0, 0, "{\"a\": "),
                                new Event.Finished(0, FinishReason.LENGTH, "length")));

        assertThat(AnswerWriter.write(answer, "msg_1").text())
                .contains("\"input\":{\"INVALID_JSON\":\"{\\\"a\\\": \"}");
        assertThat(answer.choices().getFirst().parts())
                .containsExactly(new Part.ToolCall("c", "f", "{\"a\": ", Extras.NONE));
    }

    @Test
    void errorsKeepTheirKind() {
        AnswerReader reader = new AnswerReader(_ -> {});
        Slice overloaded =
                Slice.of(
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                                + "\"message\":\"Overloaded\"}}");

        assertThatThrownBy(() -> reader.read(overloaded, "provider p"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                            assertThat(problem.what()).isEqualTo("Overloaded");
                        });
        assertThatThrownBy(() -> reader.read(Slice.of("<html>"), "provider p"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("provider sent what is no answer");
        assertThat(Errors.read(overloaded, 401, "p").what())
                .isEqualTo("provider refused the configured key");
        assertThat(Errors.read(Slice.of("<html>"), 529, "p").kind())
                .isEqualTo(Problem.Kind.UNAVAILABLE);
        for (Problem.Kind kind : Problem.Kind.values()) {
            Slice json = Errors.write(Problem.of(kind, "what", "where").fix("fix"), "req_1");
            assertThat(json.text())
                    .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"")
                    .endsWith("\"message\":\"what (where); fix\"},\"request_id\":\"req_1\"}");
        }
    }

    @Test
    void whatAnErrorSaysBesidesItsMessageIsKept() {
        Slice said =
                Slice.of(
                        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                                + "\"message\":\"m\",\"details\":{\"error_code\":\"x\",\n"
                                + "\"a\":[1]}}}");

        Slice written = Errors.write(Errors.read(said, 400, "where"), "req_1");

        assertThat(written.text())
                .contains("\"details\":{\"error_code\":\"x\",")
                .doesNotContain("\n");
        assertThat(Errors.write(Errors.read(said, 401, "where"), "req_1").text())
                .doesNotContain("details");
    }
}
