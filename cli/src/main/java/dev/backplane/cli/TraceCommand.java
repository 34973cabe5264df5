package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `traces show`: a window of the trace's tree.
final class TraceCommand {
    private static final long LIMIT_MAX = 10_000;
    private static final Map<String, Unit> SUMMARY =
            Map.of(
                    "started", Unit.TIME,
                    "duration", Unit.DURATION_MS,
                    "spans", Unit.COUNT,
                    "errors", Unit.COUNT,
                    "input_tokens", Unit.TOKENS,
                    "output_tokens", Unit.TOKENS,
                    "cost", Unit.COST);

    private final Invocation invocation;
    private final Client client;
    private final Output output;

    TraceCommand(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int show() {
        String trace = invocation.argument(0);
        long asked = invocation.count("limit");
        long offset = invocation.count("offset");
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("offset", Long.toString(offset));
        parameters.put("limit", Long.toString(asked == 0 ? LIMIT_MAX : Math.min(asked, LIMIT_MAX)));
        parameters.put("q", invocation.text("match"));
        List<Node.Fields> rows = new ArrayList<>();
        Node.Fields rest =
                client.list(
                        client.get(
                                Client.query(Client.path("traces", trace), parameters),
                                Client.JSON),
                        "spans",
                        new Client.RowReader() {
                            @Override
                            public void row(Node row) {
                                if (row instanceof Node.Fields fields) {
                                    rows.add(fields);
                                }
                            }
                        });
        boolean isCut = rest.get("next_offset") instanceof Node.Number;
        if (output.isHuman()) {
            summary(trace, rest);
        }
        TableWriter writer = output.table(ClientCommands.TREE, ListCommands.chosen(invocation));
        if (output.isHuman()) {
            tree(rows, isCut, writer);
        } else {
            rows.forEach(writer::row);
        }
        writer.end(rest.with("truncated", Node.of(isCut)));
        if (isCut) {
            output.hint(
                    "spans %d to %d of %s; the next: --offset %s"
                            .formatted(
                                    offset + 1,
                                    offset + rows.size(),
                                    rest.text("total"),
                                    rest.text("next_offset")));
        }
        return 0;
    }

    private void summary(String id, Node.Fields rest) {
        if (!(rest.get("trace") instanceof Node.Fields trace)) {
            return;
        }
        Map<String, Node> facts = new LinkedHashMap<>();
        facts.put("trace", Node.of(id));
        facts.put("name", trace.get("name"));
        facts.put("started", trace.get("start_time"));
        facts.put("duration", trace.get("duration_ms"));
        facts.put("spans", trace.get("span_count"));
        facts.put("errors", trace.get("error_count"));
        facts.put("input_tokens", trace.get("input_tokens"));
        facts.put("output_tokens", trace.get("output_tokens"));
        if (trace.get("cost") instanceof Node.Number cost
                && (cost.value() != 0 || !output.isHuman())) {
            facts.put("cost", cost);
        }
        facts.put("models", trace.get("models"));
        facts.put("scores", trace.get("scores"));
        facts.values().removeIf(value -> value.plain().isEmpty() || value.plain().equals("{}"));
        output.object(new Node.Fields(facts), SUMMARY, "trace");
        output.data().print("\n");
    }

    private void tree(List<Node.Fields> rows, boolean isCut, TableWriter writer) {
        List<String> branches = TreeBranches.draw(depths(rows), isCut, output.data().hasUnicode());
        boolean hasPreviews = invocation.has("previews");
        for (int i = 0; i < rows.size(); i++) {
            Node.Fields row = rows.get(i);
            String failed = row.text("status").equals("error") ? mark() : "";
            writer.row(row.with("name", Node.of(branches.get(i) + failed + row.text("name"))));
            int indent = branches.get(i).length() + 2;
            remark(writer, indent, "error", row.text("error"));
            if (hasPreviews) {
                remark(writer, indent, "in", row.text("input_preview"));
                remark(writer, indent, "out", row.text("output_preview"));
            }
        }
    }

    private String mark() {
        return output.data().hasUnicode() ? "✗ " : "! ";
    }

    private static void remark(TableWriter writer, int indent, String label, String text) {
        if (!text.isEmpty()) {
            writer.remark(indent, label + ": " + text);
        }
    }

    private static int[] depths(List<Node.Fields> rows) {
        return rows.stream().mapToInt(row -> (int) row.count("depth")).toArray();
    }
}
