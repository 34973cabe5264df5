package dev.backplane.bench.measure;

import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.AgentTurn;
import dev.backplane.bench.runs.AgentSpan.Embedding;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.Retrieval;
import dev.backplane.bench.runs.AgentSpan.Step;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import dev.backplane.bench.runs.JsonString;
import dev.backplane.bench.runs.Message;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/// A span as a line of JSON: the native way in, and what the scripts for other systems read.
/// Members in this order: `trace_id span_id parent_id name kind start_time end_time status error
/// session_id user_id model provider input_tokens output_tokens input output`; times in nanoseconds
/// since 1970.
final class SpanLine {
    private final StringBuilder out = new StringBuilder(1_024);

    private SpanLine() {}

    /// With the line break.
    static byte[] of(AgentRun run, AgentSpan span, Instant start) {
        return new SpanLine().write(run, span, start).getBytes(StandardCharsets.UTF_8);
    }

    private String write(AgentRun run, AgentSpan span, Instant start) {
        long origin = start.getEpochSecond() * 1_000_000_000L + start.getNano();
        out.append("{\"trace_id\":\"").append(run.traceId()).append('"');
        text("span_id", AgentRun.hex(span.id()));
        if (span.parentId() != 0) {
            text("parent_id", AgentRun.hex(span.parentId()));
        }
        text("name", span.name());
        text("kind", kind(span));
        raw("start_time", Long.toString(origin + span.startNanos()));
        if (!span.isOpen()) {
            raw("end_time", Long.toString(origin + span.endNanos()));
            text("status", span.error().isPresent() ? "error" : "ok");
        }
        span.error().ifPresent(error -> text("error", error));
        text("session_id", run.sessionId());
        text("user_id", run.userId());
        work(span);
        return out.append("}\n").toString();
    }

    private static String kind(AgentSpan span) {
        return switch (span.work()) {
            case ModelCall _ -> "llm";
            case ToolUse _ -> "tool";
            case AgentTurn _ -> "agent";
            case Retrieval _ -> "retriever";
            case Embedding _ -> "embedding";
            case Step _ -> "chain";
        };
    }

    private void work(AgentSpan span) {
        switch (span.work()) {
            case ModelCall call -> {
                text("model", call.model());
                text("provider", call.provider());
                raw("input_tokens", Integer.toString(call.tokens().input()));
                raw("output_tokens", Integer.toString(call.tokens().output()));
                messages("input", call.input());
                call.output().ifPresent(answer -> messages("output", List.of(answer)));
            }
            case ToolUse use -> {
                raw("input", use.arguments());
                text("output", use.result());
            }
            case AgentTurn turn -> {
                text("input", turn.input());
                text("output", turn.output());
            }
            case Retrieval retrieval -> {
                text("input", retrieval.query());
                raw("output", retrieval.documents());
            }
            case Embedding embedding -> {
                text("model", embedding.model());
                text("input", embedding.text());
            }
            case Step step -> {
                text("input", step.input());
                text("output", step.output());
            }
        }
    }

    private void messages(String name, List<Message> messages) {
        out.append(",\"").append(name).append("\":[");
        for (int i = 0; i < messages.size(); i++) {
            out.append(i == 0 ? "" : ",");
            out.append(new String(messages.get(i).json(), StandardCharsets.UTF_8));
        }
        out.append(']');
    }

    private void text(String name, String value) {
        JsonString.append(out.append(",\"").append(name).append("\":"), value);
    }

    private void raw(String name, String json) {
        out.append(",\"").append(name).append("\":").append(json);
    }
}
