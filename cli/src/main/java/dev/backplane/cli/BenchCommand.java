package dev.backplane.cli;

import dev.backplane.bench.BenchCommands;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `demo`: work that the bench module does, with its report in our formats.
final class BenchCommand {
    private final Invocation invocation;
    private final Client client;
    private final Output output;

    BenchCommand(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int demo() {
        // An absent server is found here, with the usual words, before anything is generated.
        client.ask("GET", "/health", Optional.empty());
        long runs = invocation.count("runs");
        if (runs < 1 || runs > 1_000_000) {
            throw Failure.usage("--runs does not take " + runs).hint("give 1 to 1000000");
        }
        Duration period = invocation.duration("period");
        try (dev.backplane.cli.Progress line = output.progress("demo")) {
            Progress progress =
                    (what, done, total) ->
                            line.text(
                                    what
                                            + " "
                                            + Units.count(done)
                                            + (total > 0 ? " of " + Units.count(total) : ""));
            Report report =
                    BenchCommands.demo(
                            new BenchCommands.DemoOptions(
                                    target(), (int) runs, invocation.count("seed"), period),
                            progress);
            line.clear();
            print(report);
        }
        output.hint("look at it: backplane traces list");
        return 0;
    }

    private Target target() {
        return new Target(
                URI.create(client.url()),
                Optional.of(client.key()).filter(key -> !key.isEmpty()),
                Optional.of(invocation.text("project")).filter(name -> !name.isEmpty()));
    }

    /// One JSON document, or the tables one after the other.
    private void print(Report report) {
        if (output.format().isJson()) {
            output.data().print(report.json() + "\n");
            return;
        }
        boolean isHuman = output.isHuman();
        if (isHuman) {
            report.conditions().forEach((name, value) -> output.say(name + ": " + value));
        }
        for (Report.Table table : report.tables()) {
            if (report.tables().size() > 1) {
                output.say(table.name());
            }
            TableWriter writer = output.table(shape(table), List.of());
            for (List<Object> row : table.rows()) {
                Map<String, Node> fields = new LinkedHashMap<>();
                for (int i = 0; i < row.size(); i++) {
                    fields.put(table.columns().get(i), cell(row.get(i), isHuman));
                }
                writer.row(new Node.Fields(fields));
            }
            writer.end(Node.Fields.EMPTY);
        }
        report.notes().forEach(output::say);
    }

    private static Table shape(Report.Table table) {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            int index = i;
            boolean isNumber =
                    table.rows().stream().anyMatch(row -> row.get(index) instanceof Number);
            columns.add(Column.of(table.columns().get(i), isNumber ? Unit.NUMBER : Unit.TEXT, ""));
        }
        return new Table(table.name(), columns);
    }

    private static Node cell(Object value, boolean isHuman) {
        return switch (value) {
            case Long whole -> Node.of(whole);
            case Double real ->
                    isHuman
                            ? new Node.Number(Double.toString(Math.round(real * 100) / 100.0))
                            : new Node.Number(real.toString());
            case Object other -> Node.of(other.toString());
        };
    }
}
