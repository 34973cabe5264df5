package dev.backplane.store.sql;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Turns a user's query into one over the store: walks the whole tree, refuses what [SqlGuard] does
/// not know, and replaces
///
/// - our table names by the queries of [Tables], narrowed by what the conditions say ([Bounds]); a
///   name of a `WITH` in scope means that, any other table name is refused;
/// - `match(column, 'text')` and `match('text')` by a test of the row against the text index's
///   answer;
/// - `any_span(condition)` by `trace_id IN (SELECT trace_id FROM spans WHERE condition)`;
/// - `a -> 0 ->> 'b'`, which DuckDB 2.0 reads as `a -> (0 ->> 'b')`, by what people mean;
/// - a payload column that stands bare in the outermost select list by the row's locator, so that
///   sorting and limiting carry eight bytes a row and the payload is read when the row is handed
///   over.
///
/// One instance a query, one thread.
final class SqlRewriter {
    private static final Set<String> QUERY_TYPES =
            Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE");

    private static final int PATH_LENGTH_MAX = 16;
    private static final Set<String> LEFT_FIRST =
            Set.of(
                    "CONJUNCTION_AND",
                    "CONJUNCTION_OR",
                    "OPERATOR_IS_NULL",
                    "OPERATOR_IS_NOT_NULL",
                    "COMPARE_IN",
                    "COMPARE_NOT_IN");

    /// @param payloads one a column of the result: the field, if the column holds locators; empty
    ///   when no column does
    record Rewritten(String sql, List<Optional<Field>> payloads) {}

    /// One of our tables in a FROM clause.
    record Source(String table, String alias, ObjectNode node) {
        boolean located() {
            return table.equals("spans");
        }
    }

    /// The SELECT that an expression stands in.
    private record Select(ObjectNode node, List<Source> sources, Optional<Select> outer) {}

    private final SourceText written;
    private final byte[] bytes;
    private final SqlTree tree;
    private final QueryContext context;
    private final Tables tables;
    private final BoundsFinder boundsFinder;
    private final String token = UUID.randomUUID().toString().replace("-", "");
    private final Map<String, String> placeholders = new LinkedHashMap<>();

    SqlRewriter(
            SourceText written,
            SqlTree tree,
            QueryContext context,
            Tables tables,
            BoundsFinder boundsFinder) {
        this.written = written;
        this.bytes = written.utf8();
        this.tree = tree;
        this.context = context;
        this.tables = tables;
        this.boundsFinder = boundsFinder;
    }

    /// @param late whether bare payload columns may come back as locators
    Rewritten rewrite(boolean late) throws SQLException {
        ObjectNode root = tree.parse(written);
        ObjectNode query = SqlTree.query(root);
        if (!written.own()) {
            SqlGuard.checkNames(query, written::at);
        }
        new ColumnNames(tree, bytes).apply(query);
        new PlainTimes(tree).apply(query);
        List<Optional<Field>> payloads = late ? LatePayloads.apply(query) : List.of();
        for (LateProjection.Late each : LateProjection.apply(query, tree, "bp_" + token)) {
            placeholders.put(each.name(), tables.payload(each.field(), each.locator()));
        }
        query(query, Set.of(), Optional.empty());
        String text = tree.text(root);
        for (Map.Entry<String, String> placeholder : placeholders.entrySet()) {
            text = text.replace(placeholder.getKey(), placeholder.getValue());
        }
        return new Rewritten(text, payloads);
    }

    private void query(ObjectNode node, Set<String> names, Optional<Select> outer)
            throws SQLException {
        Set<String> visible = new HashSet<>(names);
        String own = node.path("cte_name").asString(node.path("ctename").asString(""));
        if (!own.isEmpty()) {
            visible.add(own.toLowerCase(Locale.ROOT));
        }
        for (JsonNode entry : node.path("cte_map").path("map")) {
            String name = entry.path("key").asString().toLowerCase(Locale.ROOT);
            JsonNode definition = entry.path("value");
            ObjectNode inner = (ObjectNode) definition.path("query_node");
            query(inner, visible, outer);
            visible.add(name);
        }
        if (node.path("type").asString().equals("SELECT_NODE")) {
            select(node, visible, outer);
            return;
        }
        Select none = new Select(node, List.of(), outer);
        for (String field : node.propertyNames()) {
            if (!field.equals("cte_map")) {
                node.set(field, expression(node.path(field), visible, none));
            }
        }
    }

