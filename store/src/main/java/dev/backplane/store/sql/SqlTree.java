package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// SQL as DuckDB's own syntax tree: its JSON form is what [SqlRewriter] checks and changes. The
/// same parser reads the text here and runs it later, so both always mean the same. A query's tree
/// is small; ingest never comes here.
final class SqlTree {
    /// Levels of JSON; an expression takes three or four of them.
    private static final int TREE_DEPTH_MAX = 1_200;

    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(TREE_DEPTH_MAX)
                                                    .maxStringLength(SqlGuard.TEXT_LENGTH_MAX * 2)
                                                    .build())
                                    .build())
                    .build();

    private final Connection connection;

    SqlTree(Connection connection) {
        this.connection = connection;
    }

    /// The query node of the one SELECT in `sql`, under a root that [#text] takes.
    ObjectNode parse(SourceText source) throws SQLException {
        return parse(source.text(), source, 0);
    }

    /// The tree of a condition over `spans`, checked to be that and nothing more.
    ObjectNode condition(SourceText condition) throws SQLException {
        // On lines of its own, so that a comment in it ends there.
        String before = "SELECT 1 FROM spans WHERE (\n";
        ObjectNode query =
                query(parse(before + condition.text() + "\n)", condition, before.length()));
        boolean alone =
                query.path("type").asString().equals("SELECT_NODE")
                        && query.path("modifiers").isEmpty()
                        && query.path("cte_map").path("map").isEmpty()
                        && query.path("group_expressions").isEmpty()
                        && query.path("group_sets").isEmpty()
                        && query.path("aggregate_handling").asString().equals("STANDARD_HANDLING")
                        && !query.path("having").isObject()
                        && !query.path("qualify").isObject()
                        && !query.path("sample").isObject()
                        && query.path("where_clause").isObject();
        if (!alone) {
            throw Problem.invalid("the filter is more than a condition", "filter")
                    .fix("write one condition over span columns, such as model = 'gpt-4o'");
        }
        ObjectNode checked = (ObjectNode) query.path("where_clause");
        SqlGuard.checkNames(
                checked,
                node -> condition.atByte(node.path("query_location").asLong(0) - before.length()));
        return checked;
    }

    private ObjectNode parse(String sql, SourceText source, int offset) throws SQLException {
        JsonNode root = read(call("SELECT json_serialize_sql(?)", sql));
        if (root.path("error").asBoolean()) {
            throw refused(root, source, offset);
        }
        JsonNode statements = root.path("statements");
        if (statements.size() != 1) {
            throw Problem.invalid(statements.size() + " statements", "SQL")
                    .fix("send exactly one SELECT");
        }
        if (statements.path(0).path("named_param_map").size() > 0) {
            throw Problem.invalid("the query has parameters", "SQL")
                    .fix("write the values into the query");
        }
        return (ObjectNode) root;
    }

    /// The one statement's query node.
    static ObjectNode query(ObjectNode root) {
        return (ObjectNode) root.path("statements").path(0).path("node");
    }

    /// The tree of an expression of our own.
    ObjectNode expression(String text) throws SQLException {
        return (ObjectNode)
                query(parse(SourceText.sql("SELECT " + text))).path("select_list").path(0);
    }

    /// The tree as SQL.
    String text(ObjectNode root) throws SQLException {
        return call(
                "SELECT json_deserialize_sql(CAST(? AS JSON))", MAPPER.writeValueAsString(root));
    }

    /// An expression's tree as SQL.
    String expressionText(JsonNode expression) throws SQLException {
        ObjectNode root = parse(SourceText.sql("SELECT 1"));
        query(root).putArray("select_list").add(expression);
        return text(root).substring("SELECT ".length());
    }

    private String call(String sql, String argument) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, argument);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getString(1);
            }
        }
    }

    private static JsonNode read(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw Problem.invalid("the query is nested too deeply", "SQL")
                    .fix("split it with WITH, join fewer tables")
                    .causedBy(e);
        }
    }

    private static Problem refused(JsonNode root, SourceText source, int offset) {
        String message = root.path("error_message").asString();
        String position = root.path("position").asString("");
        if ("not implemented".equals(root.path("error_type").asString())) {
            return message.contains("Only SELECT")
                    ? Problem.of(Problem.Kind.BLOCKED, "only SELECT is allowed", source.name())
                            .fix("send one SELECT; data is changed through the other endpoints")
                    : Problem.invalid(SqlGuard.show(message), source.name())
                            .fix("write it another way");
        }
        String where =
                position.isEmpty()
                        ? source.name()
                        : source.atByte(Math.max(0, Long.parseLong(position) - offset));
        if (message.contains("depth limit")) {
            return Problem.invalid("the query is nested too deeply", where)
                    .fix("split it with WITH");
        }
        return Problem.invalid(message, where).fix("correct the SQL there");
    }
}
