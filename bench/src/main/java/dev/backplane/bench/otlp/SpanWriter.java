package dev.backplane.bench.otlp;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Attributes and events of one span, as `opentelemetry.proto.trace.v1.Span` has them. Field
/// numbers are those of open-telemetry/opentelemetry-proto 1.11.0.
final class SpanWriter {
    private static final int ATTRIBUTES = 9;
    private static final int EVENTS = 11;
    private static final byte[] COMMA = {','};

    private final ProtoWriter out;
    private int field = ATTRIBUTES;
    private int attribute;

    SpanWriter(ProtoWriter out) {
        this.out = out;
    }

    void text(String name, String value) {
        int start = beginAttribute(name);
        out.text(1, value);
        endAttribute(start);
    }

    void number(String name, long value) {
        int start = beginAttribute(name);
        out.number(3, value);
        endAttribute(start);
    }

    void real(String name, double value) {
        int start = beginAttribute(name);
        out.real(4, value);
        endAttribute(start);
    }

    void flag(String name, boolean value) {
        int start = beginAttribute(name);
        out.flag(2, value);
        endAttribute(start);
    }

    void texts(String name, List<String> values) {
        int start = beginAttribute(name);
        int array = out.begin(5);
        for (String value : values) {
            int element = out.begin(1);
            out.text(1, value);
            out.end(element);
        }
        out.end(array);
        endAttribute(start);
    }

    /// A string attribute that holds a JSON array of the given elements.
    void jsonArray(String name, List<byte[]> elements) {
        int start = beginAttribute(name);
        int text = out.begin(1);
        out.raw("[".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < elements.size(); i++) {
            if (i > 0) {
                out.raw(COMMA);
            }
            out.raw(elements.get(i));
        }
        out.raw("]".getBytes(StandardCharsets.UTF_8));
        out.end(text);
        endAttribute(start);
    }

    /// An event whose attributes `body` writes.
    void event(String name, long timeNanos, Runnable body) {
        int start = out.begin(EVENTS);
        out.fixed64(1, timeNanos);
        out.text(2, name);
        field = 3;
        body.run();
        field = ATTRIBUTES;
        out.end(start);
    }

    private int beginAttribute(String name) {
        attribute = out.begin(field);
        out.text(1, name);
        return out.begin(2);
    }

    private void endAttribute(int start) {
        out.end(start);
        out.end(attribute);
    }
}