    private void select(ObjectNode node, Set<String> names, Optional<Select> outer)
            throws SQLException {
        List<Source> sources = new ArrayList<>();
        Select select = new Select(node, sources, outer);
        collect(node.path("from_table"), names, select);
        fromExpressions(node.path("from_table"), names, select);
        for (String field : node.propertyNames()) {
            if (!field.equals("cte_map") && !field.equals("from_table")) {
                node.set(field, expression(node.path(field), names, select));
            }
        }
        for (Source each : sources) {
            Bounds bounds = boundsFinder.find(node.path("where_clause"), each, sources.size());
            replaceTable(each, bounds);
        }
    }

    private void replaceTable(Source source, Bounds bounds) {
        String placeholder = "bp_table_" + token + "_" + placeholders.size() + "_";
        placeholders.put(placeholder, tables.sql(source.table(), bounds));
        source.node().put("table_name", placeholder);
        source.node().put("alias", source.alias());
        ObjectNode qualified = source.node().putObject("qualified_name");
        qualified.putArray("path").add(placeholder);
    }

    /// Checks the tables of a FROM clause and notes which are ours.
    private void collect(JsonNode from, Set<String> names, Select select) throws SQLException {
        String where = written.at(from);
        switch (from.path("type").asString("")) {
            case "", "EMPTY", "TABLE_FUNCTION", "EXPRESSION_LIST" -> {}
            case "BASE_TABLE" -> baseTable((ObjectNode) from, names, select, where);
            case "JOIN" -> {
                collect(from.path("left"), names, select);
                collect(from.path("right"), names, select);
            }
            case "SUBQUERY" ->
                    query(
                            (ObjectNode) from.path("subquery").path("node"),
                            names,
                            Optional.of(select));
            case "SHOW_REF" -> {
                if (!from.path("show_type").asString().equals("DESCRIBE")
                        || !from.path("query").isObject()) {
                    throw Problem.of(
                                    Problem.Kind.BLOCKED,
                                    "SHOW and SUMMARIZE are not allowed",
                                    where)
                            .fix(
                                    "the tables are spans, traces, scores and messages; DESCRIBE"
                                            + " spans shows its columns");
                }
                query((ObjectNode) from.path("query"), names, Optional.of(select));
            }
            default ->
                    throw Problem.invalid(
                                    SqlGuard.show(from.path("type").asString())
                                            + " is not supported in FROM",
                                    where)
                            .fix("use joins, subqueries and aggregates with FILTER");
        }
    }

    private void baseTable(ObjectNode from, Set<String> names, Select select, String where) {
        String table = from.path("table_name").asString();
        boolean qualified = from.path("qualified_name").path("path").size() > 1;
        String folded = table.toLowerCase(Locale.ROOT);
        if (from.path("at_clause").isObject()) {
            throw Problem.invalid("AT is not supported", where).fix("leave it out");
        }
        if (!qualified && names.contains(folded)) {
            return;
        }
        if (qualified || !Tables.NAMES.contains(folded)) {
            String path =
                    String.join(
                            ".",
                            from.path("qualified_name")
                                    .path("path")
                                    .valueStream()
                                    .map(JsonNode::asString)
                                    .toList());
            throw Problem.of(
                            Problem.Kind.BLOCKED, "there is no table " + SqlGuard.show(path), where)
                    .fix("select from spans, traces, scores or messages");
        }
        String alias = from.path("alias").asString("");
        select.sources().add(new Source(folded, alias.isEmpty() ? folded : alias, from));
    }

    /// Checks and rewrites the expressions inside a FROM clause.
    private void fromExpressions(JsonNode from, Set<String> names, Select select)
            throws SQLException {
        switch (from.path("type").asString("")) {
            case "JOIN" -> {
                fromExpressions(from.path("left"), names, select);
                fromExpressions(from.path("right"), names, select);
                ObjectNode join = (ObjectNode) from;
                for (String field : List.of("condition", "ranking_expression")) {
                    if (join.path(field).isObject()) {
                        join.set(field, expression(join.path(field), names, select));
                    }
                }
            }
            case "TABLE_FUNCTION" -> {
                JsonNode function = from.path("function");
                SqlGuard.checkTableFunction(
                        functionName(function), () -> written.at(function, from));
                ObjectNode call = (ObjectNode) function;
                call.set("arguments", expression(call.path("arguments"), names, select));
                ((ObjectNode) from).set("function", call);
            }
            case "EXPRESSION_LIST" ->
                    ((ObjectNode) from)
                            .set("values", expression(from.path("values"), names, select));
            default -> {}
        }
    }

