package dev.backplane.store.sql;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Makes a time with a zone one of ours, which are `TIMESTAMP` in UTC.
///
/// DuckDB compares a `TIMESTAMP_NS` with a `TIMESTAMP` but refuses to compare it with what `now()`
/// gives, so that `start_time > now() - INTERVAL 1 DAY` would need a cast. The session's zone is
/// UTC, so the cast changes the type and not the time. It is put around the whole of an expression
/// that is plainly such a time:
///
/// ```
/// now()                          a function of ZONED, or current_timestamp
/// now() - INTERVAL 1 DAY         one, plus or minus an interval
/// date_trunc('day', now())       one, cut off
/// CAST('2026-01-01' AS TIMESTAMPTZ)
/// ```
///
/// A text beside one of our times becomes one by itself, but without its offset from UTC, which
/// DuckDB reads past: `start_time > '2026-01-01T00:00:00+01:00'` would mean another hour. Such a
/// text is cast with its zone.
///
/// Under a cast or `AT TIME ZONE` (`timezone(…)`) it stays: there the zone is what is asked for.
final class PlainTimes {
    private static final Set<String> ZONED =
            Set.of(
                    "now",
                    "get_current_timestamp",
                    "transaction_timestamp",
                    "to_timestamp",
                    "make_timestamptz");
    private static final Set<String> CUT = Set.of("date_trunc", "datetrunc", "time_bucket");
    private static final Set<String> ZONED_TYPES =
            Set.of("timestamptz", "timestamp with time zone", "timestamptz_ns");

    private static final Set<String> TIMES = Set.of("start_time", "end_time");
    private static final Pattern OFFSET =
            Pattern.compile(
                    "\\s*\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}([.]\\d+)?)?"
                            + "\\s*[+-]\\d{2}(:?\\d{2})?\\s*");

    private final SqlTree tree;

    PlainTimes(SqlTree tree) {
        this.tree = tree;
    }

    /// Changes what is below the node and returns what is to stand in its place.
    JsonNode apply(JsonNode node) throws SQLException {
        if (isZoned(node)) {
            return cast((ObjectNode) node, "TIMESTAMP");
        }
        if (comparesTimes(node)) {
            castOffsets((ObjectNode) node);
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, apply(array.get(i)));
            }
        } else if (node instanceof ObjectNode object) {
            for (String field : object.propertyNames()) {
                object.set(
                        field,
                        asksForZone(object)
                                ? within(object.path(field))
                                : apply(object.path(field)));
            }
        }
        return node;
    }

    private ObjectNode cast(ObjectNode node, String type) throws SQLException {
        ObjectNode cast = tree.expression("CAST(a AS " + type + ")");
        cast.put("alias", node.path("alias").asString(""));
        node.put("alias", "");
        cast.set("child", node);
        return cast;
    }

    /// Whether one of the operands of a comparison is a column of ours that is a time.
    private static boolean comparesTimes(JsonNode node) {
        return switch (node.path("class").asString("")) {
            case "COMPARISON", "BETWEEN", "OPERATOR" -> operands(node).anyMatch(PlainTimes::isTime);
            default -> false;
        };
    }

    private static Stream<JsonNode> operands(JsonNode node) {
        return Stream.concat(node.valueStream(), node.path("children").valueStream());
    }

    private static boolean isTime(JsonNode node) {
        JsonNode path = node.path("column_names");
        return TIMES.contains(path.path(path.size() - 1).asString("").toLowerCase(Locale.ROOT));
    }

    private void castOffsets(ObjectNode comparison) throws SQLException {
        for (String field : comparison.propertyNames()) {
            if (hasOffset(comparison.path(field))) {
                comparison.set(field, zonedText((ObjectNode) comparison.path(field)));
            }
        }
        if (comparison.path("children") instanceof ArrayNode children) {
            for (int i = 0; i < children.size(); i++) {
                if (hasOffset(children.get(i))) {
                    children.set(i, zonedText((ObjectNode) children.get(i)));
                }
            }
        }
    }

    private static boolean hasOffset(JsonNode node) {
        JsonNode literal = node.path("literal");
        return literal.path("kind").asString("").equals("STRING")
                && OFFSET.matcher(literal.path("text").asString("")).matches();
    }

    private ObjectNode zonedText(ObjectNode text) throws SQLException {
        return cast(cast(text, "TIMESTAMPTZ_NS"), "TIMESTAMP_NS");
    }

    /// As [#apply] below an expression that takes the time with its zone.
    private JsonNode within(JsonNode node) throws SQLException {
        if (isZoned(node)) {
            return node;
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, within(array.get(i)));
            }
            return array;
        }
        if (node.path("class").asString("").isEmpty() && node instanceof ObjectNode object) {
            for (String field : object.propertyNames()) {
                object.set(field, within(object.path(field)));
            }
            return object;
        }
        return apply(node);
    }

    private static boolean asksForZone(ObjectNode node) {
        return node.path("class").asString("").equals("CAST") || function(node).equals("timezone");
    }

    /// Whether the expression is plainly a time with a zone.
    static boolean isZoned(JsonNode node) {
        return switch (node.path("class").asString("")) {
            case "CAST" ->
                    ZONED_TYPES.contains(
                            node.path("type_expr")
                                    .path("type_name")
                                    .asString("")
                                    .toLowerCase(Locale.ROOT));
            case "COLUMN_REF" ->
                    node.path("column_names").size() == 1
                            && node.path("column_names")
                                    .path(0)
                                    .asString()
                                    .equalsIgnoreCase("current_timestamp");
            case "FUNCTION" -> isZonedFunction(node);
            default -> false;
        };
    }

    private static boolean isZonedFunction(JsonNode call) {
        String name = function(call);
        JsonNode first = argument(call, 0);
        JsonNode second = argument(call, 1);
        return ZONED.contains(name)
                || CUT.contains(name) && isZoned(second)
                || name.equals("-") && isZoned(first) && isInterval(second)
                || name.equals("+")
                        && (isZoned(first) && isInterval(second)
                                || isInterval(first) && isZoned(second));
    }

    private static boolean isInterval(JsonNode node) {
        String type = node.path("type_expr").path("type_name").asString("");
        return type.equalsIgnoreCase("interval")
                || function(node).startsWith("to_") && !ZONED.contains(function(node))
                || function(node).equals("*")
                        && (isInterval(argument(node, 0)) || isInterval(argument(node, 1)));
    }

    private static JsonNode argument(JsonNode call, int index) {
        return call.path("arguments").path(index).path("expression");
    }

    private static String function(JsonNode node) {
        return node.path("class").asString("").equals("FUNCTION")
                ? node.path("function_name").asString("").toLowerCase(Locale.ROOT)
                : "";
    }
}
