package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.Progress;
import dev.backplane.store.StoreStats;
import dev.backplane.store.TraceStore;
import dev.backplane.store.sql.SqlLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// What concerns the store as a whole, and exports of a project.
final class StoreApi {
    /// An export is the whole project: it ends when its client goes, not by the clock of queries.
    private static final Duration EXPORT_TIME = Duration.ofDays(1);

    private final TraceStore store;
    private final Path temporary;
    private final SqlLimits limits;

    /// @param sqlMemoryBytes what an export through SQL may take
    /// @param temporary directory for Parquet files on their way out
    StoreApi(TraceStore store, long sqlMemoryBytes, Path temporary) {
        this.store = store;
        this.limits = new SqlLimits(EXPORT_TIME, Long.MAX_VALUE, sqlMemoryBytes);
        this.temporary = temporary;
    }

    /// `GET /api/v1/store/stats`
    void stats(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        StoreStats stats = store.stats();
        exchange.sendJson(200, json -> write(json, stats));
    }

    private static void write(JsonGenerator json, StoreStats stats) {
        json.writeStartObject();
        json.writeNumberProperty("received_bytes", stats.receivedBytes());
        json.writeNumberProperty("stored_bytes", stats.storedBytes());
        json.writeNumberProperty("log_bytes", stats.logBytes());
        json.writeNumberProperty("column_bytes", stats.columnBytes());
        json.writeNumberProperty("text_bytes", stats.textBytes());
        json.writeNumberProperty("payload_bytes", stats.payloadBytes());
        json.writeNumberProperty("fresh_spans", stats.freshSpans());
        json.writeNumberProperty("segment_spans", stats.segmentSpans());
        json.writeNumberProperty("manifest", stats.manifest());
        json.writeArrayPropertyStart("segments");
        stats.segments().forEach(segment -> write(json, segment));
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, StoreStats.SegmentStats segment) {
        json.writeStartObject();
        json.writeStringProperty("id", segment.id());
        json.writeStringProperty("project", segment.project());
        json.writeNumberProperty("spans", segment.spans());
        json.writeNumberProperty("traces", segment.traces());
        json.writeNumberProperty("masked", segment.masked());
        json.writeNumberProperty("contents", segment.contents());
        json.writeNumberProperty("content_bytes", segment.contentBytes());
        json.writeNumberProperty("column_bytes", segment.columnBytes());
        json.writeNumberProperty("text_bytes", segment.textBytes());
        json.writeNumberProperty("payload_bytes", segment.payloadBytes());
        json.writeNumberProperty("min_start_nanos", segment.minStartNanos());
        json.writeNumberProperty("max_start_nanos", segment.maxStartNanos());
        json.writeEndObject();
    }

    /// `POST /api/v1/store/compact`
    void compact(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        ProgressLines.run(
                exchange,
                lines -> {
                    store.compact(lines.progress());
                    StoreStats stats = store.stats();
                    return json -> {
                        json.writeNumberProperty("segments", stats.segments().size());
                        json.writeNumberProperty("stored_bytes", stats.storedBytes());
                    };
                });
    }

    /// `POST /api/v1/store/verify`
    void verify(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        ProgressLines.run(
                exchange,
                lines -> {
                    List<String> findings = store.verify(lines.progress());
                    return json -> {
                        json.writeBooleanProperty("sound", findings.isEmpty());
                        json.writeArrayPropertyStart("findings");
                        findings.forEach(json::writeString);
                        json.writeEndArray();
                    };
                });
    }

    /// `GET /api/v1/store/export?format=jsonl|parquet&filter=`
    void export(Caller caller, Exchange exchange) throws IOException {
        String filter = Parameters.text(exchange, "filter");
        switch (exchange.query("format").orElse("jsonl")) {
            case "jsonl" -> {
                exchange.header("Content-Type", RowStream.NDJSON);
                store.export(caller.project(), filter, exchange.output(), Progress.NONE);
            }
            case "parquet" ->
                    SqlApi.parquet(
                            store,
                            caller,
                            exchange,
                            "select * from spans"
                                    + (filter.isBlank() ? "" : " where (" + filter + ")"),
                            limits,
                            temporary);
            default ->
                    throw Problem.invalid("format is not known", "query parameter format")
                            .fix("use jsonl or parquet");
        }
    }
}
