package dev.backplane.ingest.ndjson;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.ItemCount;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.json.JsonValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Reads one line of the native format into an event.
///
/// Names outside [Field] are refused, except `op`, `trace_id`, `span_id`, `project` (the key's
/// project counts) and `comment` (short for one element of `comments`); null means absent; of a
/// name given twice the last counts.
public final class SpanLine {
    private static final int TEXT_LENGTH_MAX = 64 << 10;

    private final String where;
    private final SpanData.Builder data = SpanData.builder();
    private final ItemCount items;
    private String op = "insert";
    private String trace = "";
    private String span = "";

    private SpanLine(long number) {
        this.where = "line " + number;
        this.items = new ItemCount(where);
    }

    /// @param number of the line, for errors
    /// @throws Problem `INVALID` with line and column of what is wrong
    public static SpanEvent event(Slice line, long number, IngestContext context) {
        Slice object = JsonBytes.checked(line, number, "span events");
        SpanLine reader = new SpanLine(number);
        if (!JsonBytes.isObject(object)) {
            throw reader.bad("line is not a JSON object", "send one object a line");
        }
        JsonBytes.members(
                object,
                (name, value) -> {
                    if (!JsonBytes.isNull(value)) {
                        reader.member(name, value, object.offset());
                    }
                });
        return reader.event(context);
    }

    private void member(String name, Slice value, int lineStart) {
        try {
            switch (name) {
                case "op" -> op = string(value);
                case "trace_id" -> trace = string(value);
                case "span_id" -> span = string(value);
                case "project" -> {}
                case "comment" -> data.put(Field.COMMENTS, comment(value));
                default ->
                        data.put(
                                Field.byId(name).orElseThrow(() -> unknown(name)),
                                value(Field.byId(name).orElseThrow(), value));
            }
        } catch (Problem problem) {
            int column = value.offset() - lineStart + 1;
            throw Problem.invalid(name + ": " + problem.what(), where + ", column " + column)
                    .fix(problem.fix());
        }
    }

    private static Value comment(Slice value) {
        JsonOut out = new JsonOut().beginArray().beginObject();
        out.name("text").json(value);
        return Value.json(out.endObject().endArray().slice());
    }

    private SpanEvent event(IngestContext context) {
        if (trace.isEmpty() || span.isEmpty()) {
            throw bad(
                    (trace.isEmpty() ? "trace_id" : "span_id") + " is missing",
                    "send trace_id and span_id with every event");
        }
        SpanKey key = new SpanKey(context.project(), trace, span);
        return switch (op) {
            case "insert" -> SpanEvent.insert(key, complete(context));
            case "merge" -> SpanEvent.merge(key, data.build(), SpanEvent.MergeRules.NONE);
            case "feedback" -> SpanEvent.feedback(key, feedback());
            case "delete" -> SpanEvent.delete(key);
            default -> throw bad("unknown op", "send insert, merge, feedback or delete");
        };
    }

    private SpanData complete(IngestContext context) {
        if (!data.has(Field.KIND)) {
            data.put(Field.KIND, SpanKind.OTHER.id());
        }
        if (!data.has(Field.DIALECT)) {
            data.put(Field.DIALECT, "native");
        }
        if (!data.has(Field.COST)) {
            long start =
                    data.get(Field.START_TIME).orElse(Value.of(0)) instanceof Value.Int(long nanos)
                            ? nanos
                            : 0;
            context.prices()
                    .cost(data, start)
                    .ifPresent(dollars -> data.put(Field.COST, Value.of(dollars)));
        }
        return data.build();
    }

    private SpanData feedback() {
        SpanData fields = data.build();
        fields.forEach((field, _) -> {
            switch (field) {
                case SCORES, COMMENTS, TAGS, EXPECTED -> {}
                default ->
                        throw bad(
                                "feedback cannot set " + field.id(),
                                "send scores, comment, tags or expected, or op merge");
            }
        });
        return fields;
    }

