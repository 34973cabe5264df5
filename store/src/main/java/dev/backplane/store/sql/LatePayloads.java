package dev.backplane.store.sql;

import dev.backplane.core.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Replaces payload columns that stand bare in the outermost select list by the locator of their
/// row, where that changes nothing but when the payload is read:
///
/// - the query is one SELECT from `spans` alone, without DISTINCT, GROUP BY or a set operation;
/// - `*` is spelled out first; a `*` with REPLACE or COLUMNS(…) leaves everything as it is;
/// - nothing sorts by such a column, by a position, or refers to it by an alias.
///
/// Otherwise the columns stay JSON values that DuckDB computes: slower, with the same result.
final class LatePayloads {
    private LatePayloads() {}

    /// @return for each column of the result the field its locators stand for; empty if unchanged
    static List<Optional<Field>> apply(ObjectNode query) {
        if (!simple(query) || !expandStars(query)) {
            return List.of();
        }
        ArrayNode list = (ArrayNode) query.path("select_list");
        Set<String> ordered = new HashSet<>();
        if (!orders(query, ordered)) {
            return List.of();
        }
        List<Optional<Field>> fields = new ArrayList<>();
        Set<String> aliases = new HashSet<>();
        for (JsonNode item : list) {
            Optional<Field> field = bare(item, ordered);
            String alias = item.path("alias").asString("").toLowerCase(Locale.ROOT);
            if (field.isPresent() && !alias.isEmpty() && !alias.equals(field.get().id())) {
                aliases.add(alias);
            }
            fields.add(field);
        }
        if (!aliases.isEmpty() && refers(query, aliases)) {
            return List.of();
        }
        for (int i = 0; i < list.size(); i++) {
            if (fields.get(i).isPresent()) {
                useLocator((ObjectNode) list.get(i), fields.get(i).get());
            }
        }
        return fields.stream().anyMatch(Optional::isPresent) ? fields : List.of();
    }

    /// Whether the query is one plain SELECT from `spans` alone.
    static boolean simple(ObjectNode query) {
        JsonNode from = query.path("from_table");
        return query.path("type").asString().equals("SELECT_NODE")
                && query.path("group_expressions").isEmpty()
                && query.path("group_sets").isEmpty()
                && query.path("aggregate_handling").asString().equals("STANDARD_HANDLING")
                && query.path("cte_map").path("map").isEmpty()
                && from.path("type").asString().equals("BASE_TABLE")
                && from.path("qualified_name").path("path").size() == 1
                && from.path("column_name_alias").isEmpty()
                && from.path("table_name").asString().equalsIgnoreCase("spans");
    }

    /// Spells out each plain `*`; false when there is one that is not plain.
    private static boolean expandStars(ObjectNode query) {
        ArrayNode list = (ArrayNode) query.path("select_list");
        ArrayNode spelled = query.arrayNode();
        for (JsonNode item : list) {
            if (!item.path("class").asString().equals("STAR")) {
                spelled.add(item);
                continue;
            }
            boolean plain =
                    !item.path("columns").asBoolean()
                            && !item.path("expr").isObject()
                            && item.path("replace_list").isEmpty()
                            && item.path("rename_list").isEmpty()
                            && item.path("qualified_exclude_list").isEmpty()
                            && item.path("relation_name").asString("").isEmpty();
            if (!plain) {
                return false;
            }
            Set<String> excluded = new HashSet<>();
            for (JsonNode name : item.path("exclude_list")) {
                excluded.add(name.asString().toLowerCase(Locale.ROOT));
            }
            if (!Tables.SPAN_COLUMNS.containsAll(excluded)) {
                return false;
            }
            for (String column : Tables.SPAN_COLUMNS) {
                if (!excluded.contains(column)) {
                    ObjectNode reference = spelled.addObject();
                    reference.put("class", "COLUMN_REF").put("type", "COLUMN_REF");
                    reference.put("alias", "").put("query_location", 0);
                    reference.put("query_location_length", 0);
                    reference.putArray("column_names").add(column);
                }
            }
        }
        query.set("select_list", spelled);
        return true;
    }

    /// Collects the names that DISTINCT or ORDER BY refer to; false when they may refer to
    /// anything.
    private static boolean orders(ObjectNode query, Set<String> names) {
        for (JsonNode modifier : query.path("modifiers")) {
            String type = modifier.path("type").asString();
            if (type.equals("DISTINCT_MODIFIER")) {
                return false;
            }
            for (JsonNode order : modifier.path("orders")) {
                String kind = order.path("expression").path("class").asString();
                if (kind.equals("CONSTANT") || kind.equals("STAR")) {
                    return false;
                }
                references(order, names);
            }
        }
        references(query.path("qualify"), names);
        references(query.path("having"), names);
        return true;
    }

    /// All names in column references below a node, in lower case.
    static Set<String> references(JsonNode node) {
        Set<String> names = new HashSet<>();
        references(node, names);
        return names;
    }

    private static void references(JsonNode node, Set<String> names) {
        if (node.path("class").asString("").equals("COLUMN_REF")) {
            for (JsonNode name : node.path("column_names")) {
                names.add(name.asString().toLowerCase(Locale.ROOT));
            }
        }
        node.forEach(child -> references(child, names));
    }

    private static Optional<Field> bare(JsonNode item, Set<String> ordered) {
        JsonNode path = item.path("column_names");
        if (!item.path("class").asString().equals("COLUMN_REF") || path.isEmpty()) {
            return Optional.empty();
        }
        String column = path.path(path.size() - 1).asString().toLowerCase(Locale.ROOT);
        return path.size() > 2 || ordered.contains(column)
                ? Optional.empty()
                : Tables.payloadField(column);
    }

    private static boolean refers(ObjectNode query, Set<String> aliases) {
        Set<String> names = new HashSet<>();
        references(query, names);
        names.retainAll(aliases);
        return !names.isEmpty();
    }

    private static void useLocator(ObjectNode item, Field field) {
        if (item.path("alias").asString("").isEmpty()) {
            item.put("alias", field.id());
        }
        ArrayNode path = (ArrayNode) item.path("column_names");
        path.set(path.size() - 1, path.stringNode(RowFunction.LOCATOR));
    }
}
