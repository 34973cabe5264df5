package dev.backplane.store.sql;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Gives the columns of a result the names that the query's author would expect.
///
/// DuckDB names a column without an alias by its expression as it runs, and [SqlRewriter] puts
/// calls of ours there, and where our files are. So an expression that will be rewritten gets an
/// alias first: what stands in the query, or, where the tree does not know that, DuckDB's own
/// wording of it.
final class ColumnNames {
    private static final Set<String> OURS = Set.of("match", "any_span");

    private final SqlTree tree;
    private final byte[] written;

    /// @param written the query as UTF-8
    ColumnNames(SqlTree tree, byte[] written) {
        this.tree = tree;
        this.written = written;
    }

    /// Names the columns of every SELECT in the query: those of an inner one can be seen as well.
    void apply(JsonNode node) throws SQLException {
        for (JsonNode item : node.path("select_list")) {
            String kind = item.path("class").asString("");
            if (item instanceof ObjectNode expression
                    && item.path("alias").asString("").isEmpty()
                    && !kind.equals("COLUMN_REF")
                    && !kind.equals("STAR")
                    && changes(item)) {
                expression.put("alias", name(expression));
            }
        }
        for (JsonNode child : node) {
            apply(child);
        }
    }

    private String name(ObjectNode expression) throws SQLException {
        String slice = SourceText.slice(written, expression).orElse("");
        return !slice.isEmpty() && isBalanced(slice) && startsFirst(expression)
                ? slice
                : tree.expressionText(expression.deepCopy());
    }

    /// The place of some expressions (a cast, `IS NOT NULL`) leaves out their first operand.
    private static boolean startsFirst(JsonNode expression) {
        double start = expression.path("query_location").asDouble(0);
        return expression.findValues("query_location").stream()
                .allMatch(location -> location.asDouble(0) >= start);
    }

    private static boolean isBalanced(String text) {
        return text.chars().filter(c -> c == '(').count()
                == text.chars().filter(c -> c == ')').count();
    }

    /// Whether a part of the expression will be replaced.
    private static boolean changes(JsonNode node) {
        boolean replaced =
                switch (node.path("class").asString("")) {
                    case "COLUMN_REF" -> {
                        JsonNode path = node.path("column_names");
                        String column = path.path(path.size() - 1).asString("");
                        yield Tables.payloadField(column.toLowerCase(Locale.ROOT)).isPresent()
                                || column.equalsIgnoreCase("current_timestamp");
                    }
                    case "LAMBDA", "SUBQUERY" -> true;
                    case "FUNCTION" ->
                            OURS.contains(
                                            node.path("function_name")
                                                    .asString("")
                                                    .toLowerCase(Locale.ROOT))
                                    || PlainTimes.isZoned(node);
                    default -> false;
                };
        if (replaced) {
            return true;
        }
        for (JsonNode child : node) {
            if (changes(child)) {
                return true;
            }
        }
        return false;
    }
}
