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
import java.util.ArrayList;
import java.util.List;

/// Walks an `ExportTraceServiceRequest` in its protobuf form. The field numbers are those of
/// opentelemetry-proto 1.11 (`trace/v1/trace.proto`, `common/v1/common.proto`), which are frozen:
///
/// ```
/// request   1 resource_spans*
/// resource_spans  1 resource  2 scope_spans*          resource  1 attributes*
/// scope_spans     1 scope     2 spans*                scope     1 name  2 version  3 attributes*
/// span   1 trace_id  2 span_id  3 trace_state  4 parent_span_id  5 name  6 kind
///        7 start(fixed64)  8 end(fixed64)  9 attributes*  10 dropped_attributes
///        11 events*  12 dropped_events  13 links*  14 dropped_links  15 status
/// event  1 time(fixed64)  2 name  3 attributes*       status    2 message  3 code
/// link   1 trace_id  2 span_id  3 trace_state  4 attributes*
/// attribute 1 key  2 value     value 1 string 2 bool 3 int 4 double 5 array 6 kvlist 7 bytes
/// ```
///
/// Unknown fields are skipped. Lengths bound every message, so a malformed span costs only itself;
/// damage to the frame around spans refuses the request. One pass, except that resource and scope
/// are looked for first: senders may put them behind the spans they describe.
final class ProtobufDecoder {
    private static final NameCache NAMES = new NameCache();

    private final IngestContext context;
    private final Limits limits = new Limits();
    private final List<SpanEvent> events = new ArrayList<>();

    private ProtobufDecoder(IngestContext context) {
        this.context = context;
    }

    static Decoded decode(Slice request, IngestContext context) {
        ProtobufDecoder decoder = new ProtobufDecoder(context);
        ProtoReader reader = new ProtoReader(request);
        while (reader.next()) {
            if (reader.field() == 1) {
                decoder.resourceSpans(reader.bytes());
            } else {
                reader.skip();
            }
        }
        return new Decoded(decoder.events, decoder.limits.rejected());
    }

    private void resourceSpans(Slice message) {
        List<Value.Attribute> resource = new ArrayList<>();
        ProtoReader reader = new ProtoReader(message);
        while (reader.next()) {
            if (reader.field() == 1) {
                resource(reader.message(), resource);
            } else {
                reader.skip();
            }
        }
        Value.Attributes attributes = new Value.Attributes(resource);
        reader = new ProtoReader(message);
        while (reader.next()) {
            if (reader.field() == 2) {
                scopeSpans(reader.bytes(), attributes);
            } else {
                reader.skip();
            }
        }
    }

    private void resource(ProtoReader reader, List<Value.Attribute> attributes) {
        while (reader.next()) {
            if (reader.field() == 1) {
                attributes.add(attribute(reader.message()));
            } else {
                reader.skip();
            }
        }
    }

    private void scopeSpans(Slice message, Value.Attributes resource) {
        OtelSpan.Origin origin = new OtelSpan.Origin(resource, "", Slice.EMPTY);
        ProtoReader reader = new ProtoReader(message);
        while (reader.next()) {
            if (reader.field() == 1) {
                origin = scope(reader.message(), resource);
            } else {
                reader.skip();
            }
        }
        reader = new ProtoReader(message);
        while (reader.next()) {
            if (reader.field() == 2) {
                span(reader.bytes(), origin);
            } else {
                reader.skip();
            }
        }
    }

