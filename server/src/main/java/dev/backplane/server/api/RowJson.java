package dev.backplane.server.api;

import dev.backplane.core.SpanJson;
import dev.backplane.store.SearchHit;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.TreeRow;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// The store's rows as JSON objects. Absent times and numbers are null, absent texts empty.
final class RowJson {
    private RowJson() {}

    static void trace(JsonGenerator json, TraceRow row) {
        json.writeStartObject();
        json.writeStringProperty("trace_id", row.traceId());
        json.writeStringProperty("name", row.name());
        time(json, "start_time", row.startNanos());
        time(json, "end_time", row.endNanos());
        real(json, "duration_ms", row.durationMs());
        json.writeNumberProperty("span_count", row.spans());
        json.writeNumberProperty("error_count", row.errors());
        json.writeNumberProperty("llm_count", row.llmCalls());
        json.writeNumberProperty("input_tokens", row.inputTokens());
        json.writeNumberProperty("output_tokens", row.outputTokens());
        json.writeNumberProperty("cached_tokens", row.cachedTokens());
        json.writeNumberProperty("reasoning_tokens", row.reasoningTokens());
        real(json, "cost", row.cost());
        json.writeArrayPropertyStart("models");
        row.models().forEach(json::writeString);
        json.writeEndArray();
        json.writeStringProperty("session_id", row.sessionId());
        json.writeStringProperty("user_id", row.userId());
        json.writeStringProperty("agent", row.agent());
        json.writeStringProperty("status", row.status());
        raw(json, "tags", row.tags(), "[]");
        raw(json, "scores", row.scores(), "{}");
        json.writeEndObject();
    }

    static void span(JsonGenerator json, SpanRow row) {
        json.writeStartObject();
        json.writeStringProperty("trace_id", row.key().trace());
        identity(json, row);
        json.writeStringProperty("provider", row.provider());
        count(json, "cached_tokens", row.cachedTokens());
        count(json, "cache_write_tokens", row.cacheWriteTokens());
        count(json, "reasoning_tokens", row.reasoningTokens());
        real(json, "time_to_first_token_ms", row.timeToFirstTokenMs());
        json.writeStringProperty("session_id", row.sessionId());
        json.writeStringProperty("user_id", row.userId());
        json.writeStringProperty("agent", row.agent());
        raw(json, "tags", row.tags(), "[]");
        raw(json, "scores", row.scores(), "{}");
        json.writeEndObject();
    }

    static void treeRow(JsonGenerator json, TreeRow row) {
        json.writeStartObject();
        json.writeNumberProperty("depth", row.depth());
        json.writeNumberProperty("children", row.children());
        json.writeBooleanProperty("matched", row.matched());
        json.writeNumberProperty("position", row.position());
        json.writeNumberProperty("size", row.size());
        identity(json, row.span());
        json.writeEndObject();
    }

    private static void identity(JsonGenerator json, SpanRow row) {
        json.writeStringProperty("span_id", row.key().span());
        json.writeStringProperty("parent_id", row.parentId());
        json.writeStringProperty("name", row.name());
        json.writeStringProperty("kind", row.kind());
        json.writeStringProperty("status", row.status());
        time(json, "start_time", row.startNanos());
        time(json, "end_time", row.endNanos());
        real(json, "duration_ms", row.durationMs());
        json.writeStringProperty("model", row.model());
        count(json, "input_tokens", row.inputTokens());
        count(json, "output_tokens", row.outputTokens());
        real(json, "cost", row.cost());
        json.writeStringProperty("error", row.error());
        json.writeStringProperty("input_preview", row.inputPreview());
        json.writeStringProperty("output_preview", row.outputPreview());
    }

    static void hit(JsonGenerator json, SearchHit hit) {
        SpanRow row = hit.span();
        json.writeStartObject();
        json.writeStringProperty("trace_id", row.key().trace());
        json.writeStringProperty("span_id", row.key().span());
        json.writeStringProperty("name", row.name());
        json.writeStringProperty("kind", row.kind());
        time(json, "start_time", row.startNanos());
        json.writeStringProperty("model", row.model());
        json.writeStringProperty("field", hit.field());
        json.writeStringProperty("snippet", hit.snippet());
        highlights(json, hit.highlights());
        json.writeEndObject();
    }

    private static void highlights(JsonGenerator json, List<int[]> highlights) {
        json.writeArrayPropertyStart("highlights");
        for (int[] range : highlights) {
            json.writeStartArray();
            json.writeNumber(range[0]);
            json.writeNumber(range[1]);
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void time(JsonGenerator json, String name, long nanos) {
        if (nanos == 0) {
            json.writeNullProperty(name);
        } else {
            json.writeStringProperty(name, SpanJson.time(nanos));
        }
    }

    private static void count(JsonGenerator json, String name, long value) {
        if (value < 0) {
            json.writeNullProperty(name);
        } else {
            json.writeNumberProperty(name, value);
        }
    }

    private static void real(JsonGenerator json, String name, double value) {
        if (Double.isFinite(value)) {
            json.writeNumberProperty(name, value);
        } else {
            json.writeNullProperty(name);
        }
    }

    private static void raw(JsonGenerator json, String name, String text, String otherwise) {
        json.writeName(name);
        json.writeRawValue(text.isEmpty() ? otherwise : text);
    }
}
