package dev.backplane.ingest.otlp;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanJson;
import dev.backplane.core.Value;
import dev.backplane.ingest.dialect.OtelSpan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;

/// What both encodings of OTLP share: ids, scope and links.
final class OtlpParts {
    /// A value without any of its alternatives.
    static final Value NULL = Value.json("null");

    /// The names of span kinds and status codes, by number.
    static final List<String> KINDS =
            List.of("unspecified", "internal", "server", "client", "producer", "consumer");

    static final List<String> STATUSES = List.of("unset", "ok", "error");

    private static final HexFormat HEX = HexFormat.of();
    private static final int TRACE_ID_BYTES = 16;
    private static final int SPAN_ID_BYTES = 8;

    private OtlpParts() {}

    /// Lower-case hex; empty for an empty or all-zero id, which OTLP calls invalid.
    static String traceId(Slice bytes) {
        return id(bytes, TRACE_ID_BYTES, "trace id");
    }

    static String spanId(Slice bytes) {
        return id(bytes, SPAN_ID_BYTES, "span id");
    }

    static String parentId(Slice bytes) {
        return id(bytes, SPAN_ID_BYTES, "parent span id");
    }

    private static String id(Slice bytes, int length, String what) {
        if (bytes.isEmpty()) {
            return "";
        }
        if (bytes.length() != length) {
            throw badId(
                    what + " of " + bytes.length() + " bytes",
                    2 * length + " hex digits (" + length + " bytes)");
        }
        for (int i = 0; i < length; i++) {
            if (bytes.at(i) != 0) {
                return hex(bytes);
            }
        }
        return "";
    }

    static Problem badId(String what, String want) {
        return Problem.invalid(what, "span identity").fix("send " + want);
    }

    static String hex(Slice bytes) {
        return HEX.formatHex(bytes.array(), bytes.offset(), bytes.offset() + bytes.length());
    }

    static void checkDepth(int depth) {
        if (depth > Limits.VALUE_DEPTH_MAX) {
            throw Problem.invalid(
                            "value nested deeper than " + Limits.VALUE_DEPTH_MAX + " levels",
                            "attribute")
                    .fix("send deep values as a JSON string");
        }
    }

    static OtelSpan.Origin origin(
            Value.Attributes resource,
            Slice name,
            Slice version,
            List<Value.Attribute> attributes) {
        JsonOut out = new JsonOut().beginObject();
        if (!name.isEmpty()) {
            out.name("name").text(name);
        }
        if (!version.isEmpty()) {
            out.name("version").text(version);
        }
        if (!attributes.isEmpty()) {
            out.name("attributes").json(json(attributes));
        }
        boolean empty = name.isEmpty() && version.isEmpty() && attributes.isEmpty();
        return new OtelSpan.Origin(
                resource, name.text(), empty ? Slice.EMPTY : out.endObject().slice());
    }

    static void link(
            JsonOut out,
            String traceId,
            String spanId,
            Slice traceState,
            List<Value.Attribute> attributes) {
        out.beginObject();
        out.name("trace_id").text(traceId).name("span_id").text(spanId);
        if (!traceState.isEmpty()) {
            out.name("trace_state").text(traceState);
        }
        out.name("attributes").json(json(attributes)).endObject();
    }

    private static Slice json(List<Value.Attribute> attributes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            SpanJson.write(new Value.Attributes(attributes), out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Slice.of(out.toByteArray());
    }
}
