package dev.backplane.ingest.otlp;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.ingest.dialect.OtelSpan;
import java.util.ArrayList;
import java.util.List;

/// The fields of one span while they come in, in whatever order.
final class SpanParts {
    private static final int NAME_LENGTH_MAX = 64 << 10;

    String traceId = "";
    String spanId = "";
    String parentId = "";
    Slice name = Slice.EMPTY;
    int kind;
    long startNanos;
    long endNanos;
    final List<Value.Attribute> attributes = new ArrayList<>();
    final List<Value.Event> events = new ArrayList<>();
    int linkCount;
    int statusCode;
    Slice statusMessage = Slice.EMPTY;
    Slice traceState = Slice.EMPTY;
    long dropped;

    /// @throws Problem `INVALID` if what makes a span a span is missing
    OtelSpan span(Slice links) {
        if (traceId.isEmpty()) {
            throw OtlpParts.badId("trace id is missing or all zero", "32 hex digits (16 bytes)");
        }
        if (spanId.isEmpty()) {
            throw OtlpParts.badId("span id is missing or all zero", "16 hex digits (8 bytes)");
        }
        if (name.length() > NAME_LENGTH_MAX) {
            throw Problem.invalid("span name of " + name.length() + " bytes", "span " + spanId)
                    .fix("send a name of at most 65536 bytes and the rest as an attribute");
        }
        if (startNanos < 0 || endNanos < 0) {
            throw Problem.invalid("time after the year 2262", "span " + spanId)
                    .fix("send times as nanoseconds since 1970");
        }
        return new OtelSpan(
                traceId,
                spanId,
                parentId,
                name,
                kind,
                startNanos,
                endNanos,
                attributes,
                events,
                links,
                statusCode,
                statusMessage,
                traceState,
                dropped);
    }
}
