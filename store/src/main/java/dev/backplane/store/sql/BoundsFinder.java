package dev.backplane.store.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads [Bounds] off the conditions that a WHERE clause joins by AND: comparisons of `start_time`
/// with something constant, of `trace_id` with strings, and tests against a row set.
///
/// Constants are computed by DuckDB itself. Time runs on between that and the query (`now()`), so
/// bounds are widened by [#MARGIN_NANOS]; DuckDB still applies the condition itself. Our own form,
/// `make_timestamp_ns(number)`, is read exactly and at once.
final class BoundsFinder {
    private static final long MARGIN_NANOS = 120_000_000_000L;
    private static final Set<String> CONSTANT_FUNCTIONS =
            Set.of(
                    "+",
                    "-",
                    "now",
                    "get_current_timestamp",
                    "current_date",
                    "today",
                    "trunc",
                    "date_trunc",
                    "make_timestamp",
                    "make_timestamp_ns",
                    "to_timestamp",
                    "epoch_ms",
                    "to_days",
                    "to_hours",
                    "to_minutes",
                    "to_seconds",
                    "to_weeks",
                    "to_months",
                    "to_years");
    private static final Set<String> CONSTANT_CLASSES =
            Set.of("", "CONSTANT", "CAST", "TYPE", "FUNCTION");

    private final Connection connection;
    private final SqlTree tree;
    private final QueryContext context;

    BoundsFinder(Connection connection, SqlTree tree, QueryContext context) {
        this.connection = connection;
        this.tree = tree;
        this.context = context;
    }

    /// What `where` (rewritten) says about the rows of `source`, one of `sources` in its FROM.
    Bounds find(JsonNode where, SqlRewriter.Source source, int sources) throws SQLException {
        List<JsonNode> conditions = new ArrayList<>();
        flatten(where, conditions);
        long since = Long.MIN_VALUE;
        long until = Long.MAX_VALUE;
        Optional<Set<String>> traces = Optional.empty();
        List<Map<Integer, BitSet>> sets = new ArrayList<>();
        for (JsonNode condition : conditions) {
            rowSet(condition, source).ifPresent(sets::add);
            if (traces.isEmpty()) {
                traces = traces(condition, source, sources);
            }
            for (Limit limit : limits(condition, source, sources)) {
                Optional<Moment> moment = evaluate(limit.constant());
                if (moment.isPresent() && limit.lower()) {
                    since = Math.max(since, moment.get().nanos() - moment.get().margin());
                }
                if (moment.isPresent() && limit.upper()) {
                    until = Math.min(until, moment.get().nanos() + moment.get().margin());
                }
            }
        }
        return new Bounds(since, until, traces, sets);
    }

    private record Moment(long nanos, long margin) {}

    private record Limit(JsonNode constant, boolean lower, boolean upper) {}

    private static void flatten(JsonNode condition, List<JsonNode> into) {
        if (condition.path("type").asString("").equals("CONJUNCTION_AND")) {
            condition.path("children").forEach(child -> flatten(child, into));
        } else {
            into.add(condition);
        }
    }

    private Optional<Map<Integer, BitSet>> rowSet(JsonNode condition, SqlRewriter.Source source) {
        JsonNode arguments = condition.path("arguments");
        if (!condition.path("function_name").asString("").equals("bp_in")
                || !isColumn(
                        arguments.path(2).path("expression"), source, 1, RowFunction.LOCATOR)) {
            return Optional.empty();
        }
        String set = arguments.path(1).path("expression").path("literal").path("text").asString("");
        return Optional.of(context.rows(Integer.parseInt(set)));
    }

