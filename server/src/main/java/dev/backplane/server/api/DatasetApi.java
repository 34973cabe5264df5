package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Span;
import dev.backplane.core.SpanKey;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.dataset.DatasetRow;
import dev.backplane.server.dataset.DatasetStore;
import dev.backplane.store.ListQuery;
import dev.backplane.store.TraceStore;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Datasets: rows made of spans, browsed, corrected, and exported for training.
final class DatasetApi {
    private static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();
    private static final int LIMIT_DEFAULT = 50;
    private static final int LIMIT_MAX = 500;
    private static final int FILTER_DEFAULT = 1_000;
    private static final int FILTER_MAX = 10_000;

    /// Ids of spans and traces in one request.
    private static final int IDS_MAX = 10_000;

    /// Reasons that are told; the others are counted.
    private static final int SKIPPED_MAX = 100;

    /// Rows that are stored together, and in memory.
    private static final int BATCH_ROWS = 200;

    private static final long BATCH_BYTES = 16 << 20;
    private static final int ROW_BODY_MAX = DatasetRow.BYTES_MAX + (64 << 10);
    private static final int ADD_BODY_MAX = 4 << 20;
    private static final List<String> ADDING =
            List.of("spans", "traces", "calls", "filter", "since", "until", "limit");

    private final TraceStore store;
    private final DatasetStore datasets;
    private final Intake intake;
    private final InstantSource clock;

    DatasetApi(TraceStore store, DatasetStore datasets, Intake intake, InstantSource clock) {
        this.store = store;
        this.datasets = datasets;
        this.intake = intake;
        this.clock = clock;
    }

    /// `GET /api/v1/datasets`
    void list(Caller caller, Exchange exchange) throws IOException {
        List<DatasetStore.Summary> all = datasets.list(caller.project());
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("datasets");
                    all.forEach(dataset -> write(json, dataset));
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, DatasetStore.Summary dataset) {
        json.writeStartObject();
        json.writeStringProperty("name", dataset.name());
        json.writeStringProperty("description", dataset.description());
        json.writeNumberProperty("rows", dataset.rows());
        json.writeNumberProperty("bytes", dataset.bytes());
        json.writeStringProperty(
                "created_time", Instant.ofEpochMilli(dataset.createdMillis()).toString());
        json.writeStringProperty(
                "changed_time", Instant.ofEpochMilli(dataset.changedMillis()).toString());
        json.writeEndObject();
    }

    /// `GET /api/v1/datasets/{name}`
    void show(Caller caller, Exchange exchange) throws IOException {
        DatasetStore.Summary found = datasets.find(caller.project(), name(exchange));
        exchange.sendJson(200, json -> write(json, found));
    }

    /// `PUT /api/v1/datasets/{name} {"description"}`
    void put(Caller caller, Exchange exchange) throws IOException {
        Bodies body = Bodies.read(exchange, List.of("description"));
        DatasetStore.Summary made =
                datasets.describe(
                        caller.project(), name(exchange), body.text("description").orElse(""));
        exchange.sendJson(200, json -> write(json, made));
    }

    /// `DELETE /api/v1/datasets/{name}`
    void delete(Caller caller, Exchange exchange) throws IOException {
        datasets.delete(caller.project(), name(exchange));
        exchange.status(204);
    }

    private static String name(Exchange exchange) {
        return exchange.parameter("name");
    }