    /// Checks and rewrites whatever stands in an expression's place: an expression, a list of them,
    /// a query, or a plain value.
    private JsonNode expression(JsonNode node, Set<String> names, Select select)
            throws SQLException {
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, expression(array.get(i), names, select));
            }
            return array;
        }
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        if (QUERY_TYPES.contains(object.path("type").asString(""))) {
            query(object, names, Optional.of(select));
            return object;
        }
        String kind = object.path("class").asString("");
        if (!kind.isEmpty()) {
            SqlGuard.checkExpressionClass(kind, () -> written.at(object));
        }
        return switch (kind) {
            case "FUNCTION" -> function(object, names, select);
            case "WINDOW" -> {
                SqlGuard.checkFunction(functionName(object), () -> written.at(object));
                yield children(object, names, select);
            }
            case "COLUMN_REF" -> column(object);
            case "STAR" -> star((ObjectNode) children(object, names, select), select);
            case "LAMBDA" ->
                    "SINGLE_ARROW".equals(object.path("syntax_type").asString())
                            ? expression(arrow(object), names, select)
                            : children(object, names, select);
            default -> children(object, names, select);
        };
    }

    /// DuckDB looks a path up in a time that grows with more than its square.
    private JsonNode column(ObjectNode reference) {
        if (reference.path("column_names").size() > PATH_LENGTH_MAX) {
            throw Problem.invalid("a name of too many parts", written.at(reference))
                    .fix("write at most " + PATH_LENGTH_MAX + " names joined by dots");
        }
        return reference;
    }

    private JsonNode children(ObjectNode object, Set<String> names, Select select)
            throws SQLException {
        for (String field : object.propertyNames()) {
            object.set(field, expression(object.path(field), names, select));
        }
        return object;
    }

    private JsonNode function(ObjectNode call, Set<String> names, Select select)
            throws SQLException {
        String name = functionName(call).toLowerCase(Locale.ROOT);
        switch (name) {
            case "match" -> {
                return match(call, select);
            }
            case "any_span" -> {
                return expression(anySpan(call, select), names, select);
            }
            default -> {
                SqlGuard.checkFunction(name, () -> written.at(call));
                return children(call, names, select);
            }
        }
    }

    private static String functionName(JsonNode call) {
        JsonNode path = call.path("qualified_name").path("path");
        boolean qualified =
                path.size() > 1
                        || !call.path("schema").asString("").isEmpty()
                        || !call.path("catalog").asString("").isEmpty();
        String name = call.path("function_name").asString();
        return qualified ? path.valueStream().map(JsonNode::asString).toList().toString() : name;
    }

    private JsonNode match(ObjectNode call, Select select) throws SQLException {
        JsonNode arguments = call.path("arguments");
        int count = arguments.size();
        JsonNode text = arguments.path(count - 1).path("expression");
        JsonNode column = arguments.path(0).path("expression");
        boolean valid =
                (count == 1 || count == 2 && column.path("class").asString().equals("COLUMN_REF"))
                        && text.path("literal").path("kind").asString().equals("STRING");
        if (!valid) {
            throw Problem.invalid(
                            "match takes a column and a text, or a text alone", written.at(call))
                    .fix("write match(input, 'refund') or match('refund')");
        }
        List<String> path =
                count == 1
                        ? List.of()
                        : column.path("column_names")
                                .valueStream()
                                .map(JsonNode::asString)
                                .toList();
        Optional<Field> field = path.isEmpty() ? Optional.empty() : Field.byId(path.getLast());
        if (!path.isEmpty() && field.isEmpty()) {
            throw Problem.invalid(
                            "match knows no column " + SqlGuard.show(path.getLast()),
                            written.at(call))
                    .fix(
                            "match a payload column of spans such as input or output; for messages"
                                    + " write content::VARCHAR ILIKE '%refund%'");
        }
        Optional<String> alias = path.size() == 2 ? Optional.of(path.getFirst()) : Optional.empty();
        Source table =
                source(Optional.of(select), alias)
                        .filter(Source::located)
                        .orElseThrow(() ->
                                Problem.invalid("match is not over spans", written.at(call))
                                        .fix(
                                                "select from spans; over traces write"
                                                        + " any_span(match(…))"));
        int set = context.addMatch(field, text.path("literal").path("text").asString());
        String sql =
                "bp_in(%d, %d, %s.%s)"
                        .formatted(
                                context.id(),
                                set,
                                SqlText.identifier(table.alias()),
                                RowFunction.LOCATOR);
        return aliased(tree.expression(sql), call);
    }

    private JsonNode anySpan(ObjectNode call, Select select) throws SQLException {
        Source table =
                source(Optional.of(select), Optional.empty())
                        .filter(each -> call.path("arguments").size() == 1)
                        .orElseThrow(() ->
                                Problem.invalid(
                                                "any_span takes one condition, over traces"
                                                        + " or spans",
                                                written.at(call))
                                        .fix(
                                                "write any_span(kind = 'tool' and status ="
                                                        + " 'error')"));
        ObjectNode in =
                tree.expression(
                        SqlText.identifier(table.alias())
                                + ".trace_id IN (SELECT trace_id FROM spans WHERE true)");
        ObjectNode inner = (ObjectNode) in.path("subquery").path("node");
        inner.set("where_clause", call.path("arguments").path(0).path("expression"));
        return aliased(in, call);
    }

    private static JsonNode aliased(ObjectNode replacement, ObjectNode original) {
        replacement.put("alias", original.path("alias").asString(""));
        return replacement;
    }

    /// The nearest of our tables, by alias if one is given.
    private static Optional<Source> source(Optional<Select> select, Optional<String> alias) {
        for (Optional<Select> at = select; at.isPresent(); at = at.get().outer()) {
            for (Source source : at.get().sources()) {
                if (alias.isEmpty() || alias.get().equalsIgnoreCase(source.alias())) {
                    return Optional.of(source);
                }
            }
        }
        return Optional.empty();
    }

    /// Keeps what is ours out of `*`.
    private static JsonNode star(ObjectNode star, Select select) {
        String relation = star.path("relation_name").asString("");
        boolean located =
                select.sources().stream()
                        .anyMatch(source ->
                                source.located()
                                        && (relation.isEmpty()
                                                || relation.equalsIgnoreCase(source.alias())));
        boolean countsAll = star.path("columns").asBoolean() && !star.path("expr").isObject();
        if (located && !countsAll) {
            Tables.HIDDEN_COLUMNS.forEach(((ArrayNode) star.path("exclude_list"))::add);
        }
        return star;
    }

    /// `lhs -> expression` with the arrow bound as tightly as people mean it: to the operand that
    /// stands right after it.
    private JsonNode arrow(ObjectNode lambda) throws SQLException {
        ObjectNode extract = tree.expression("json_extract(a, b)");
        ArrayNode arguments = (ArrayNode) extract.path("arguments");
        ((ObjectNode) arguments.get(0)).set("expression", lambda.path("lhs"));
        JsonNode right = lambda.path("expr");
        List<Slot> path = new ArrayList<>();
        JsonNode leaf = right;
        for (Optional<Slot> slot = leftmost(leaf); slot.isPresent(); slot = leftmost(leaf)) {
            path.add(slot.get());
            leaf = slot.get().operand();
        }
        if (path.isEmpty() || !followsArrow(leaf)) {
            ((ObjectNode) arguments.get(1)).set("expression", right);
            return aliased(extract, lambda);
        }
        ((ObjectNode) arguments.get(1)).set("expression", leaf);
        path.getLast().setter().accept(extract);
        return aliased((ObjectNode) right, lambda);
    }

    /// Where a node holds its leftmost operand.
    private record Slot(JsonNode operand, Consumer<JsonNode> setter) {
        static Slot of(JsonNode holder, String name) {
            return new Slot(holder.path(name), value -> ((ObjectNode) holder).set(name, value));
        }
    }

    private static Optional<Slot> leftmost(JsonNode node) {
        return switch (node.path("class").asString("")) {
            case "FUNCTION" ->
                    node.path("is_operator").asBoolean() && node.path("arguments").size() == 2
                            ? Optional.of(Slot.of(node.path("arguments").path(0), "expression"))
                            : Optional.empty();
            case "COMPARISON" -> Optional.of(Slot.of(node, "left"));
            case "BETWEEN" -> Optional.of(Slot.of(node, "input"));
            case "LAMBDA" -> Optional.of(Slot.of(node, "lhs"));
            case "CONJUNCTION", "OPERATOR" ->
                    LEFT_FIRST.contains(node.path("type").asString())
                                    && node.path("children") instanceof ArrayNode children
                                    && !children.isEmpty()
                            ? Optional.of(
                                    new Slot(children.get(0), value -> children.set(0, value)))
                            : Optional.empty();
            default -> Optional.empty();
        };
    }

    private boolean followsArrow(JsonNode leaf) {
        long location = leaf.path("query_location").asLong(-1);
        if (location <= 0 || location > bytes.length) {
            return false;
        }
        int at = (int) location - 1;
        while (at >= 0 && Character.isWhitespace(bytes[at])) {
            at--;
        }
        return at > 0 && bytes[at] == '>' && bytes[at - 1] == '-';
    }
}