    /// The ids in `trace_id = 'x'` or `trace_id IN ('x', …)`.
    private static Optional<Set<String>> traces(
            JsonNode condition, SqlRewriter.Source source, int sources) {
        List<JsonNode> operands = new ArrayList<>();
        switch (condition.path("type").asString("")) {
            case "COMPARE_EQUAL" -> {
                operands.add(condition.path("left"));
                operands.add(condition.path("right"));
            }
            case "COMPARE_IN" -> condition.path("children").forEach(operands::add);
            default -> {
                return Optional.empty();
            }
        }
        if (operands.isEmpty() || !isColumn(operands.getFirst(), source, sources, "trace_id")) {
            return Optional.empty();
        }
        Set<String> ids = new HashSet<>();
        for (JsonNode operand : operands.subList(1, operands.size())) {
            JsonNode literal = operand.path("literal");
            if (!literal.path("kind").asString("").equals("STRING")) {
                return Optional.empty();
            }
            ids.add(literal.path("text").asString());
        }
        return Optional.of(ids);
    }

    private static List<Limit> limits(JsonNode condition, SqlRewriter.Source source, int sources) {
        if (condition.path("class").asString("").equals("BETWEEN")) {
            return isTime(condition.path("input"), source, sources)
                    ? List.of(
                            new Limit(condition.path("lower"), true, false),
                            new Limit(condition.path("upper"), false, true))
                    : List.of();
        }
        JsonNode left = condition.path("left");
        JsonNode right = condition.path("right");
        boolean forward = isTime(left, source, sources);
        boolean backward = isTime(right, source, sources);
        if (!condition.path("class").asString("").equals("COMPARISON") || forward == backward) {
            return List.of();
        }
        JsonNode constant = forward ? right : left;
        return switch (condition.path("type").asString("")) {
            case "COMPARE_EQUAL" -> List.of(new Limit(constant, true, true));
            case "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO" ->
                    List.of(new Limit(constant, forward, backward));
            case "COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO" ->
                    List.of(new Limit(constant, backward, forward));
            default -> List.of();
        };
    }

    private static boolean isTime(JsonNode node, SqlRewriter.Source source, int sources) {
        return isColumn(node, source, sources, SpanColumn.START_TIME.id())
                || isColumn(node, source, sources, SpanColumn.ORDER_TIME.id());
    }

    private static boolean isColumn(
            JsonNode node, SqlRewriter.Source source, int sources, String column) {
        JsonNode path = node.path("column_names");
        return switch (path.size()) {
            case 1 -> sources == 1 && path.path(0).asString().equalsIgnoreCase(column);
            case 2 ->
                    path.path(0).asString().equalsIgnoreCase(source.alias())
                            && path.path(1).asString().equalsIgnoreCase(column);
            default -> false;
        };
    }

    private static boolean isConstant(JsonNode node) {
        if (!CONSTANT_CLASSES.contains(node.path("class").asString(""))) {
            return false;
        }
        String function = node.path("function_name").asString("").toLowerCase(Locale.ROOT);
        if (!function.isEmpty() && !CONSTANT_FUNCTIONS.contains(function)) {
            return false;
        }
        for (JsonNode child : node) {
            if (!isConstant(child)) {
                return false;
            }
        }
        return true;
    }

    /// Nanoseconds, or nothing when the expression is not constant or no time.
    private Optional<Moment> evaluate(JsonNode expression) throws SQLException {
        JsonNode number = expression.path("arguments").path(0).path("expression").path("literal");
        if (expression.path("function_name").asString("").equals("make_timestamp_ns")
                && number.path("kind").asString("").equals("INTEGER")) {
            return Optional.of(new Moment(Long.parseLong(number.path("text").asString()), 0));
        }
        if (!isConstant(expression)) {
            return Optional.empty();
        }
        String text = tree.expressionText(expression);
        boolean string = expression.path("literal").path("kind").asString("").equals("STRING");
        String time =
                string
                        ? "CAST(" + text + " AS TIMESTAMP_NS)"
                        : "CAST(CAST(" + text + " AS TIMESTAMP) AS TIMESTAMP_NS)";
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT epoch_ns(" + time + ")")) {
            result.next();
            long nanos = result.getLong(1);
            boolean usable =
                    !result.wasNull() && Math.abs(nanos) < Long.MAX_VALUE - 2 * MARGIN_NANOS;
            return usable ? Optional.of(new Moment(nanos, MARGIN_NANOS)) : Optional.empty();
        } catch (SQLException notATime) {
            return Optional.empty(); // the query itself will say what is wrong
        }
    }
}
