package dev.backplane.testkit;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Deletion;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.core.Value.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// A stream of span events as a few agents at work send them, and worse.
///
/// Several traces grow at the same time. Each holds one conversation: an LLM span carries all its
/// messages so far (byte for byte the same ones, or now and then the same JSON written otherwise,
/// cut, or restarted by a compaction) and appends one. Tool, agent and other spans stand between.
/// Spans are opened and completed by merges, inserted again, judged (also before they exist),
/// deleted; every [Value] kind and every [Field] occurs.
///
/// A seed gives the same stream every time. For volume and realism use the benchmark's workload;
/// this is for finding defects with few, small, nasty events. Not thread-safe.
public final class SpanGen {
    private static final int TRACES_OPEN = 4;
    private static final long START_NANOS = 1_767_225_600_000_000_000L;
    private static final String[] MODELS = {
        "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "örtlich"
    };

    private static final class Trace {
        final String id;
        final List<String> messages = new ArrayList<>();
        final List<String> spans = new ArrayList<>();

        Trace(String id) {
            this.id = id;
        }
    }

    private final RandomGenerator random;
    private final String project;
    private final List<Trace> traces = new ArrayList<>();
    private final List<SpanEvent> inserted = new ArrayList<>();
    private long time = START_NANOS;
    private int lastId;

    public SpanGen(RandomGenerator random, String project) {
        this.random = random;
        this.project = project;
    }

    public SpanGen(RandomGenerator random) {
        this(random, "default");
    }

