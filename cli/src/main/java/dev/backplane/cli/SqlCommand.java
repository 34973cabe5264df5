package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// `sql`: one query, its rows as a table whose columns the server names, or into a file.
final class SqlCommand {
    private static final int QUERY_BYTES_MAX = 1 << 20;
    private static final String PARQUET = "application/vnd.apache.parquet";

    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Terminal terminal;

    SqlCommand(Invocation invocation, Client client, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.terminal = terminal;
    }

    int run() {
        Client.Body body = Client.Body.json(Node.fields("query", query()));
        String file = invocation.text("output");
        if (file.isEmpty()) {
            print(send(body, Client.JSON).body());
            return 0;
        }
        String ending = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        String type =
                switch (ending) {
                    case "parquet" -> PARQUET;
                    case "jsonl", "ndjson" -> Client.NDJSON;
                    case "json" -> Client.JSON;
                    case String _ ->
                            throw Failure.usage("no format for '%s'".formatted(file))
                                    .hint(
                                            "end its name in .parquet, .jsonl or .json; for tabs,"
                                                    + " redirect --format agent");
                };
        Client.Reply reply = send(body, type);
        boolean isCut = reply.header("X-Backplane-Truncated").equals("true");
        long bytes = Download.toFile(reply.body(), file, output, client);
        if (isCut) {
            output.warn("cut by the server at its limit of rows; narrow the query, or export");
        }
        // Files of lines and JSON say it themselves.
        Node.Fields done = Node.fields("file", file, "bytes", bytes);
        output.done(
                "wrote %s (%s)".formatted(file, Units.bytes(bytes)),
                type.equals(PARQUET) ? done.with("truncated", Node.of(isCut)) : done,
                "file");
        return 0;
    }

    private Client.Reply send(Client.Body body, String type) {
        return client.send("POST", Client.path("sql"), Map.of("Accept", type), Optional.of(body));
    }

    private String query() {
        String argument = invocation.optionalArgument(0).orElse("");
        boolean isPiped = argument.equals("-") || argument.isEmpty() && !terminal.isInputTerminal();
        if (!isPiped) {
            if (argument.isBlank()) {
                throw Failure.usage("no query given")
                        .hint("give it in quotes, or - to read it from stdin")
                        .next("backplane sql \"select count(*) from spans\"");
            }
            return argument;
        }
        try {
            byte[] bytes = terminal.in().readNBytes(QUERY_BYTES_MAX + 1);
            String query = new String(bytes, StandardCharsets.UTF_8);
            if (bytes.length > QUERY_BYTES_MAX || query.isBlank()) {
                throw Failure.usage(
                                query.isBlank()
                                        ? "no query on stdin"
                                        : "the query on stdin is longer than 1 MiB")
                        .hint("give one query");
            }
            return query;
        } catch (IOException e) {
            throw Failure.of(Problem.Kind.INVALID, "cannot read stdin", "cannot read stdin");
        }
    }

    private void print(InputStream answer) {
        Rows rows = new Rows();
        Node.Fields rest = client.list(answer, "rows", rows);
        boolean isCut = rest.isTrue("truncated");
        rows.writer.ifPresent(writer -> writer.end(Node.fields("truncated", isCut)));
        if (isCut) {
            output.hint("cut by the server; narrow the query, or write it to a file with --output");
        }
    }

    /// Turns arrays into objects by the columns that come first.
    private final class Rows implements Client.RowReader {
        private List<String> names = List.of();
        private Optional<TableWriter> writer = Optional.empty();

        @Override
        public void begin(Node.Fields before) {
            List<Column> columns = new ArrayList<>();
            if (before.get("columns") instanceof Node.Items(List<Node> described)) {
                for (Node node : described) {
                    if (node instanceof Node.Fields column) {
                        String name = column.text("name");
                        columns.add(Column.of(name, unit(column.text("type")), "").labelled(name));
                    }
                }
            }
            names = columns.stream().map(Column::id).toList();
            writer =
                    Optional.of(
                            output.table(
                                    new Table("rows", columns), ListCommands.chosen(invocation)));
        }

        @Override
        public void row(Node row) {
            Map<String, Node> fields = new LinkedHashMap<>();
            if (row instanceof Node.Items(List<Node> cells)) {
                for (int i = 0; i < cells.size() && i < names.size(); i++) {
                    fields.put(names.get(i), cells.get(i));
                }
            }
            writer.ifPresent(target -> target.row(new Node.Fields(fields)));
        }

        /// People see query results as they are, only aligned: what a number means is not known.
        private static Unit unit(String type) {
            String upper = type.toUpperCase(Locale.ROOT);
            boolean isNumber =
                    upper.contains("INT") && !upper.contains("INTERVAL")
                            || upper.startsWith("DECIMAL")
                            || upper.equals("DOUBLE")
                            || upper.equals("FLOAT")
                            || upper.equals("REAL");
            return isNumber ? Unit.NUMBER : Unit.TEXT;
        }
    }
}