    /// `GET /api/v1/datasets/{name}/rows?offset=&limit=`: rows without what was said.
    void rows(Caller caller, Exchange exchange) throws IOException {
        int offset = Parameters.integer(exchange, "offset", 0, 0, DatasetStore.ROWS_MAX);
        int limit = Parameters.integer(exchange, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        int total = datasets.find(caller.project(), name(exchange)).rows();
        List<String> rows = new ArrayList<>();
        int next =
                datasets.rows(
                        caller.project(),
                        name(exchange),
                        offset,
                        row -> {
                            rows.add(row.summary().toString());
                            return rows.size() < limit;
                        });
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("rows");
                    rows.forEach(json::writeRawValue);
                    json.writeEndArray();
                    json.writeNumberProperty("total", total);
                    if (next < total) {
                        json.writeNumberProperty("next_offset", next);
                    } else {
                        json.writeNullProperty("next_offset");
                    }
                    json.writeEndObject();
                });
    }

    /// `GET /api/v1/datasets/{name}/rows/{id}`
    void row(Caller caller, Exchange exchange) throws IOException {
        send(exchange, datasets.row(caller.project(), name(exchange), exchange.parameter("id")));
    }

    private static void send(Exchange exchange, DatasetRow row) throws IOException {
        exchange.send(
                200, "application/json", row.json().toString().getBytes(StandardCharsets.UTF_8));
    }

    /// `PUT /api/v1/datasets/{name}/rows/{id} {"expected","note",…}`: replaces those members.
    void changeRow(Caller caller, Exchange exchange) throws IOException {
        intake.admit(caller);
        JsonNode changes = body(exchange, ROW_BODY_MAX);
        send(
                exchange,
                datasets.changeRow(
                        caller.project(), name(exchange), exchange.parameter("id"), changes));
    }

    /// `DELETE /api/v1/datasets/{name}/rows/{id}`
    void removeRow(Caller caller, Exchange exchange) throws IOException {
        datasets.removeRow(caller.project(), name(exchange), exchange.parameter("id"));
        exchange.status(204);
    }

    private static JsonNode body(Exchange exchange, int bytesMax) throws IOException {
        try (InputStream in = exchange.body(BodyLimits.buffered(bytesMax))) {
            JsonNode body = MAPPER.readTree(in);
            if (!body.isObject()) {
                throw Problem.invalid("body is not an object", exchange.path())
                        .fix("send a JSON object");
            }
            return body;
        } catch (JacksonException malformed) {
            if (malformed.getCause() instanceof IOException broken) {
                throw broken;
            }
            throw Problem.invalid("body is not JSON", exchange.path())
                    .fix("send a JSON object")
                    .causedBy(malformed);
        }
    }

    /// `GET /api/v1/datasets/{name}/export?format=chat|rows&thoughts=`: a line a row, streamed.
    void export(Caller caller, Exchange exchange) throws IOException {
        String format = exchange.query("format").orElse("chat");
        String thoughts = exchange.query("thoughts").orElse("false");
        if (!List.of("chat", "rows").contains(format)) {
            throw Problem.invalid("format is not known", "query parameter format")
                    .fix("use chat or rows");
        }
        if (!List.of("true", "false").contains(thoughts)) {
            throw Problem.invalid("thoughts is neither true nor false", "query parameter thoughts")
                    .fix("use true or false");
        }
        datasets.find(caller.project(), name(exchange));
        exchange.header("Content-Type", RowStream.NDJSON);
        OutputStream out = new BufferedOutputStream(exchange.output(), 32 << 10);
        datasets.rows(
                caller.project(),
                name(exchange),
                0,
                row -> {
                    String line =
                            format.equals("rows")
                                    ? row.json().toString()
                                    : row.chatLine(thoughts.equals("true"));
                    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    return true;
                });
        out.flush();
    }

    /// `POST /api/v1/datasets/{name}/rows {"spans":[{"trace_id","span_id"}],"traces":["…"],
    /// "calls":"last|all","filter","since","until","limit"}`: copies of spans. Of a trace its last
    /// call of a model that did not fail, or all of them; of a filter the newest spans.
    void add(Caller caller, Exchange exchange) throws IOException {
        intake.admit(caller);
        JsonNode body = body(exchange, ADD_BODY_MAX);
        for (String member : body.propertyNames()) {
            if (!ADDING.contains(member)) {
                throw Problem.invalid("body has an unknown member", member)
                        .fix("use " + String.join(", ", ADDING));
            }
        }
        if (body.path("spans").size() + body.path("traces").size() > IDS_MAX) {
            throw Problem.tooLarge("too many spans and traces at once", exchange.path())
                    .fix("send at most " + IDS_MAX + ", or a filter");
        }
        Adding adding = new Adding(caller.project(), name(exchange));
        for (JsonNode span : body.path("spans")) {
            adding.span(
                    new SpanKey(
                            caller.project(),
                            text(span, "trace_id", exchange),
                            text(span, "span_id", exchange)));
        }
        String calls = body.path("calls").asString("last");
        if (!List.of("last", "all").contains(calls)) {
            throw Problem.invalid("calls is not known", exchange.path()).fix("use last or all");
        }
        for (JsonNode trace : body.path("traces")) {
            if (!trace.isString()) {
                throw Problem.invalid("traces is not a list of ids", exchange.path())
                        .fix("send {\"traces\":[\"…\"]}");
            }
            adding.trace(trace.stringValue(), calls.equals("all"));
        }
        if (body.path("filter").isString()) {
            adding.filter(query(caller, body, exchange));
        }
        adding.flush();
        exchange.sendJson(200, adding::write);
    }

    private static String text(JsonNode of, String member, Exchange exchange) {
        if (!of.path(member).isString() || of.path(member).stringValue().isEmpty()) {
            throw Problem.invalid("a span has no " + member, exchange.path())
                    .fix("send {\"spans\":[{\"trace_id\":\"…\",\"span_id\":\"…\"}]}");
        }
        return of.path(member).stringValue();
    }

    private static ListQuery query(Caller caller, JsonNode body, Exchange exchange) {
        int limit = body.path("limit").asInt(FILTER_DEFAULT);
        if (limit < 1 || limit > FILTER_MAX) {
            throw Problem.invalid("limit is out of range", exchange.path())
                    .fix("give a whole number from 1 to " + FILTER_MAX);
        }
        return new ListQuery(
                caller.project(),
                body.path("filter").asString(""),
                Parameters.time(body.path("since").asString(""), "since"),
                Parameters.time(body.path("until").asString(""), "until"),
                "",
                limit);
    }

    /// Rows on their way in, stored in batches.
    private final class Adding {
        private final String project;
        private final String name;
        private final List<DatasetRow> batch = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private long bytes;
        private int added;
        private int known;
        private int skippedCount;

        Adding(String project, String name) {
            this.project = project;
            this.name = name;
        }

        void span(SpanKey key) throws IOException {
            Optional<Span> span = store.span(key);
            if (span.isEmpty()) {
                skip(
                        key.trace(),
                        key.span(),
                        Problem.notFound("no such span", key.trace() + "/" + key.span())
                                .fix("check the ids and the project"));
                return;
            }
            try {
                DatasetRow row = DatasetRow.of(span.get(), clock.instant());
                batch.add(row);
                bytes += row.json().toString().length();
            } catch (Problem problem) {
                skip(key.trace(), key.span(), problem);
            }
            if (batch.size() >= BATCH_ROWS || bytes >= BATCH_BYTES) {
                flush();
            }
        }

        void trace(String trace, boolean all) throws IOException {
            String calls =
                    "trace_id = '"
                            + trace.replace("'", "''")
                            + "' and kind = 'llm'"
                            + (all ? "" : " and coalesce(status, '') <> 'error'");
            int found =
                    filter(
                            new ListQuery(
                                    project,
                                    calls,
                                    OptionalLong.empty(),
                                    OptionalLong.empty(),
                                    "",
                                    all ? FILTER_MAX : 1));
            if (found == 0) {
                skip(
                        trace,
                        "",
                        Problem.invalid("trace has no call of a model that went well", trace)
                                .fix("choose its spans one by one"));
            }
        }

        int filter(ListQuery query) throws IOException {
            List<SpanKey> keys = new ArrayList<>();
            store.spans(query, row -> keys.add(row.key()) && keys.size() < query.limit());
            for (SpanKey key : keys) {
                span(key);
            }
            return keys.size();
        }

        private void skip(String trace, String span, Problem why) {
            skippedCount++;
            if (skipped.size() < SKIPPED_MAX) {
                skipped.add(
                        MAPPER.createObjectNode()
                                .put("trace_id", trace)
                                .put("span_id", span)
                                .put("message", why.getMessage())
                                .put("hint", why.fix())
                                .toString());
            }
        }

        /// Makes the dataset, too, when nothing was found for it.
        void flush() throws IOException {
            DatasetStore.Added done = datasets.add(project, name, batch);
            added += done.added();
            known += done.known();
            batch.clear();
            bytes = 0;
        }

        void write(JsonGenerator json) {
            json.writeStartObject();
            json.writeNumberProperty("added", added);
            json.writeNumberProperty("known", known);
            json.writeNumberProperty("skipped_count", skippedCount);
            json.writeArrayPropertyStart("skipped");
            skipped.forEach(json::writeRawValue);
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}
