package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.TraceStore;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;

/// `GET /api/v1/usage?by=model&since=…&until=…`: what calls to models took, added up by SQL from
/// their spans, the most expensive first. A call with several tags counts under each.
final class UsageApi {
    private static final long NANOS = 1_000_000_000L;

    /// What may follow `by=`, and the SQL of it.
    private static final Map<String, String> GROUPS =
            Map.of(
                    "key", "coalesce(attributes->>'$.\"backplane.key\"', '')",
                    "user", "coalesce(user_id, '')",
                    "model", "coalesce(model, '')",
                    "agent", "coalesce(agent, '')",
                    "tag", "tag");

    private static final List<String> COUNTS =
            List.of("calls", "errors", "input_tokens", "output_tokens", "cached_tokens");

    private final TraceStore store;
    private final SqlLimits limits;

    UsageApi(TraceStore store, SqlLimits limits) {
        this.store = store;
        this.limits = limits;
    }

    void usage(Caller caller, Exchange exchange) throws IOException {
        String by = exchange.query("by").orElse("model");
        String group = GROUPS.get(by);
        if (group == null) {
            throw Problem.invalid("'by' is not a group", "query parameter by")
                    .fix(
                            "use one of "
                                    + String.join(
                                            ", ", GROUPS.keySet().stream().sorted().toList()));
        }
        OptionalLong since = Parameters.time(exchange, "since");
        OptionalLong until = Parameters.time(exchange, "until");
        Rows rows = new Rows();
        store.sql(caller.project(), query(by, group, since, until), limits, rows);
        exchange.sendJson(200, json -> write(json, by, rows));
    }

    private static String query(String by, String group, OptionalLong since, OptionalLong until) {
        StringBuilder sql = new StringBuilder("select ");
        sql.append(group).append(" name, count(*), count(*) filter (status = 'error')");
        for (String tokens : COUNTS.subList(2, COUNTS.size())) {
            sql.append(", cast(coalesce(sum(").append(tokens).append("), 0) as bigint)");
        }
        sql.append(", cast(coalesce(sum(cost), 0) as double) from spans");
        if (by.equals("tag")) {
            sql.append(", unnest(from_json(tags, '[\"VARCHAR\"]')) u(tag)");
        }
        sql.append(" where kind in ('llm', 'embedding')");
        since.ifPresent(nanos -> sql.append(" and start_time >= ").append(timestamp(nanos)));
        until.ifPresent(nanos -> sql.append(" and start_time < ").append(timestamp(nanos)));
        return sql.append(" group by 1 order by 7 desc, 4 desc, 1").toString();
    }

    private static String timestamp(long nanos) {
        Instant time = Instant.ofEpochSecond(nanos / NANOS, nanos % NANOS);
        String text = time.toString();
        return "timestamp '" + text.substring(0, text.length() - 1).replace('T', ' ') + "'";
    }

    private static final class Rows implements SqlSink {
        final List<List<Optional<Object>>> rows = new ArrayList<>();
        boolean truncated;

        @Override
        public void columns(List<Column> columns) {}

        @Override
        public boolean row(List<Optional<Object>> cells) {
            rows.add(cells);
            return true;
        }

        @Override
        public void end(boolean truncated) {
            this.truncated = truncated;
        }
    }

    private static void write(JsonGenerator json, String by, Rows rows) {
        json.writeStartObject();
        json.writeStringProperty("by", by);
        json.writeArrayPropertyStart("usage");
        for (List<Optional<Object>> row : rows.rows) {
            json.writeStartObject();
            json.writeStringProperty("name", row.getFirst().map(Object::toString).orElse(""));
            for (int i = 0; i < COUNTS.size(); i++) {
                json.writeNumberProperty(COUNTS.get(i), number(row.get(i + 1)).longValue());
            }
            json.writeNumberProperty("cost", number(row.getLast()).doubleValue());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeBooleanProperty("truncated", rows.truncated);
        json.writeEndObject();
    }

    private static Number number(Optional<Object> cell) {
        return cell.filter(Number.class::isInstance).map(Number.class::cast).orElse(0);
    }
}
