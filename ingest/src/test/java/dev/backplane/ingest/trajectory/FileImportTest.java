package dev.backplane.ingest.trajectory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.Collected;
import dev.backplane.ingest.Otlp;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class FileImportTest {
    private static final String CHAT =
            """
            {"task_id": 7, "reward": 1.0, "model": "gpt-4o",
             "traj": [
              {"role": "system", "content": "be kind"},
              {"role": "user", "content": "weather  in Paris?"},
              {"content": null, "role": "assistant", "tool_calls": [{"id": "c1", "type": "function",
                "function": {"name": "weather", "arguments": "{\\"city\\":\\"Paris\\"}"}}]},
              {"role": "tool", "tool_call_id": "c1", "name": "weather", "content": "sunny"},
              {"role": "assistant", "content": "Sunny \\u263a."}
             ]}\
            """;

    private final Collected sink = new Collected();

    private static final Instant IMPORTED = Instant.parse("2026-05-01T12:00:00.5Z");

    private FileImport.Report read(String text) {
        return read(text, new ChatTimes(IMPORTED, _ -> OptionalLong.empty()));
    }

    private FileImport.Report read(String text, ChatTimes times) {
        return FileImport.read(
                Slice.of(text).open(), "dir/runs.json", Otlp.CONTEXT, times, sink, _ -> {});
    }

    private static Instant time(SpanEvent event, Field field) {
        return Instant.EPOCH.plusNanos(event.data().number(field, 0));
    }

    private List<SpanEvent> ofKind(String kind) {
        return sink.events.stream()
                .filter(event -> event.data().text(Field.KIND).equals(kind))
                .toList();
    }

    private static String json(SpanEvent event, Field field) {
        Value value = event.data().get(field).orElseThrow();
        return ((Slice) ((Value.Json) value).content()).text();
    }

    @Test
    void aChatBecomesATrace() {
        FileImport.Report report = read("[" + CHAT + "]");

        assertThat(report.traces()).isEqualTo(1);
        assertThat(report.spans()).isEqualTo(4);
        SpanEvent root = ofKind("agent").getFirst();
        List<SpanEvent> turns = ofKind("llm");
        SpanEvent tool = ofKind("tool").getFirst();
        assertThat(turns).hasSize(2);
        assertThat(turns)
                .allMatch(turn -> turn.data().text(Field.PARENT_ID).equals(root.key().span()));
        assertThat(tool.data().text(Field.PARENT_ID)).isEqualTo(turns.getFirst().key().span());
        assertThat(tool.data().text(Field.NAME)).isEqualTo("weather");
        assertThat(json(tool, Field.INPUT)).isEqualTo("{\"city\":\"Paris\"}");
        assertThat(tool.data().text(Field.OUTPUT)).isEqualTo("sunny");
        assertThat(json(turns.getFirst(), Field.INPUT))
                .isEqualTo(
                        "[{\"role\":\"system\",\"content\":\"be kind\"},"
                                + "{\"role\":\"user\",\"content\":\"weather  in Paris?\"}]");
        assertThat(json(turns.get(1), Field.OUTPUT))
                .isEqualTo("[{\"role\":\"assistant\",\"content\":\"Sunny \\u263a.\"}]");
        assertThat(turns.get(1).data().text(Field.MODEL)).isEqualTo("gpt-4o");
        assertThat(root.data().text(Field.NAME)).isEqualTo("runs 0");
        assertThat(root.data().has(Field.PARENT_ID)).isFalse();
        assertThat(json(root, Field.SCORES)).isEqualTo("{\"reward\":1.0}");
        assertThat(json(root, Field.METADATA))
                .isEqualTo("{\"task_id\":7,\"reward\":1.0,\"model\":\"gpt-4o\"}");
        assertThat(time(root, Field.START_TIME)).isEqualTo("2026-05-01T11:59:55Z");
        assertThat(time(root, Field.END_TIME)).isEqualTo("2026-05-01T12:00:00Z");
    }

    @Test
    void chatsWithoutTimesEndBeforeTheirImportInTheOrderOfTheFile() {
        String timed =
                CHAT.replace("{\"task_id\"", "{\"created_at\": \"2025-01-01T00:00:00Z\", \"id\"");
        read("[" + CHAT + "," + timed + "," + CHAT + "]");

        assertThat(ofKind("agent"))
                .extracting(root -> time(root, Field.START_TIME).toString())
                .containsExactly(
                        "2026-05-01T11:59:55Z", "2025-01-01T00:00:00Z", "2026-05-01T11:57:55Z");
        assertThat(ofKind("llm").subList(0, 2))
                .extracting(turn -> time(turn, Field.START_TIME).toString())
                .containsExactly("2026-05-01T11:59:57Z", "2026-05-01T11:59:59Z");
    }

    @Test
    void importingAgainGivesTheSameEvents() {
        String file = "[" + CHAT + "," + CHAT + "]";
        read(file);
        List<SpanEvent> first = List.copyOf(sink.events);
        sink.events.clear();
        Map<SpanKey, Long> stored =
                first.stream()
                        .collect(
                                Collectors.toMap(
                                        SpanEvent::key,
                                        event -> event.data().number(Field.START_TIME, 0)));

        read(
                file,
                new ChatTimes(
                        IMPORTED.plus(Duration.ofDays(9)),
                        key -> OptionalLong.of(stored.get(key))));

        assertThat(sink.events)
                .extracting(event -> List.of(event.key(), times(event)))
                .isEqualTo(
                        first.stream().map(event -> List.of(event.key(), times(event))).toList());
    }

    private static List<Instant> times(SpanEvent event) {
        return List.of(time(event, Field.START_TIME), time(event, Field.END_TIME));
    }

    @Test
    void everyInputBeginsWithTheBytesOfTheOneBefore() {
        Gen.check(
                200,
                random -> {
                    sink.events.clear();
                    StringBuilder messages = new StringBuilder();
                    for (int i = Gen.integer(random, 1, 20); i > 0; i--) {
                        messages.append(messages.isEmpty() ? "" : " ,\n ")
                                .append("{ \"role\" : \"")
                                .append(Gen.pick(random, "user", "assistant", "tool"))
                                .append("\" , \"content\": ")
                                .append(Gen.json(random, 2))
                                .append('}');
                    }
                    FileImport.Report report = read("[{\"messages\": [" + messages + "]}]");

                    assertThat(report.rejected()).isZero();
                    List<String> inputs = new ArrayList<>();
                    ofKind("llm").forEach(turn -> inputs.add(json(turn, Field.INPUT)));
                    for (int i = 1; i < inputs.size(); i++) {
                        String before = inputs.get(i - 1);
                        boolean empty = before.equals("[]");
                        assertThat(inputs.get(i))
                                .startsWith(
                                        before.substring(0, before.length() - 1)
                                                + (empty ? "" : ","));
                    }
                });
    }

    @Test
    void theSameFileIsTheSameEventsAndAnotherIsNot() {
        read("[" + CHAT + "]");
        List<SpanEvent> first = List.copyOf(sink.events);
        sink.events.clear();
        read("[" + CHAT + "]");
        assertThat(sink.events).isEqualTo(first);

        sink.events.clear();
        read("[" + CHAT.replace("sunny", "rainy") + "]");
        assertThat(sink.events.getFirst().key().trace())
                .isNotEqualTo(first.getFirst().key().trace());
    }

    @Test
    void anArrayLinesAndValuesAreFoundOut() {
        String line = CHAT.replace("\n", " ");

        assertThat(read("[" + CHAT + ",\n" + CHAT + "]").traces()).isEqualTo(2);
        assertThat(read(line + "\n" + line + "\r\n\n" + line).traces()).isEqualTo(3);
        assertThat(read(CHAT + "\n" + CHAT).traces()).isEqualTo(2);
        assertThat(read(CHAT).traces()).isEqualTo(1);
        assertThat(read("[]").traces()).isZero();
        assertThat(read("").traces()).isZero();
        assertThat(read("[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\"}]").spans())
                .isEqualTo(2);
    }

    @Test
    void aBadLineCostsOnlyItself() {
        String line = CHAT.replace("\n", " ");

        FileImport.Report report = read(line + "\n{\"messages\": [}\n{\"a\":1}\n" + line + "\n");

        assertThat(report.traces()).isEqualTo(2);
        assertThat(report.rejections())
                .extracting(rejection -> rejection.index())
                .containsExactly(2L, 3L);
        assertThat(report.rejections().getFirst().problem())
                .hasMessageContaining("line 2, column 15");
    }

    @Test
    void otherFormatsAndGzipAreRecognised() throws IOException {
        String otlp =
                """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x",\
                "traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]}]}]}
                {"trace_id":"t","span_id":"s","name":"native"}
                """;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(otlp.getBytes());
        }

        FileImport.Report report =
                FileImport.read(
                        Slice.of(bytes.toByteArray()).open(),
                        "a.jsonl.gz",
                        Otlp.CONTEXT,
                        new ChatTimes(IMPORTED, _ -> OptionalLong.empty()),
                        sink,
                        _ -> {});

        assertThat(report.spans()).isEqualTo(2);
        assertThat(report.bytes()).isEqualTo(otlp.length());
        assertThat(sink.events)
                .extracting(event -> event.data().text(Field.NAME))
                .containsExactly("x", "native");
    }

    @Test
    void toolUseAndResultsOfAnthropicAreFollowed() {
        read(
                """
                [{"system":"be kind","tools":[{"name":"w"}],"messages":[
                  {"role":"user","content":"hi"},
                  {"role":"assistant","content":[{"type":"tool_use","id":"u","name":"w","input":{"a":1}}]},
                  {"role":"user","content":[{"type":"tool_result","tool_use_id":"u","content":"ok"}]},
                  {"role":"assistant","content":"done"}]}]\
                """);

        SpanEvent tool = ofKind("tool").getFirst();
        assertThat(tool.data().text(Field.NAME)).isEqualTo("w");
        assertThat(json(tool, Field.INPUT)).isEqualTo("{\"a\":1}");
        assertThat(tool.data().text(Field.OUTPUT)).isEqualTo("ok");
        assertThat(json(ofKind("llm").getFirst(), Field.INPUT))
                .startsWith("[{\"role\":\"system\",\"content\":\"be kind\"},");
        assertThat(json(ofKind("llm").getFirst(), Field.TOOLS)).isEqualTo("[{\"name\":\"w\"}]");
    }

    @Test
    void aChatThatWouldUnfoldWithoutEndIsRefused() {
        String turn = "{\"role\":\"assistant\",\"content\":\"x\"}";
        StringBuilder chat = new StringBuilder("[{\"messages\":[").append(turn);
        for (int i = 0; i < 100_000; i++) {
            chat.append(',').append(turn);
        }
        String one = chat.append("]}]").toString();

        FileImport.Report report = read(one);

        assertThat(report.spans()).isZero();
        assertThat(report.rejections().getFirst().problem())
                .hasMessageContaining("64 GiB of history");
    }

    @Test
    void faultsAreSaid() {
        assertThatThrownBy(() -> read("hello"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("neither a JSON array nor JSON lines");
        assertThatThrownBy(() -> read("[" + CHAT + ","))
                .hasMessageContaining("file ends inside its array");
        assertThatThrownBy(() ->
                        FileImport.read(
                                Slice.of("[" + CHAT + "]").open(),
                                "f",
                                Otlp.CONTEXT,
                                new ChatTimes(IMPORTED, _ -> OptionalLong.empty()),
                                _ -> {
                                    throw Problem.invalid("refused", "store");
                                },
                                _ -> {}))
                .hasMessageContaining("refused");
    }
}
