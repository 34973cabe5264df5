package dev.backplane.store.sql;

import dev.backplane.core.Field;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Computes payload expressions of a limited list after the limit instead of before.
///
/// DuckDB computes a select list before it sorts, so `SELECT output->>'x' FROM spans ORDER BY
/// start_time DESC LIMIT 10` would read every payload there is. It becomes
///
/// ```
/// SELECT late->>'x' FROM (
///     SELECT start_time, bp_locator FROM spans ORDER BY start_time DESC LIMIT 10) AS spans
/// ORDER BY start_time DESC
/// ```
///
/// where `late` stands for the payload at the locator. Done only where it changes nothing else: one
/// SELECT from `spans` alone with a LIMIT, no DISTINCT, groups, aggregates, windows or subqueries,
/// and sorting by stored columns.
final class LateProjection {
    /// Functions of one row's values; any other may be an aggregate or more than one row.
    private static final Set<String> ROW_WISE =
            Set.of(
                    "->>",
                    "||",
                    "+",
                    "-",
                    "*",
                    "/",
                    "~~",
                    "~~*",
                    "!~~",
                    "!~~*",
                    "coalesce",
                    "concat",
                    "concat_ws",
                    "contains",
                    "date_trunc",
                    "from_json",
                    "ifnull",
                    "json_array_length",
                    "json_exists",
                    "json_extract",
                    "json_extract_string",
                    "json_keys",
                    "json_type",
                    "json_value",
                    "left",
                    "len",
                    "length",
                    "lower",
                    "nullif",
                    "regexp_extract",
                    "regexp_extract_all",
                    "regexp_matches",
                    "regexp_replace",
                    "replace",
                    "right",
                    "round",
                    "split_part",
                    "starts_with",
                    "strftime",
                    "strlen",
                    "substr",
                    "substring",
                    "trim",
                    "upper");

    private static final Set<String> CLASSES =
            Set.of(
                    "BETWEEN",
                    "CASE",
                    "CAST",
                    "COLUMN_REF",
                    "COMPARISON",
                    "CONJUNCTION",
                    "CONSTANT",
                    "FUNCTION",
                    "LAMBDA",
                    "OPERATOR",
                    "TYPE");

    /// A payload in the changed query: `name` is to be replaced by the payload at `locator`.
    record Late(String name, Field field, String locator) {}

    private LateProjection() {}

    /// Changes the query if that is possible and of use.
    ///
    /// @param token starts the names of what is returned
    static List<Late> apply(ObjectNode query, SqlTree tree, String token) throws SQLException {
        JsonNode list = query.path("select_list");
        if (!LatePayloads.simple(query) || !limited(query) || !rowWise(list)) {
            return List.of();
        }
        Set<String> selected = LatePayloads.references(list);
        Set<String> late = new TreeSet<>(selected);
        late.removeIf(name -> Tables.payloadField(name).isEmpty());
        Set<String> ordered = LatePayloads.references(query.path("modifiers"));
        Set<String> filtered = LatePayloads.references(query.path("where_clause"));
        Set<String> aliases = new HashSet<>();
        list.forEach(item -> aliases.add(item.path("alias").asString("").toLowerCase(Locale.ROOT)));
        JsonNode from = query.path("from_table");
        String given = from.path("alias").asString("");
        String alias = given.isEmpty() ? "spans" : given;
        Set<String> known = new HashSet<>(Tables.SPAN_COLUMNS);
        known.add(RowFunction.LOCATOR);
        known.add(alias.toLowerCase(Locale.ROOT));
        boolean possible =
                !late.isEmpty()
                        && !Tables.SPAN_COLUMNS.contains(alias.toLowerCase(Locale.ROOT))
                        && known.containsAll(selected)
                        && known.containsAll(ordered)
                        && known.containsAll(filtered)
                        && ordered.stream().noneMatch(aliases::contains)
                        && ordered.stream().noneMatch(n -> Tables.payloadField(n).isPresent());
        if (!possible) {
            return List.of();
        }
        Set<String> columns = new TreeSet<>(selected);
        columns.addAll(ordered);
        columns.retainAll(Tables.SPAN_COLUMNS);
        columns.removeAll(late);
        columns.add(RowFunction.LOCATOR);
        wrap(query, tree, alias, columns);
        List<Late> replaced =
                late.stream()
                        .map(name ->
                                new Late(
                                        token + "_late_" + name + "_",
                                        Tables.payloadField(name).orElseThrow(),
                                        SqlText.identifier(alias) + "." + RowFunction.LOCATOR))
                        .toList();
        rename(query.path("select_list"), replaced);
        return replaced;
    }

    private static boolean limited(ObjectNode query) {
        boolean limited = false;
        for (JsonNode modifier : query.path("modifiers")) {
            switch (modifier.path("type").asString()) {
                case "LIMIT_MODIFIER" ->
                        limited =
                                modifier.path("limit").path("class").asString("").equals("CONSTANT")
                                        && modifier.path("limit_type")
                                                .asString()
                                                .equals("ROW_COUNT");
                case "ORDER_MODIFIER" -> {
                    for (JsonNode order : modifier.path("orders")) {
                        if (!order.path("expression")
                                .path("class")
                                .asString()
                                .equals("COLUMN_REF")) {
                            return false;
                        }
                    }
                }
                default -> {
                    return false;
                }
            }
        }
        return limited
                && !query.path("having").isObject()
                && !query.path("qualify").isObject()
                && !query.path("sample").isObject()
                && !query.path("from_table").path("sample").isObject();
    }

    private static boolean rowWise(JsonNode node) {
        String kind = node.path("class").asString("");
        if (!kind.isEmpty() && !CLASSES.contains(kind)) {
            return false;
        }
        if (kind.equals("FUNCTION")
                && !ROW_WISE.contains(
                        node.path("function_name").asString().toLowerCase(Locale.ROOT))) {
            return false;
        }
        for (JsonNode child : node) {
            if (!rowWise(child)) {
                return false;
            }
        }
        return true;
    }

    /// Moves the condition, the order and the limit into a subquery of the columns given.
    private static void wrap(ObjectNode query, SqlTree tree, String alias, Set<String> columns)
            throws SQLException {
        String name = SqlText.identifier(alias);
        ObjectNode template =
                SqlTree.query(
                        tree.parse(
                                SourceText.sql(
                                        "SELECT 1 FROM (SELECT %s FROM spans AS %s) AS %s"
                                                .formatted(
                                                        String.join(", ", columns), name, name))));
        ObjectNode inner = (ObjectNode) template.path("from_table").path("subquery").path("node");
        inner.set("where_clause", query.path("where_clause"));
        inner.set("modifiers", query.path("modifiers").deepCopy());
        query.putNull("where_clause");
        query.set("from_table", template.path("from_table"));
        ArrayNode outer = query.arrayNode();
        query.path("modifiers")
                .forEach(modifier -> {
                    if (modifier.path("type").asString().equals("ORDER_MODIFIER")) {
                        outer.add(modifier);
                    }
                });
        query.set("modifiers", outer);
    }

    private static void rename(JsonNode node, List<Late> late) {
        if (node.path("class").asString("").equals("COLUMN_REF")) {
            JsonNode path = node.path("column_names");
            String column = path.path(path.size() - 1).asString().toLowerCase(Locale.ROOT);
            for (Late each : late) {
                if (each.field().id().equals(column)) {
                    ((ObjectNode) node).putArray("column_names").add(each.name());
                }
            }
            return;
        }
        node.forEach(child -> rename(child, late));
    }
}
