package dev.backplane.store.sql;

import dev.backplane.core.Field;
import dev.backplane.store.SpanRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The tables a query sees, as SQL over the parts and fresh rows of its view. Used by one thread.
///
/// - `spans`: sealed parts by `read_parquet` less their masked rows, and the fresh rows. Payload
///   columns are calls that DuckDB makes only for rows and columns that a query needs.
/// - `traces`: one row a trace, rolled up from `spans`.
/// - `scores`: one row a score of a span.
/// - `messages`: one row a distinct message, with the first span that holds it.
final class Tables {
    static final Set<String> NAMES = Set.of("spans", "traces", "scores", "messages");

    /// Payload columns that are JSON, in the order of `SELECT *`.
    static final List<Field> JSON_PAYLOADS =
            List.of(
                    Field.INPUT,
                    Field.OUTPUT,
                    Field.EXPECTED,
                    Field.METADATA,
                    Field.METRICS,
                    Field.ATTRIBUTES,
                    Field.TOOLS,
                    Field.EVENTS,
                    Field.LINKS,
                    Field.RESOURCE,
                    Field.SCOPE,
                    Field.COMMENTS);

    /// The columns of `spans` in the order of `*`.
    static final List<String> SPAN_COLUMNS = spanColumns();

    /// Columns of `spans` that are not in `*`: for our own queries.
    static final List<String> HIDDEN_COLUMNS =
            List.of(RowFunction.LOCATOR, SpanColumn.ORDER_TIME.id());

    static final String DURATION = "(epoch_ns(end_time) - epoch_ns(start_time)) / 1e6";

    private final QueryContext context;
    private final RowFunction rows;
    private final List<Long> feeds = new ArrayList<>();

    Tables(QueryContext context, RowFunction rows) {
        this.context = context;
        this.rows = rows;
    }

    /// Gives back the feeds of the queries made.
    void close() {
        feeds.forEach(rows::remove);
    }

    /// A table's definition as a parenthesised query.
    String sql(String table, Bounds bounds) {
        return switch (table) {
            case "spans" -> "(" + spans(bounds) + ")";
            case "traces" -> "(" + traces(bounds.ofTraces()) + ")";
            case "scores" -> "(" + scores(bounds) + ")";
            case "messages" -> "(" + messages() + ")";
            default -> throw new IllegalArgumentException(table);
        };
    }

    /// The hot columns as they are stored, and `bp_locator`. Parts are read by one scan, newest
    /// first so that a top-k finds its rows early; those with masked rows by another that tests
    /// each row.
    String base(Bounds bounds) {
        List<TableView.Part> whole = new ArrayList<>();
        List<TableView.Part> masked = new ArrayList<>();
        context.view().parts().stream()
                .filter(part -> bounds.admits(context.view(), part))
                .sorted(Comparator.comparingLong(TableView.Part::maxStartNanos).reversed())
                .forEach(part -> (part.masked().isEmpty() ? whole : masked).add(part));
        List<String> scans = new ArrayList<>();
        if (!whole.isEmpty()) {
            scans.add(sealed(whole));
        }
        if (!masked.isEmpty()) {
            Map<Integer, BitSet> rows = new HashMap<>();
            masked.forEach(part -> rows.put(part.id(), part.masked()));
            scans.add(
                    "SELECT * FROM (%s) WHERE NOT bp_in(%d, %d, %s)"
                            .formatted(
                                    sealed(masked),
                                    context.id(),
                                    context.addRows(rows),
                                    RowFunction.LOCATOR));
        }
        scans.add(fresh(bounds));
        return String.join(" UNION ALL ", scans);
    }

    private static String sealed(List<TableView.Part> parts) {
        String columns =
                Arrays.stream(SpanColumn.values())
                        .map(SpanColumn::id)
                        .collect(Collectors.joining(", "));
        String files =
                parts.stream()
                        .map(part -> SqlText.literal(part.columns().toString()))
                        .collect(Collectors.joining(", "));
        String bases =
                parts.stream()
                        .map(part -> Long.toString(QueryContext.locator(part.id(), 0)))
                        .collect(Collectors.joining(", "));
        String base =
                parts.size() == 1
                        ? "CAST(" + bases + " AS BIGINT)"
                        : "CAST([" + bases + "] AS BIGINT[])[CAST(file_index AS BIGINT) + 1]";
        return ("SELECT %s, %s + file_row_number AS %s FROM"
                        + " read_parquet([%s], file_row_number = true)")
                .formatted(columns, base, RowFunction.LOCATOR, files);
    }

