package dev.backplane.ingest.ndjson;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Span;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanJson;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.Collected;
import dev.backplane.ingest.Ingested;
import dev.backplane.ingest.ItemCount;
import dev.backplane.ingest.Otlp;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SpanLinesTest {
    private final Collected sink = new Collected();

    private Ingested read(String body) {
        return SpanLines.read(Slice.of(body).open(), Otlp.CONTEXT, sink);
    }

    private static String problem(Ingested result) {
        assertThat(result.rejected()).isEqualTo(1);
        Problem problem = result.rejections().getFirst().problem();
        return problem.getMessage() + "; " + problem.fix();
    }

    @Test
    void readsEachOperation() {
        Ingested result =
                read(
                        """
                        {"trace_id":"t","span_id":"s","name":"chat","kind":"llm","model":"gpt-4o",
                        """
                                        .strip()
                                + """
                                "input":[{"role": "user"}],"input_tokens":1000000,\
                                "start_time":"2026-01-02T03:04:05.5+01:00"}

                                {"op":"merge","trace_id":"t","span_id":"s","end_time":7,"output":"a\\nb"}
                                {"op":"feedback","trace_id":"t","span_id":"s","scores":{"q":1},"comment":"ok"}
                                {"op":"delete","trace_id":"t","span_id":"s"}\
                                """);

        assertThat(result).isEqualTo(new Ingested(4, 0, List.of()));
        assertThat(sink.events).extracting(SpanEvent::op).containsExactly(SpanEvent.Op.values());
        assertThat(sink.events)
                .extracting(SpanEvent::key)
                .containsOnly(new SpanKey("default", "t", "s"));
        SpanData insert = sink.events.getFirst().data();
        assertThat(insert.get(Field.INPUT)).contains(Value.json("[{\"role\": \"user\"}]"));
        assertThat(insert.number(Field.START_TIME, 0)).isEqualTo(1767319445_500000000L);
        assertThat(insert.get(Field.COST)).contains(Value.of(2.5));
        assertThat(insert.text(Field.DIALECT)).isEqualTo("native");
        assertThat(sink.events.get(1).data().text(Field.OUTPUT)).isEqualTo("a\nb");
        assertThat(sink.events.get(1).data().has(Field.KIND)).isFalse();
        assertThat(sink.events.get(2).data().get(Field.COMMENTS))
                .contains(Value.json("[{\"text\":\"ok\"}]"));
    }

    @Test
    void badLinesCostOnlyThemselvesAndSayWhere() {
        Ingested result =
                read(
                        """
                        {"trace_id":"t","span_id":"a"}
                        {"trace_id":"t","span_id":"b",}
                        {"trace_id":"t"}
                        [1]
                        {"trace_id":"t","span_id":"c","input_tokens":1.5}
                        {"trace_id":"t","span_id":"d","kind":"magic"}
                        {"trace_id":"t","span_id":"e","inptu":1}
                        {"trace_id":"t","span_id":"f","start_time":"yesterday"}
                        {"op":"feedback","trace_id":"t","span_id":"g","input":1}
                        {"op":"upsert","trace_id":"t","span_id":"h"}
                        {"trace_id":"t","span_id":"z"}
                        """);

        assertThat(result.accepted()).isEqualTo(2);
        assertThat(result.rejections())
                .extracting(rejection -> rejection.index())
                .containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
        assertThat(result.rejections())
                .extracting(rejection -> rejection.problem().getMessage())
                .satisfiesExactly(
                        m -> assertThat(m).contains("line 2, column 31"),
                        m -> assertThat(m).contains("span_id is missing (line 3)"),
                        m -> assertThat(m).contains("not a JSON object (line 4)"),
                        m -> assertThat(m).contains("input_tokens: not a whole", "column 46"),
                        m -> assertThat(m).contains("kind: unknown kind (line 6, column 38)"),
                        m -> assertThat(m).contains("inptu: unknown field"),
                        m -> assertThat(m).contains("start_time: not a time"),
                        m -> assertThat(m).contains("feedback cannot set input"),
                        m -> assertThat(m).contains("unknown op"));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Gen.check(
                1_000,
                random -> {
                    SpanData data = data(random);
                    SpanKey key = new SpanKey("default", "t" + Gen.identifier(random, 0, 9), "s");
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    SpanJson.write(new Span(key, data, 1), out);

                    SpanEvent event = SpanLine.event(Slice.of(out.toByteArray()), 1, Otlp.CONTEXT);

                    assertThat(event).isEqualTo(SpanEvent.insert(key, data));
                });
    }

    private static SpanData data(RandomGenerator random) {
        SpanData.Builder data =
                SpanData.builder()
                        .put(Field.KIND, "tool")
                        .put(Field.DIALECT, "native")
                        .put(Field.NAME, Value.text(Gen.string(random, 30)))
                        .put(Field.START_TIME, Gen.integer(random, 0, Long.MAX_VALUE))
                        .put(Field.INPUT, Value.text(Gen.string(random, 200)))
                        .put(Field.OUTPUT, Value.json(Gen.jsonObject(random, 3)))
                        .put(Field.COST, Value.of(Gen.real(random)))
                        .put(Field.TAGS, Value.json("[\"a\"]"));
        List<Value.Attribute> attributes =
                List.of(
                        new Value.Attribute("text", Value.text(Gen.string(random, 20))),
                        new Value.Attribute("int", Value.of(Gen.anyLong(random))),
                        new Value.Attribute("real", Value.of(Gen.real(random))),
                        new Value.Attribute("flag", Value.of(random.nextBoolean())),
                        new Value.Attribute("json", Value.json("[1, 2]")));
        data.put(Field.ATTRIBUTES, new Value.Attributes(attributes));
        data.put(Field.EVENTS, new Value.Events(List.of(new Value.Event("e", 1_000, attributes))));
        return data.build();
    }

    @Test
    void aLineAboveTheLimitIsRefusedWithTheWayAroundIt() {
        long length = SpanLines.LINE_LENGTH_MAX + 1L;
        InputStream huge =
                new InputStream() {
                    private long at;

                    @Override
                    public int read() {
                        at++;
                        return at <= length ? ' ' + 1 : at == length + 1 ? '\n' : -1;
                    }

                    @Override
                    public int read(byte[] bytes, int offset, int count) {
                        int c = read();
                        if (c < 0) {
                            return -1;
                        }
                        bytes[offset] = (byte) c;
                        int more = (int) Math.max(0, Math.min(count - 1, length - at));
                        java.util.Arrays.fill(bytes, offset + 1, offset + 1 + more, (byte) '!');
                        at += more;
                        return 1 + more;
                    }
                };
        InputStream both =
                new java.io.SequenceInputStream(
                        huge, Slice.of("{\"trace_id\":\"t\",\"span_id\":\"s\"}").open());

        Ingested result = SpanLines.read(both, Otlp.CONTEXT, sink);

        assertThat(result.accepted()).isEqualTo(1);
        assertThat(problem(result)).contains("more than 64 MiB", "PUT /api/v1/spans");
    }

    @Test
    void deepAndWideJsonIsRefusedOrStored() {
        String start = "{\"trace_id\":\"t\",\"span_id\":\"s\",";
        StringBuilder wide = new StringBuilder("{\"k\":0");
        for (int i = 0; i < 1_000_000; i++) {
            wide.append(",\"").append(i).append("\":0");
        }
        wide.append('}');

        assertThat(
                        problem(
                                read(
                                        start
                                                + "\"input\":"
                                                + "[".repeat(10_000)
                                                + "]".repeat(10_000)
                                                + "}")))
                .contains("nested deeper than 1000");
        assertThat(read(start + "\"attributes\":" + wide + "}").accepted()).isEqualTo(1);
        String wider = "{\"k\":0" + ",\"a\":0".repeat(ItemCount.ITEMS_MAX) + "}";
        assertThat(problem(read(start + "\"attributes\":" + wider + "}")))
                .contains("more than 2000000 attributes");
        assertThat(read(start + "\"input\":" + wide + "}").accepted()).isEqualTo(1);
        assertThat(read(start + "\"name\":\"a\\u0000\\ud800b\"}").accepted()).isEqualTo(1);
        assertThat(sink.events.getLast().data().text(Field.NAME)).isEqualTo("a\u0000\ud800b");
        assertThat(problem(read(start + "\"cost\":1e999999999,\"start_time\":1e999999999}")))
                .contains("start_time: not a whole number");
    }

    @Test
    void rejectionsAreCountedBeyondThoseKept() {
        Ingested result = read("x\n".repeat(5_000));

        assertThat(result.rejected()).isEqualTo(5_000);
        assertThat(result.rejections()).hasSize(Ingested.REJECTIONS_MAX);
    }

    @Test
    void batchesAreBoundedAndFaultsOfTheSinkComeThrough() {
        read("{\"trace_id\":\"t\",\"span_id\":\"s\"}\n".repeat(2_500));
        assertThat(sink.batches).containsExactly(1_000, 1_000, 500);

        assertThatThrownBy(() ->
                        SpanLines.read(
                                Slice.of("{\"trace_id\":\"t\",\"span_id\":\"s\"}").open(),
                                Otlp.CONTEXT,
                                _ -> {
                                    throw Problem.unavailable("store is full", "disk");
                                }))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("store is full");
    }
}
