package dev.backplane.cli;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.server.config.ConfigLoader.Checked;
import dev.backplane.server.config.ConfigSummary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;

/// Shows what a configuration comes to and all that is wrong with it: for people the settings, then
/// tables, then the findings; for others one object.
final class ConfigReport {
    private static final List<Table> TABLES =
            List.of(
                    Table.of(
                            "providers",
                            Column.of("name", Unit.ID, "before the / in PROVIDER/MODEL"),
                            Column.of("type", Unit.TEXT, "how it is spoken to"),
                            Column.of("address", Unit.TEXT, "where it is"),
                            Column.of("has_key", Unit.TEXT, "whether one is sent").labelled("KEY"),
                            Column.of("from", Unit.TEXT, "the file, or found")),
                    Table.of(
                            "models",
                            Column.of("name", Unit.ID, "as clients name it"),
                            Column.of("balance", Unit.TEXT, "who is asked first"),
                            Column.of("targets", Unit.JSON, "who may answer, with weights")),
                    Table.of(
                            "call_limits",
                            Column.of("of", Unit.ID, "key, user, model or tag; * is each of them"),
                            Column.of("budgets", Unit.JSON, "most it may spend"),
                            Column.of("rpm", Unit.COUNT, "most requests a minute"),
                            Column.of("tpm", Unit.TOKENS, "most tokens a minute"),
                            Column.of("concurrency", Unit.COUNT, "most calls at a time"),
                            Column.of("models", Unit.JSON, "the only ones it may ask for")));
    private static final Map<String, Unit> UNITS =
            Map.ofEntries(
                    Map.entry("otlp_bytes", Unit.BYTES),
                    Map.entry("request_bytes", Unit.BYTES),
                    Map.entry("file_bytes", Unit.BYTES),
                    Map.entry("batch_calls", Unit.COUNT),
                    Map.entry("batch_days", Unit.COUNT),
                    Map.entry("local_memory", Unit.BYTES),
                    Map.entry("local_tiles", Unit.BYTES),
                    Map.entry("local_context", Unit.COUNT),
                    Map.entry("ingest_memory", Unit.BYTES),
                    Map.entry("sql_rows", Unit.COUNT),
                    Map.entry("sql_memory", Unit.BYTES),
                    Map.entry("list_memory", Unit.BYTES),
                    Map.entry("cache", Unit.BYTES));

    private final Output output;

    ConfigReport(Output output) {
        this.output = output;
    }

    /// Shows it all.
    ///
    /// @return the exit code
    int show(Checked checked) {
        Node.Fields summary = summary(checked);
        if (output.isHuman()) {
            people(summary, checked);
        } else {
            output.object(summary, Map.of(), "sound");
        }
        return checked.errors().isEmpty() ? 0 : checked.errors().getFirst().kind().exitCode();
    }

    private static Node.Fields summary(Checked checked) {
        String json = Json.write(generator -> ConfigSummary.write(checked, generator));
        try (JsonParser parser = Json.parser(json)) {
            parser.nextToken();
            return (Node.Fields) Node.read(parser);
        }
    }

    private void people(Node.Fields summary, Checked checked) {
        Map<String, Node> facts = new LinkedHashMap<>(summary.values());
        facts.values().removeIf(Node.Items.class::isInstance);
        output.object(new Node.Fields(facts), UNITS, "sound");
        for (Table table : TABLES) {
            if (summary.get(table.name()) instanceof Node.Items(List<Node> rows)
                    && !rows.isEmpty()) {
                Screen data = output.data();
                data.print("\n" + data.bold(table.name().replace('_', ' ')) + "\n");
                TableWriter writer = output.table(table, List.of());
                rows.forEach(row -> writer.row((Node.Fields) row));
                writer.end(Node.Fields.EMPTY);
            }
        }
        String unused = summary.text("unused_keys");
        if (!unused.isEmpty()) {
            output.hint(unused + " in the environment: used with discover: keys only");
        }
        checked.warnings().forEach(this::warn);
        checked.errors().forEach(error -> output.failure(Failure.of(error)));
    }

    private void warn(Problem doubt) {
        output.warn(doubt.getMessage() + "; " + doubt.fix());
    }
}
