package dev.backplane.bench.otlp;

import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.AgentTurn;
import dev.backplane.bench.runs.AgentSpan.Embedding;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.Retrieval;
import dev.backplane.bench.runs.AgentSpan.Step;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import java.time.Instant;
import java.util.HexFormat;

/// Spans of runs as bytes of `ExportTraceServiceRequest` (open-telemetry/opentelemetry-proto
/// 1.11.0):
///
/// ```
/// request        1: resource_spans*
/// resource_spans 1: resource { 1: attributes* }   2: scope_spans*
/// scope_spans    1: scope { 1: name 2: version }  2: spans*
/// span           1: trace_id  2: span_id  4: parent_span_id  5: name  6: kind
///                7: start  8: end (fixed64, ns)  9: attributes*  11: events*
///                15: status { 2: message  3: code }
/// ```
///
/// A request is a concatenation of fields, so encoded `resource_spans` can be put together in any
/// number. Not thread-safe.
public final class OtlpEncoder {
    private static final int STATUS_OK = 1;
    private static final int STATUS_ERROR = 2;
    private static final int KIND_INTERNAL = 1;
    private static final int KIND_CLIENT = 3;

    private final ProtoWriter out = new ProtoWriter();
    private final SpanWriter attributes = new SpanWriter(out);

    /// One span as a whole `resource_spans` field: joined with others it makes a request.
    ///
    /// @param start when the run began
    public byte[] encode(AgentRun run, AgentSpan span, Dialect dialect, Instant start) {
        out.clear();
        int resourceSpans = out.begin(1);
        int resource = out.begin(1);
        resourceAttribute("service.name", run.profile().service());
        resourceAttribute("service.version", "1.4.2");
        resourceAttribute("deployment.environment.name", "production");
        resourceAttribute("host.name", "node-" + run.index() % 16);
        resourceAttribute("telemetry.sdk.language", "python");
        resourceAttribute("telemetry.sdk.name", "opentelemetry");
        resourceAttribute("telemetry.sdk.version", "1.38.0");
        out.end(resource);
        int scopeSpans = out.begin(2);
        int scope = out.begin(1);
        out.text(1, "backplane.bench");
        out.text(2, "1");
        out.end(scope);
        span(run, span, dialect, nanos(start));
        out.end(scopeSpans);
        out.end(resourceSpans);
        return out.toByteArray();
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    private void resourceAttribute(String name, String value) {
        int attribute = out.begin(1);
        out.text(1, name);
        int any = out.begin(2);
        out.text(1, value);
        out.end(any);
        out.end(attribute);
    }

    private void span(AgentRun run, AgentSpan span, Dialect dialect, long startNanos) {
        long endNanos = span.isOpen() ? 0 : startNanos + span.endNanos();
        int message = out.begin(2);
        out.bytes(1, HexFormat.of().parseHex(run.traceId()));
        out.bytes(2, HexFormat.of().parseHex(AgentRun.hex(span.id())));
        if (span.parentId() != 0) {
            out.bytes(4, HexFormat.of().parseHex(AgentRun.hex(span.parentId())));
        }
        out.text(5, span.name());
        out.number(6, kind(span));
        out.fixed64(7, startNanos + span.startNanos());
        if (endNanos != 0) {
            out.fixed64(8, endNanos);
        }
        Attributes.write(run, span, dialect, endNanos, attributes);
        if (!span.isOpen()) {
            int status = out.begin(15);
            span.error().ifPresent(error -> out.text(2, error));
            out.number(3, span.error().isPresent() ? STATUS_ERROR : STATUS_OK);
            out.end(status);
        }
        out.end(message);
    }

    private static int kind(AgentSpan span) {
        return switch (span.work()) {
            case ModelCall _, Retrieval _, Embedding _ -> KIND_CLIENT;
            case ToolUse _, AgentTurn _, Step _ -> KIND_INTERNAL;
        };
    }
}