    private OtelSpan.Origin scope(ProtoReader reader, Value.Attributes resource) {
        Slice name = Slice.EMPTY;
        Slice version = Slice.EMPTY;
        List<Value.Attribute> attributes = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> name = reader.bytes();
                case 2 -> version = reader.bytes();
                case 3 -> attributes.add(attribute(reader.message()));
                default -> reader.skip();
            }
        }
        return OtlpParts.origin(resource, name, version, attributes);
    }

    private void span(Slice message, OtelSpan.Origin origin) {
        int index = limits.span();
        try {
            events.add(Normalizer.event(span(new ProtoReader(message)), origin, context));
        } catch (Problem problem) {
            if (problem.kind() != Problem.Kind.INVALID) {
                throw problem;
            }
            limits.reject(index, problem);
        }
    }

    private OtelSpan span(ProtoReader reader) {
        SpanParts parts = new SpanParts();
        JsonOut links = new JsonOut();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> parts.traceId = OtlpParts.traceId(reader.bytes());
                case 2 -> parts.spanId = OtlpParts.spanId(reader.bytes());
                case 3 -> parts.traceState = reader.bytes();
                case 4 -> parts.parentId = OtlpParts.parentId(reader.bytes());
                case 5 -> parts.name = reader.bytes();
                case 6 -> parts.kind = (int) reader.number();
                case 7 -> parts.startNanos = reader.fixed64();
                case 8 -> parts.endNanos = reader.fixed64();
                case 9 -> parts.attributes.add(attribute(reader.message()));
                case 10, 12, 14 -> parts.dropped += reader.number() & 0xFFFF_FFFFL;
                case 11 -> parts.events.add(event(reader.message()));
                case 13 -> link(reader.message(), parts.linkCount++ == 0 ? begin(links) : links);
                case 15 -> status(reader.message(), parts);
                default -> reader.skip();
            }
        }
        return parts.span(parts.linkCount == 0 ? Slice.EMPTY : links.endArray().slice());
    }

    private static JsonOut begin(JsonOut links) {
        return links.beginArray();
    }

    private static void status(ProtoReader reader, SpanParts parts) {
        while (reader.next()) {
            switch (reader.field()) {
                case 2 -> parts.statusMessage = reader.bytes();
                case 3 -> parts.statusCode = (int) reader.number();
                default -> reader.skip();
            }
        }
    }

    private Value.Event event(ProtoReader reader) {
        limits.item();
        long time = 0;
        String name = "";
        List<Value.Attribute> attributes = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> time = reader.fixed64();
                case 2 -> name = NAMES.name(reader.bytes());
                case 3 -> attributes.add(attribute(reader.message()));
                default -> reader.skip();
            }
        }
        return new Value.Event(name, time, attributes);
    }

    private void link(ProtoReader reader, JsonOut out) {
        limits.item();
        Slice trace = Slice.EMPTY;
        Slice span = Slice.EMPTY;
        Slice state = Slice.EMPTY;
        List<Value.Attribute> attributes = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> trace = reader.bytes();
                case 2 -> span = reader.bytes();
                case 3 -> state = reader.bytes();
                case 4 -> attributes.add(attribute(reader.message()));
                default -> reader.skip();
            }
        }
        OtlpParts.link(out, OtlpParts.hex(trace), OtlpParts.hex(span), state, attributes);
    }

    private Value.Attribute attribute(ProtoReader reader) {
        limits.item();
        String name = "";
        Value value = OtlpParts.NULL;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> name = NAMES.name(reader.bytes());
                case 2 -> value = value(reader.message());
                default -> reader.skip();
            }
        }
        return new Value.Attribute(name, value);
    }

    /// Scalars become scalars, strings and bytes slices of the request, arrays and lists JSON.
    private Value value(ProtoReader reader) {
        Value value = OtlpParts.NULL;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> value = Value.text(reader.bytes());
                case 2 -> value = Value.of(reader.number() != 0);
                case 3 -> value = Value.of(reader.number());
                case 4 -> value = Value.of(Double.longBitsToDouble(reader.fixed64()));
                case 5 -> value = Value.json(array(reader.message(), new JsonOut(), 1).slice());
                case 6 -> value = Value.json(list(reader.message(), new JsonOut(), 1).slice());
                case 7 -> value = new Value.Binary(reader.bytes());
                default -> reader.skip();
            }
        }
        return value;
    }

    private JsonOut array(ProtoReader reader, JsonOut out, int depth) {
        OtlpParts.checkDepth(depth);
        out.beginArray();
        while (reader.next()) {
            if (reader.field() == 1) {
                limits.item();
                json(reader.message(), out, depth);
            } else {
                reader.skip();
            }
        }
        return out.endArray();
    }

    private JsonOut list(ProtoReader reader, JsonOut out, int depth) {
        OtlpParts.checkDepth(depth);
        out.beginObject();
        while (reader.next()) {
            if (reader.field() == 1) {
                limits.item();
                entry(reader.message(), out, depth);
            } else {
                reader.skip();
            }
        }
        return out.endObject();
    }

    private void entry(ProtoReader reader, JsonOut out, int depth) {
        String name = "";
        Slice value = Slice.EMPTY;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> name = NAMES.name(reader.bytes());
                case 2 -> value = reader.bytes();
                default -> reader.skip();
            }
        }
        json(new ProtoReader(value), out.name(name), depth);
    }

    /// One element: the last of the alternatives that is present counts, as in protobuf.
    private void json(ProtoReader reader, JsonOut out, int depth) {
        Runnable write = () -> out.literal("null");
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> {
                    Slice text = reader.bytes();
                    write = () -> out.text(text);
                }
                case 2, 3 -> {
                    boolean flag = reader.field() == 2;
                    long number = reader.number();
                    write = () -> out.literal(flag ? "" + (number != 0) : "" + number);
                }
                case 4 -> {
                    double number = Double.longBitsToDouble(reader.fixed64());
                    write = () -> out.real(number);
                }
                case 5 -> {
                    ProtoReader inner = reader.message();
                    write = () -> array(inner, out, depth + 1);
                }
                case 6 -> {
                    ProtoReader inner = reader.message();
                    write = () -> list(inner, out, depth + 1);
                }
                case 7 -> {
                    Slice bytes = reader.bytes();
                    write = () -> out.base64(bytes);
                }
                default -> reader.skip();
            }
        }
        write.run();
    }
}
