package dev.backplane.core;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A span as one JSON object, the form in which the API and exports give it away and the native
/// import takes it back:
///
/// ```
/// {"trace_id":"…","span_id":"…","project":"…","name":"…","start_time":"2026-01-02T03:04:05.000000006Z",
///  "input":[…],"attributes":{"k":1},"events":[{"name":"…","time":"…","attributes":{}}], …}
/// ```
///
/// Absent fields are left out; the others come in the order of [Field], under its ids. JSON values
/// keep their exact text; bytes are base64; a number that is not finite is null; of attributes of
/// one name the last counts. Payloads are streamed: memory use does not depend on their size.
public final class SpanJson {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'")
                    .withZone(ZoneOffset.UTC);

    private final OutputStream out;
    private boolean first = true;

    private SpanJson(OutputStream out) {
        this.out = out;
    }

    /// Writes the object without a line end; `out` should be buffered and stays open.
    public static void write(Span span, OutputStream out) throws IOException {
        write(span, Long.MAX_VALUE, out);
    }

    /// The same for who looks at a span: values longer than `payloadBytesMax` are left out, and
    /// told in a last member `"omitted":{"input":{"bytes":…,"type":"json"}}` (`json`, `text` or
    /// `binary`).
    public static void write(Span span, long payloadBytesMax, OutputStream out) throws IOException {
        SpanJson json = new SpanJson(out);
        Map<Field, Value> omitted = new EnumMap<>(Field.class);
        json.raw("{");
        json.member("trace_id", Value.text(span.key().trace()));
        json.member("span_id", Value.text(span.key().span()));
        json.member("project", Value.text(span.key().project()));
        for (Field field : Field.values()) {
            Value value = span.data().get(field).orElse(null);
            if (value instanceof Value.Int(long nanos) && isTime(field)) {
                json.member(field.id(), Value.text(time(nanos)));
            } else if (value != null && size(value) > payloadBytesMax) {
                omitted.put(field, value);
            } else if (value != null) {
                json.member(field.id(), value);
            }
        }
        if (!omitted.isEmpty()) {
            json.omitted(omitted);
        }
        json.raw("}");
    }

    private static long size(Value value) {
        return switch (value) {
            case Value.Text(Content text) -> text.size();
            case Value.Json(Content json) -> json.size();
            case Value.Binary(Content bytes) -> bytes.size();
            case Value.Attributes(List<Value.Attribute> list) ->
                    list.stream().mapToLong(attribute -> size(attribute.value())).sum();
            case Value.Events(List<Value.Event> list) ->
                    list.stream()
                            .flatMap(event -> event.attributes().stream())
                            .mapToLong(attribute -> size(attribute.value()))
                            .sum();
            case Value.Int _, Value.Real _, Value.Flag _ -> Long.BYTES;
        };
    }

    private void omitted(Map<Field, Value> values) throws IOException {
        name("omitted");
        raw("{");
        first = true;
        for (Map.Entry<Field, Value> entry : values.entrySet()) {
            name(entry.getKey().id());
            raw("{\"bytes\":" + size(entry.getValue()) + ",\"type\":\"");
            raw(
                    switch (entry.getValue()) {
                        case Value.Text _ -> "text";
                        case Value.Binary _ -> "binary";
                        default -> "json";
                    });
            raw("\"}");
        }
        raw("}");
    }

    /// RFC 3339 with nanoseconds, UTC.
    public static String time(long nanos) {
        return TIME.format(
                Instant.ofEpochSecond(
                        Math.floorDiv(nanos, 1_000_000_000L),
                        Math.floorMod(nanos, 1_000_000_000L)));
    }

    /// Writes one value.
    public static void write(Value value, OutputStream out) throws IOException {
        new SpanJson(out).value(value);
    }

    private static boolean isTime(Field field) {
        return field == Field.START_TIME || field == Field.END_TIME;
    }

    private void member(String name, Value value) throws IOException {
        name(name);
        value(value);
    }

    private void name(String name) throws IOException {
        if (!first) {
            out.write(',');
        }
        first = false;
        Json.writeText(Slice.of(name), out);
        out.write(':');
    }

    private void value(Value value) throws IOException {
        switch (value) {
            case Value.Text(Content text) -> Json.writeText(text, out);
            case Value.Json(Content json) -> json.writeTo(out);
            case Value.Binary(Content bytes) -> base64(bytes);
            case Value.Int(long number) -> raw(Long.toString(number));
            case Value.Real(double number) ->
                    raw(Double.isFinite(number) ? Double.toString(number) : "null");
            case Value.Flag(boolean flag) -> raw(Boolean.toString(flag));
            case Value.Attributes(List<Value.Attribute> list) -> attributes(list);
            case Value.Events(List<Value.Event> list) -> events(list);
        }
    }

    private void attributes(List<Value.Attribute> list) throws IOException {
        Map<String, Value> last = new LinkedHashMap<>();
        list.forEach(attribute -> last.put(attribute.name(), attribute.value()));
        raw("{");
        first = true;
        for (Map.Entry<String, Value> entry : last.entrySet()) {
            member(entry.getKey(), entry.getValue());
        }
        raw("}");
        first = false;
    }

    private void events(List<Value.Event> list) throws IOException {
        raw("[");
        for (int i = 0; i < list.size(); i++) {
            Value.Event event = list.get(i);
            raw(i == 0 ? "{" : ",{");
            first = true;
            member("name", Value.text(event.name()));
            if (event.timeNanos() != 0) {
                member("time", Value.text(time(event.timeNanos())));
            }
            member("attributes", new Value.Attributes(event.attributes()));
            raw("}");
        }
        raw("]");
        first = false;
    }

    private void base64(Content bytes) throws IOException {
        raw("\"");
        OutputStream encoder = Base64.getEncoder().wrap(new Kept(out));
        bytes.writeTo(encoder);
        encoder.close();
        raw("\"");
    }

    private void raw(String ascii) throws IOException {
        out.write(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    /// The encoder must be closed to write its last group, and must not close what it writes to.
    private static final class Kept extends java.io.FilterOutputStream {
        Kept(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
