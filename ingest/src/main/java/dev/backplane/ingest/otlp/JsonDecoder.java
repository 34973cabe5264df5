package dev.backplane.ingest.otlp;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.dialect.Normalizer;
import dev.backplane.ingest.dialect.OtelSpan;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.json.JsonValues;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Walks an `ExportTraceServiceRequest` in its JSON form (OTLP specification, "JSON Protobuf
/// Encoding"): ids in hex of any case, 64-bit numbers as strings or numbers, unknown names ignored.
/// Lenient where senders in the field are: names in snake case, ids in base64, enums by name.
///
/// The text is checked once, then taken apart level by level; strings without escapes stay slices
/// of it.
final class JsonDecoder {
    private static final HexFormat HEX = HexFormat.of();
    private static final Slice EMPTY_ARRAY = Slice.of("[]");

    private final IngestContext context;
    private final Limits limits = new Limits();
    private final List<SpanEvent> events = new ArrayList<>();

    private JsonDecoder(IngestContext context) {
        this.context = context;
    }

    static Decoded decode(Slice request, IngestContext context) {
        Slice root = JsonBytes.checked(request, 1, "OTLP request");
        if (!JsonBytes.isObject(root)) {
            throw Problem.invalid("request is not a JSON object", "OTLP request")
                    .fix("send {\"resourceSpans\":[…]}");
        }
        JsonDecoder decoder = new JsonDecoder(context);
        JsonBytes.elements(
                member(root, "resourceSpans", "resource_spans").orElse(EMPTY_ARRAY),
                decoder::resourceSpans);
        return new Decoded(decoder.events, decoder.limits.rejected());
    }

    private static Optional<Slice> member(Slice object, String name, String other) {
        return JsonBytes.member(object, name).or(() -> JsonBytes.member(object, other));
    }

    private void resourceSpans(Slice object) {
        Value.Attributes resource =
                new Value.Attributes(
                        JsonBytes.member(object, "resource")
                                .flatMap(part -> JsonBytes.member(part, "attributes"))
                                .map(this::attributes)
                                .orElse(List.of()));
        JsonBytes.elements(
                member(object, "scopeSpans", "scope_spans").orElse(EMPTY_ARRAY),
                part -> scopeSpans(part, resource));
    }

    private void scopeSpans(Slice object, Value.Attributes resource) {
        OtelSpan.Origin origin =
                JsonBytes.member(object, "scope")
                        .map(scope -> scope(scope, resource))
                        .orElse(new OtelSpan.Origin(resource, "", Slice.EMPTY));
        JsonBytes.elements(
                JsonBytes.member(object, "spans").orElse(EMPTY_ARRAY),
                span -> {
                    int index = limits.span();
                    try {
                        events.add(Normalizer.event(span(span), origin, context));
                    } catch (Problem problem) {
                        if (problem.kind() != Problem.Kind.INVALID) {
                            throw problem;
                        }
                        limits.reject(index, problem);
                    }
                });
    }

    private OtelSpan.Origin scope(Slice object, Value.Attributes resource) {
        return OtlpParts.origin(
                resource,
                JsonBytes.member(object, "name").map(JsonDecoder::text).orElse(Slice.EMPTY),
                JsonBytes.member(object, "version").map(JsonDecoder::text).orElse(Slice.EMPTY),
                JsonBytes.member(object, "attributes").map(this::attributes).orElse(List.of()));
    }

    private OtelSpan span(Slice object) {
        SpanParts parts = new SpanParts();
        JsonOut links = new JsonOut().beginArray();
        JsonBytes.members(object, (name, value) -> field(name, value, parts, links));
        return parts.span(parts.linkCount == 0 ? Slice.EMPTY : links.endArray().slice());
    }

    private void field(String name, Slice value, SpanParts parts, JsonOut links) {
        if (JsonBytes.isNull(value)) {
            return;
        }
        switch (name) {
            case "traceId", "trace_id" ->
                    parts.traceId = OtlpParts.traceId(id(value, 16, "trace id"));
            case "spanId", "span_id" -> parts.spanId = OtlpParts.spanId(id(value, 8, "span id"));
            case "parentSpanId", "parent_span_id" ->
                    parts.parentId = OtlpParts.parentId(id(value, 8, "parent span id"));
            case "traceState", "trace_state" -> parts.traceState = text(value);
            case "name" -> parts.name = text(value);
            case "kind" -> parts.kind = enumerated(value, "SPAN_KIND_", OtlpParts.KINDS);
            case "startTimeUnixNano", "start_time_unix_nano" ->
                    parts.startNanos = number(name, value);
            case "endTimeUnixNano", "end_time_unix_nano" -> parts.endNanos = number(name, value);
            case "attributes" -> parts.attributes.addAll(attributes(value));
            case "droppedAttributesCount",
                    "droppedEventsCount",
                    "droppedLinksCount",
                    "dropped_attributes_count",
                    "dropped_events_count",
                    "dropped_links_count" ->
                    parts.dropped += Math.max(0, number(name, value));
            case "events" -> JsonBytes.elements(value, event -> parts.events.add(event(event)));
            case "links" ->
                    JsonBytes.elements(
                            value,
                            link -> {
                                parts.linkCount++;
                                link(link, links);
                            });
            case "status" -> status(value, parts);
            default -> {}
        }
    }

    private static void status(Slice object, SpanParts parts) {
        JsonBytes.member(object, "code")
                .ifPresent(code ->
                        parts.statusCode = enumerated(code, "STATUS_CODE_", OtlpParts.STATUSES));
        JsonBytes.member(object, "message").ifPresent(text -> parts.statusMessage = text(text));
    }

    private Value.Event event(Slice object) {
        limits.item();
        return new Value.Event(
                JsonBytes.member(object, "name").map(name -> text(name).text()).orElse(""),
                member(object, "timeUnixNano", "time_unix_nano")
                        .map(time -> number("timeUnixNano", time))
                        .orElse(0L),
                JsonBytes.member(object, "attributes").map(this::attributes).orElse(List.of()));
    }

    private void link(Slice object, JsonOut out) {
        limits.item();
        OtlpParts.link(
                out,
                member(object, "traceId", "trace_id")
                        .map(value -> OtlpParts.hex(id(value, 16, "trace id of a link")))
                        .orElse(""),
                member(object, "spanId", "span_id")
                        .map(value -> OtlpParts.hex(id(value, 8, "span id of a link")))
                        .orElse(""),
                member(object, "traceState", "trace_state")
                        .map(JsonDecoder::text)
                        .orElse(Slice.EMPTY),
                JsonBytes.member(object, "attributes").map(this::attributes).orElse(List.of()));
    }

    private List<Value.Attribute> attributes(Slice array) {
        List<Value.Attribute> list = new ArrayList<>();
        JsonBytes.elements(
                array,
                attribute -> {
                    limits.item();
                    String name =
                            JsonBytes.member(attribute, "key")
                                    .map(key -> text(key).text())
                                    .orElse("");
                    Value value =
                            JsonBytes.member(attribute, "value")
                                    .map(this::value)
                                    .orElse(OtlpParts.NULL);
                    list.add(new Value.Attribute(name, value));
                });
        return list;
    }

    private Value value(Slice object) {
        Value[] value = {OtlpParts.NULL};
        JsonBytes.members(
                object,
                (name, member) -> {
                    switch (name) {
                        case "stringValue", "string_value" -> value[0] = Value.text(text(member));
                        case "boolValue", "bool_value" -> value[0] = Value.of(flag(member));
                        case "intValue", "int_value" -> value[0] = Value.of(number(name, member));
                        case "doubleValue", "double_value" -> value[0] = Value.of(real(member));
                        case "bytesValue", "bytes_value" ->
                                value[0] = new Value.Binary(base64(member));
                        case "arrayValue", "array_value", "kvlistValue", "kvlist_value" ->
                                value[0] = Value.json(structured(name, member));
                        default -> {}
                    }
                });
        return value[0];
    }

    private Slice structured(String name, Slice member) {
        JsonOut out = new JsonOut();
        container(name, member, out, 1);
        return out.slice();
    }

    private void container(String name, Slice object, JsonOut out, int depth) {
        OtlpParts.checkDepth(depth);
        boolean array = name.startsWith("array");
        Slice values = JsonBytes.member(object, "values").orElse(EMPTY_ARRAY);
        if (array) {
            out.beginArray();
        } else {
            out.beginObject();
        }
        JsonBytes.elements(
                values,
                element -> {
                    limits.item();
                    Slice value = element;
                    if (!array) {
                        out.name(
                                JsonBytes.member(element, "key")
                                        .map(key -> text(key).text())
                                        .orElse(""));
                        value = JsonBytes.member(element, "value").orElse(EMPTY_ARRAY);
                    }
                    json(value, out, depth);
                });
        if (array) {
            out.endArray();
        } else {
            out.endObject();
        }
    }

    /// One element: the last of the alternatives that is present counts, as in protobuf.
    private void json(Slice object, JsonOut out, int depth) {
        Runnable[] write = {() -> out.literal("null")};
        JsonBytes.members(
                object,
                (name, member) -> {
                    switch (name) {
                        case "stringValue", "string_value" ->
                                write[0] = () -> out.text(text(member));
                        case "boolValue", "bool_value" ->
                                write[0] = () -> out.literal(Boolean.toString(flag(member)));
                        case "intValue", "int_value" ->
                                write[0] = () -> out.literal(Long.toString(number(name, member)));
                        case "doubleValue", "double_value" ->
                                write[0] = () -> out.real(real(member));
                        case "bytesValue", "bytes_value" ->
                                write[0] = () -> out.base64(base64(member));
                        case "arrayValue", "array_value", "kvlistValue", "kvlist_value" ->
                                write[0] = () -> container(name, member, out, depth + 1);
                        default -> {}
                    }
                });
        write[0].run();
    }

    private static Slice text(Slice value) {
        return JsonBytes.isString(value) ? JsonBytes.text(value) : Slice.EMPTY;
    }

    private static boolean flag(Slice value) {
        return JsonBytes.first(value) == 't' || text(value).text().equals("true");
    }

    private static long number(String name, Slice value) {
        return JsonValues.integer(value)
                .orElseThrow(() ->
                        Problem.invalid(name + " is not a 64-bit number", "span")
                                .fix("send a number, or a string of its digits"));
    }

    private static double real(Slice value) {
        String text = JsonBytes.isString(value) ? JsonBytes.string(value) : value.text();
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw Problem.invalid("doubleValue is not a number", "attribute")
                    .fix("send a number")
                    .causedBy(e);
        }
    }

    private static Slice base64(Slice value) {
        String text = text(value).text().replace('-', '+').replace('_', '/');
        try {
            return Slice.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("bytesValue is not base64", "attribute")
                    .fix("send bytes as base64")
                    .causedBy(e);
        }
    }

    private static int enumerated(Slice value, String prefix, List<String> names) {
        if (JsonBytes.isString(value)) {
            String name = JsonBytes.string(value).toUpperCase(Locale.ROOT);
            String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
            int code = names.indexOf(rest.toLowerCase(Locale.ROOT));
            if (code >= 0) {
                return code;
            }
        }
        return (int) (long) JsonValues.integer(value).orElse(0L);
    }

    /// Hex as the specification says, or base64 as protobuf's own JSON form has it.
    private static Slice id(Slice value, int length, String what) {
        Slice text = text(value);
        if (text.isEmpty()) {
            return text;
        }
        String id = new String(text.bytes(), StandardCharsets.ISO_8859_1);
        try {
            return Slice.of(
                    id.length() == 2 * length
                            ? HEX.parseHex(id)
                            : id.length() > 2 * length
                                    ? new byte[id.length()]
                                    : Base64.getDecoder().decode(id));
        } catch (IllegalArgumentException _) {
            throw OtlpParts.badId(
                    what + " is not hex", 2 * length + " hex digits (" + length + " bytes)");
        }
    }
}