    private Value value(Field field, Slice value) {
        return switch (field.type()) {
            case TEXT -> text(field, value);
            case INT -> Value.of(integer(field, value));
            case REAL -> Value.of(real(value));
            case JSON -> json(field, value);
            case PAYLOAD -> JsonValues.payload(value);
            case ATTRIBUTES -> new Value.Attributes(attributes(value));
            case EVENTS -> new Value.Events(events(value));
        };
    }

    private static Value text(Field field, Slice value) {
        String text = string(value);
        if (text.length() > TEXT_LENGTH_MAX) {
            throw wrong("text of " + text.length() + " characters", "send at most 65536");
        }
        if (field == Field.KIND) {
            String kinds =
                    String.join(", ", Arrays.stream(SpanKind.values()).map(SpanKind::id).toList());
            if (!List.of(kinds.split(", ")).contains(text)) {
                throw wrong("unknown kind", "send one of " + kinds);
            }
        }
        if (field == Field.STATUS && !text.equals("ok") && !text.equals("error")) {
            throw wrong("unknown status", "send ok or error");
        }
        return Value.text(JsonBytes.text(value));
    }

    private static long integer(Field field, Slice value) {
        boolean time = field == Field.START_TIME || field == Field.END_TIME;
        if (time && JsonBytes.isString(value)) {
            return JsonValues.time(JsonBytes.string(value));
        }
        Optional<Long> number = JsonValues.integer(value);
        return number.orElseThrow(() ->
                wrong(
                        "not a whole number",
                        time
                                ? "send nanoseconds since 1970 or an RFC 3339 time"
                                : "send a number without a fraction"));
    }

    private static double real(Slice value) {
        if (!JsonBytes.isNumber(value)) {
            throw wrong("not a number", "send a number");
        }
        return JsonValues.real(value);
    }

    private static Value json(Field field, Slice value) {
        boolean array = field == Field.TAGS;
        if (array ? !JsonBytes.isArray(value) : !JsonBytes.isObject(value)) {
            String want = array ? "array" : "object";
            throw wrong("not a JSON " + want, "send an " + want);
        }
        return Value.json(value);
    }

    private List<Value.Attribute> attributes(Slice value) {
        if (!JsonBytes.isObject(value)) {
            throw wrong("not a JSON object", "send names and values as one object");
        }
        List<Value.Attribute> list = new ArrayList<>();
        JsonBytes.members(
                value,
                (name, member) -> {
                    items.add();
                    list.add(new Value.Attribute(name, JsonValues.attribute(member)));
                });
        return list;
    }

    private List<Value.Event> events(Slice value) {
        if (!JsonBytes.isArray(value)) {
            throw wrong("not a JSON array", "send an array of {name, time, attributes}");
        }
        List<Value.Event> list = new ArrayList<>();
        JsonBytes.elements(
                value,
                event -> {
                    items.add();
                    list.add(event(event));
                });
        return list;
    }

    private Value.Event event(Slice object) {
        String name =
                JsonBytes.member(object, "name")
                        .filter(JsonBytes::isString)
                        .map(JsonBytes::string)
                        .orElse("");
        long time = JsonBytes.member(object, "time").map(SpanLine::eventTime).orElse(0L);
        List<Value.Attribute> attributes =
                JsonBytes.member(object, "attributes").map(this::attributes).orElse(List.of());
        return new Value.Event(name, time, attributes);
    }

    private static long eventTime(Slice value) {
        return integer(Field.START_TIME, value);
    }

    private static String string(Slice value) {
        if (!JsonBytes.isString(value)) {
            throw wrong("not a string", "send a string");
        }
        return JsonBytes.string(value);
    }

    private static Problem unknown(String name) {
        String shown = name.length() > 40 ? name.substring(0, 40) : name;
        return wrong(
                "unknown field " + shown.toLowerCase(Locale.ROOT),
                "put values of your own into metadata or attributes");
    }

    private static Problem wrong(String what, String fix) {
        return Problem.invalid(what, "value").fix(fix);
    }

    private Problem bad(String what, String fix) {
        return Problem.invalid(what, where).fix(fix);
    }
}