    public List<SpanEvent> events(int count) {
        List<SpanEvent> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            events.add(next());
        }
        return events;
    }

    public SpanEvent next() {
        Trace trace = trace();
        return switch (random.nextInt(20)) {
            case 0, 1 -> SpanEvent.merge(someKey(trace), mergeData(), rules());
            case 2 -> SpanEvent.feedback(someKey(trace), feedback());
            case 3 -> Gen.oneIn(random, 3) ? SpanEvent.delete(someKey(trace)) : insert(trace);
            case 4 -> inserted.isEmpty() ? insert(trace) : Gen.pick(random, inserted);
            default -> insert(trace);
        };
    }

    private Trace trace() {
        if (traces.size() < TRACES_OPEN || Gen.oneIn(random, 40)) {
            Trace trace = new Trace(id(32));
            if (traces.size() < TRACES_OPEN) {
                traces.add(trace);
            } else {
                traces.set(random.nextInt(traces.size()), trace);
            }
        }
        return Gen.pick(random, traces);
    }

    /// Ids are hex as OTLP's, or whatever else people send.
    private String id(int length) {
        lastId++;
        return switch (random.nextInt(12)) {
            case 0 -> "run " + lastId + "/ä🛫'\"%";
            case 1 -> lastId + "-" + "x".repeat(SpanKey.ID_LENGTH_MAX - 12);
            default -> ("%0" + length + "x").formatted(lastId * 0x9E3779B97F4AL);
        };
    }

    /// A span of the trace, mostly one that exists.
    private SpanKey someKey(Trace trace) {
        String span =
                trace.spans.isEmpty() || Gen.oneIn(random, 8)
                        ? id(16)
                        : Gen.pick(random, trace.spans);
        return new SpanKey(project, trace.id, span);
    }

    private SpanEvent insert(Trace trace) {
        SpanData.Builder data = SpanData.builder();
        time += random.nextLong(1, 2_000_000_000);
        data.put(Field.START_TIME, time);
        data.put(
                Field.NAME,
                Gen.pick(random, "chat", "lookup_flight", "run", Gen.prose(random, 30)));
        if (!trace.spans.isEmpty()) {
            data.put(Field.PARENT_ID, Gen.pick(random, trace.spans));
        }
        if (!Gen.oneIn(random, 6)) {
            data.put(Field.END_TIME, time + random.nextLong(0, 30_000_000_000L));
        }
        if (Gen.oneIn(random, 3)) {
            tool(trace, data);
        } else {
            llm(trace, data);
        }
        sometimes(data);
        String span = id(16);
        trace.spans.add(span);
        SpanEvent event = SpanEvent.insert(new SpanKey(project, trace.id, span), data.build());
        inserted.add(event);
        return event;
    }

    private void llm(Trace trace, SpanData.Builder data) {
        data.put(Field.KIND, SpanKind.LLM.id());
        data.put(Field.MODEL, Gen.pick(random, MODELS));
        data.put(Field.PROVIDER, Gen.pick(random, "openai", "anthropic", ""));
        if (trace.messages.isEmpty()) {
            trace.messages.add(message("system", Gen.prose(random, 3_000)));
        } else if (Gen.oneIn(random, 15)) {
            int keep = random.nextInt(trace.messages.size());
            trace.messages.subList(0, keep).clear();
            trace.messages.addFirst(message("user", "summary: " + Gen.prose(random, 400)));
        }
        trace.messages.add(message(Gen.pick(random, "user", "tool"), Gen.prose(random, 800)));
        data.put(Field.INPUT, Value.json(array(trace.messages)));
        String answer = message("assistant", Gen.prose(random, 300));
        trace.messages.add(answer);
        data.put(Field.OUTPUT, Value.json("[" + answer + "]"));
        if (Gen.oneIn(random, 3)) {
            data.put(Field.TOOLS, Value.json("[" + Gen.jsonObject(Gen.random(7), 3) + "]"));
        }
        long tokens = random.nextLong(100_000);
        data.put(Field.INPUT_TOKENS, tokens);
        data.put(Field.CACHED_TOKENS, tokens / 2);
        data.put(Field.CACHE_WRITE_TOKENS, tokens / 10);
        data.put(Field.OUTPUT_TOKENS, Gen.integer(random, 0L, 4_000L));
        data.put(Field.REASONING_TOKENS, 0);
        data.put(Field.COST, Value.of(random.nextDouble()));
        data.put(Field.TIME_TO_FIRST_TOKEN_MS, Value.of(Math.abs(Gen.real(random))));
    }

    private void tool(Trace trace, SpanData.Builder data) {
        data.put(Field.KIND, Gen.pick(random, SpanKind.values()).id());
        data.put(Field.INPUT, payload());
        data.put(Field.OUTPUT, payload());
        if (Gen.oneIn(random, 4)) {
            data.put(Field.STATUS, "error");
            data.put(Field.ERROR, payload());
        } else {
            data.put(Field.STATUS, "ok");
        }
        if (!trace.messages.isEmpty() && Gen.oneIn(random, 4)) {
            data.put(
                    Field.INPUT,
                    Value.text(Gen.pick(random, trace.messages) + Gen.string(random, 9)));
        }
    }

    /// What only some spans carry.
    private void sometimes(SpanData.Builder data) {
        for (Field field :
                List.of(
                        Field.SESSION_ID,
                        Field.USER_ID,
                        Field.AGENT,
                        Field.TAGS,
                        Field.SCORES,
                        Field.METADATA,
                        Field.METRICS,
                        Field.ATTRIBUTES,
                        Field.RESOURCE,
                        Field.EVENTS,
                        Field.LINKS,
                        Field.SCOPE,
                        Field.COMMENTS,
                        Field.EXPECTED,
                        Field.DIALECT,
                        Field.EXTRA)) {
            if (Gen.oneIn(random, 5)) {
                data.put(field, value(field));
            }
        }
    }

    private SpanData mergeData() {
        SpanData.Builder data = SpanData.builder();
        data.put(Field.END_TIME, time + random.nextLong(1, 1_000_000));
        List<Field> fields = List.of(Field.values());
        for (int i = random.nextInt(4); i > 0; i--) {
            Field field = Gen.pick(random, fields);
            data.put(field, value(field));
        }
        return data.build();
    }

    private SpanData feedback() {
        SpanData.Builder data = SpanData.builder();
        data.put(Field.SCORES, value(Field.SCORES));
        for (Field field : List.of(Field.COMMENTS, Field.TAGS, Field.EXPECTED)) {
            if (random.nextBoolean()) {
                data.put(field, value(field));
            }
        }
        return data.build();
    }

    private MergeRules rules() {
        if (!Gen.oneIn(random, 4)) {
            return MergeRules.NONE;
        }
        return new MergeRules(
                Gen.list(random, 2, _ -> List.of("metadata", Gen.identifier(random, 1, 3))),
                Gen.list(
                        random,
                        2,
                        _ ->
                                new Deletion(
                                        List.of(Gen.pick(random, "tags", "metadata")),
                                        List.of(Gen.pick(random, "\"a\"", "\"vip\"", "1")))));
    }

    /// A value that `field` may hold.
    private Value value(Field field) {
        return switch (field) {
            case KIND -> Value.text(Gen.pick(random, SpanKind.values()).id());
            case STATUS -> Value.text(Gen.pick(random, "ok", "error"));
            case DIALECT -> Value.text(Gen.pick(random, "gen_ai", "openinference", "native"));
            case TAGS -> Value.json(strings(Gen.list(random, 4, this::tag)));
            case SCORES, METRICS -> Value.json(numbers());
            case COMMENTS -> Value.json(comments());
            case TOOLS, LINKS -> Value.json("[" + Gen.jsonObject(random, 2) + "]");
            case METADATA, SCOPE, EXTRA -> Value.json(Gen.jsonObject(random, 3));
            default -> byType(field);
        };
    }

    private Value byType(Field field) {
        return switch (field.type()) {
            case TEXT ->
                    Value.text(
                            Gen.oneIn(random, 4)
                                    ? Gen.string(random, 40)
                                    : "v" + random.nextInt(9));
            case INT -> Value.of(random.nextLong(1_000_000));
            case REAL -> Value.of(Gen.real(random));
            case JSON -> Value.json(Gen.json(random, 2));
            case PAYLOAD -> payload();
            case ATTRIBUTES -> new Value.Attributes(attributes(2));
            case EVENTS ->
                    new Value.Events(
                            Gen.list(
                                    random,
                                    3,
                                    _ ->
                                            new Value.Event(
                                                    Gen.prose(random, 20),
                                                    Gen.oneIn(random, 4) ? 0 : time,
                                                    attributes(1))));
        };
    }

    private List<Attribute> attributes(int depth) {
        return Gen.list(
                random, 6, _ -> new Attribute("key." + random.nextInt(8), attribute(depth)));
    }

    private Value attribute(int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 7)) {
            case 0 -> Value.of(Gen.anyLong(random));
            case 1 -> Value.of(Gen.oneIn(random, 6) ? Double.NaN : Gen.real(random));
            case 2 -> Value.of(random.nextBoolean());
            case 3 -> new Value.Binary(Slice.of(Gen.bytes(random, random.nextInt(400))));
            case 4 -> Value.json(Gen.json(random, 2));
            case 5 -> Value.text(Gen.string(random, 600));
            case 6 -> Value.text(Gen.prose(random, 60));
            default -> new Value.Attributes(attributes(depth - 1));
        };
    }

    private Value payload() {
        return switch (random.nextInt(5)) {
            case 0 -> Value.text(Gen.string(random, 100));
            case 1 -> Value.text(Gen.prose(random, 5_000));
            case 2 -> Value.text("");
            default -> Value.json(Gen.json(random, 4));
        };
    }

    private String tag(RandomGenerator random) {
        return Gen.pick(random, "a", "b", "vip", "ünïcode", Gen.identifier(random, 1, 6));
    }

    private static String strings(List<String> list) {
        return Gen.writeJson(generator -> {
            generator.writeStartArray();
            list.forEach(generator::writeString);
            generator.writeEndArray();
        });
    }

    private String numbers() {
        return Gen.writeJson(generator -> {
            generator.writeStartObject();
            for (int i = random.nextInt(4); i > 0; i--) {
                generator.writeName(Gen.pick(random, "correct", "helpful", "x") + i);
                if (Gen.oneIn(random, 5)) {
                    generator.writeNull();
                } else {
                    generator.writeNumber(random.nextDouble());
                }
            }
            generator.writeEndObject();
        });
    }

    private String comments() {
        return Gen.writeJson(generator ->
                generator
                        .writeStartArray()
                        .writeStartObject()
                        .writeStringProperty("text", Gen.string(random, 50))
                        .writeStringProperty("author", Gen.identifier(random, 1, 8))
                        .writeNumberProperty("time", time)
                        .writeEndObject()
                        .writeEndArray());
    }

    /// A chat message in one of the ways that senders write JSON.
    private String message(String role, String content) {
        String text = Gen.writeJson(generator -> generator.writeString(content));
        return switch (random.nextInt(4)) {
            case 0 -> "{\"content\":" + text + ",\"role\":\"" + role + "\"}";
            case 1 -> "{ \"role\": \"" + role + "\", \"content\": " + text + " }";
            case 2 ->
                    "{\"role\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":%s}],\"n\":1.0e0}"
                            .formatted(role, text);
            default -> "{\"role\":\"" + role + "\",\"content\":" + text + "}";
        };
    }

    private String array(List<String> messages) {
        return switch (random.nextInt(4)) {
            case 0 -> "[" + String.join(", ", messages) + "]";
            case 1 -> "[\n  " + String.join(",\n  ", messages) + "\n]";
            default -> "[" + String.join(",", messages) + "]";
        };
    }
}
