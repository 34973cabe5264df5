package dev.backplane.cli;

import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Datasets: the commands as data, and what they do.
final class DatasetCommands {
    static final Table DATASETS =
            Table.of(
                    "datasets",
                    Column.of("name", Unit.ID, "the dataset"),
                    Column.of("rows", Unit.COUNT, "examples"),
                    Column.of("bytes", Unit.BYTES, "their size"),
                    Column.of("changed_time", Unit.TIME, "last change").labelled("CHANGED"),
                    Column.of("description", Unit.TEXT, "what it is for"),
                    Column.more("created_time", Unit.TIME, "when it was made"));

    private static final Argument NAME = required("NAME", "the dataset");

    private final Invocation invocation;
    private final Client client;
    private final Output output;

    DatasetCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    static List<Command> all() {
        return List.of(
                Command.of(Name.DATASETS_LIST, "datasets list", Effect.READ, "List datasets")
                        .table(DATASETS)
                        .example("backplane datasets list", "what there is")
                        .build(),
                adding(),
                Command.of(
                                Name.DATASETS_EXPORT,
                                "datasets export",
                                Effect.READ,
                                "Write a dataset as JSON lines")
                        .details(
                                "`chat` is the form that fine-tuning takes: `messages`, and `tools`"
                                        + " where there are some; the answer is the corrected one"
                                        + " where somebody corrected it.")
                        .arguments(NAME)
                        .options(
                                Option.choice(
                                                "as",
                                                List.of("chat", "rows"),
                                                "chats for training, or rows with everything")
                                        .withInitial("chat"),
                                Option.flag("thoughts", "keep thoughts, as reasoning_content"),
                                Option.of(
                                        "output", Type.FILE, "FILE", "write to a file, not stdout"))
                        .example("backplane datasets export gold > gold.jsonl", "for training")
                        .example("backplane datasets export gold --as rows", "with ids and notes")
                        .build(),
                Command.of(
                                Name.DATASETS_DELETE,
                                "datasets delete",
                                Effect.DELETE,
                                "Delete a dataset with its rows")
                        .arguments(NAME)
                        .example("backplane datasets delete old --yes", "without being asked")
                        .build());
    }

    private static Command adding() {
        return Command.of(
                        Name.DATASETS_ADD,
                        "datasets add",
                        Effect.WRITE,
                        "Copy spans into a dataset, which is made if there is none")
                .details(
                        "Rows are copies and stay when their spans go. A span is in a dataset once,"
                                + " however often it is added. Of a trace the last call of a model"
                                + " that went well is taken, since it holds the conversation.")
                .arguments(NAME)
                .options(
                        Option.of("trace", Type.TEXT, "ID", "a trace; more than one may be given")
                                .repeatable(),
                        Option.of(
                                        "span",
                                        Type.TEXT,
                                        "TRACE/SPAN",
                                        "a span; more than one may be given")
                                .repeatable(),
                        Option.choice(
                                        "calls",
                                        List.of("last", "all"),
                                        "of traces: their last good call, or each call a row")
                                .withInitial("last"),
                        Option.of(
                                "filter",
                                Type.TEXT,
                                "SQL",
                                "the newest spans that meet a condition over the columns of"
                                        + " `spans`"),
                        ClientCommands.SINCE,
                        ClientCommands.UNTIL,
                        Option.of("limit", Type.COUNT, "N", "at most so many spans of the filter")
                                .withInitial("1000"))
                .example(
                        "backplane datasets add gold --trace 4f2a90", "the conversation of a trace")
                .example(
                        "backplane datasets add good --filter \"kind = 'llm' and"
                                + " (scores->>'helpful')::double = 1\"",
                        "all that people liked")
                .build();
    }

    int list() {
        Node.Fields answer = client.ask("GET", Client.path("datasets"), Optional.empty());
        TableWriter writer = output.table(DATASETS, ListCommands.chosen(invocation));
        if (answer.get("datasets") instanceof Node.Items(List<Node> rows)) {
            rows.forEach(row -> writer.row((Node.Fields) row));
        }
        writer.end(Node.Fields.EMPTY);
        return 0;
    }

    int add(Clock clock) {
        String name = invocation.argument(0);
        Node.Fields done =
                client.ask(
                        "POST",
                        Client.path("datasets", name, "rows"),
                        Optional.of(Client.Body.json(new Node.Fields(wanted(clock)))));
        long skipped = done.count("skipped_count");
        if (done.get("skipped") instanceof Node.Items(List<Node> reasons) && output.isHuman()) {
            reasons.stream()
                    .map(Node.Fields.class::cast)
                    .forEach(reason -> output.warn("left out: " + reason.text("message")));
        }
        output.done(
                "added %s to %s".formatted(Units.amount(done.count("added"), "row"), name),
                done,
                "added");
        return skipped > 0 ? 1 : 0;
    }

    private Map<String, Node> wanted(Clock clock) {
        Map<String, Node> body = new LinkedHashMap<>();
        List<Node> spans = new ArrayList<>();
        for (String span : invocation.values("span")) {
            int slash = span.lastIndexOf('/');
            if (slash <= 0) {
                throw Failure.usage("'%s' names no span".formatted(span))
                        .hint("give TRACE/SPAN, as `backplane spans list -q` prints them");
            }
            spans.add(
                    Node.fields(
                            "trace_id", span.substring(0, slash),
                            "span_id", span.substring(slash + 1)));
        }
        List<Node> traces = new ArrayList<>();
        invocation.values("trace").forEach(trace -> traces.add(Node.of(trace)));
        if (spans.isEmpty() && traces.isEmpty() && !invocation.has("filter")) {
            throw Failure.usage("nothing to add").hint("give --trace, --span or --filter");
        }
        body.put("spans", new Node.Items(spans));
        body.put("traces", new Node.Items(traces));
        body.put("calls", Node.of(invocation.text("calls")));
        if (invocation.has("filter")) {
            body.put("filter", Node.of(invocation.text("filter")));
            body.put("since", Node.of(invocation.time("since", clock)));
            body.put("until", Node.of(invocation.time("until", clock)));
            body.put("limit", Node.of(invocation.count("limit")));
        }
        return body;
    }

    int delete() {
        String name = invocation.argument(0);
        if (!ChangeCommands.isSure("delete dataset " + name, invocation, output)) {
            return 1;
        }
        client.ask("DELETE", Client.path("datasets", name), Optional.empty());
        output.done("deleted dataset " + name, Node.fields("deleted", name), "deleted");
        return 0;
    }
}