    private String fresh(Bounds bounds) {
        List<SpanRow> all = context.view().fresh();
        List<RowFunction.Located> wanted = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (bounds.admits(all.get(i).orderNanos(), all.get(i).key().trace(), i)) {
                wanted.add(new RowFunction.Located(i, all.get(i)));
            }
        }
        long feed = rows.add(new RowFunction.Feed(wanted.size(), wanted));
        feeds.add(feed);
        String columns =
                Arrays.stream(SpanColumn.values())
                        .map(SpanColumn::expression)
                        .collect(Collectors.joining(", "));
        return "SELECT %s, %s FROM %s(%d)"
                .formatted(columns, RowFunction.LOCATOR, RowFunction.NAME, feed);
    }

    private static List<String> spanColumns() {
        List<String> columns = new ArrayList<>();
        for (SpanColumn column : SpanColumn.values()) {
            if (column != SpanColumn.ORDER_TIME) {
                columns.add(column.id());
            }
            if (column == SpanColumn.END_TIME) {
                columns.add("duration_ms");
            }
            if (column == SpanColumn.PROVIDER) {
                columns.add("input");
                columns.add("output");
            }
        }
        JSON_PAYLOADS.stream()
                .map(Field::id)
                .filter(id -> !columns.contains(id))
                .forEach(columns::add);
        columns.add("dialect");
        columns.add("error_preview");
        return List.copyOf(columns);
    }

    private String spans(Bounds bounds) {
        List<String> columns = new ArrayList<>();
        for (String column : SPAN_COLUMNS) {
            Optional<Field> payload = payloadField(column);
            if (payload.isPresent()) {
                columns.add(payload(payload.get()) + " AS " + column);
            } else if (column.equals("duration_ms")) {
                columns.add(DURATION + " AS duration_ms");
            } else if (column.equals("error")) {
                columns.add(
                        "CASE WHEN suffix(error, '…') THEN %s ELSE error END AS error"
                                .formatted(text(Field.ERROR)));
            } else if (column.equals("error_preview")) {
                columns.add("error AS error_preview");
            } else if (column.equals("dialect")) {
                columns.add(text(Field.DIALECT) + " AS dialect");
            } else {
                columns.add(column);
            }
        }
        columns.addAll(HIDDEN_COLUMNS);
        return "SELECT " + String.join(", ", columns) + " FROM (" + base(bounds) + ")";
    }

    private String text(Field field) {
        return "bp_text(%d, %s, %d)".formatted(context.id(), RowFunction.LOCATOR, field.code());
    }

    private String payload(Field field) {
        return payload(field, RowFunction.LOCATOR);
    }

    /// A payload of the row at a locator, as a JSON value.
    String payload(Field field, String locator) {
        return "CAST(bp_json(%d, %s, %d) AS JSON)".formatted(context.id(), locator, field.code());
    }

    /// The field behind a payload column of `spans` that is JSON.
    static Optional<Field> payloadField(String column) {
        return Field.byId(column).filter(JSON_PAYLOADS::contains);
    }

    private String traces(Bounds bounds) {
        return "SELECT "
                + String.join(", ", rollUp())
                + " FROM ("
                + base(bounds)
                + ") GROUP BY trace_id";
    }

    /// The columns of `traces` over rows of one trace.
    static List<String> rollUp() {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("trace_id", "trace_id");
        columns.put("project", "any_value(project)");
        columns.put("name", rootOrFirst("name"));
        columns.put("start_time", "min(start_time)");
        columns.put("end_time", "max(end_time)");
        columns.put("duration_ms", "(epoch_ns(max(end_time)) - epoch_ns(min(start_time))) / 1e6");
        columns.put("span_count", "count(*)");
        columns.put("error_count", "count(*) FILTER (status = 'error')");
        columns.put("llm_count", "count(*) FILTER (kind = 'llm')");
        for (String sum : List.of("input", "output", "cached", "cache_write", "reasoning")) {
            columns.put(sum + "_tokens", "CAST(coalesce(sum(" + sum + "_tokens), 0) AS BIGINT)");
        }
        columns.put("cost", "coalesce(fsum(cost), 0.0)");
        columns.put(
                "models",
                "coalesce(list_sort(list(DISTINCT model) FILTER (model IS NOT NULL)), [])");
        columns.put("session_id", rootOrFirst("session_id"));
        columns.put("user_id", rootOrFirst("user_id"));
        columns.put("agent", rootOrFirst("agent"));
        columns.put(
                "status",
                "CASE WHEN count(*) FILTER (status = 'error') > 0 THEN 'error' ELSE "
                        + rootOrFirst("status")
                        + " END");
        columns.put(
                "tags",
                "CASE WHEN count(tags) > 0 THEN to_json(list_sort(list_distinct(flatten(list("
                        + "from_json(tags, '[\"VARCHAR\"]')) FILTER (tags IS NOT NULL))))) END");
        columns.put(
                "scores",
                "list_reduce(list(scores ORDER BY parent_id IS NULL, order_time DESC)"
                        + " FILTER (scores IS NOT NULL), lambda a, b: json_merge_patch(a, b))");
        return columns.entrySet().stream()
                .map(column -> column.getValue() + " AS " + column.getKey())
                .toList();
    }

    private static String rootOrFirst(String column) {
        return ("coalesce(arg_min(%1$s, order_time) FILTER (parent_id IS NULL),"
                        + " arg_min(%1$s, order_time))")
                .formatted(column);
    }

    private String scores(Bounds bounds) {
        return "SELECT trace_id, span_id, score.key AS name,"
                + " TRY_CAST(score.value AS DOUBLE) AS value, start_time, span_name, kind,"
                + " model, agent, session_id, user_id FROM (SELECT *"
                + " EXCLUDE (name), name AS span_name,"
                + " unnest(map_entries(CAST(scores AS MAP(VARCHAR, VARCHAR)))) AS score FROM ("
                + base(bounds)
                + ") WHERE scores IS NOT NULL)";
    }

    private String messages() {
        context.loadMessages();
        return ("SELECT message.id, message.role,"
                                + " CAST(bp_message(%d, message.index) AS JSON) AS content,")
                        .formatted(context.id())
                + " span.trace_id, span.span_id, message.field, span.start_time,"
                + " span.name AS span_name,"
                + " span.model FROM bp_messages(%d) AS message LEFT JOIN (".formatted(context.id())
                + base(Bounds.ALL)
                + ") AS span ON span.bp_locator = message.locator";
    }
}
