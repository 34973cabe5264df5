package dev.backplane.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Models in the server's memory: `models ps`, `models stop`, and what `run` does first.
final class ResidentCommands {
    /// Shorter loads are not worth a word.
    private static final long TOLD_NANOS = 500_000_000;

    private final Invocation invocation;
    private final Client client;
    private final Output output;

    ResidentCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int list() {
        Node.Fields answer = client.ask("GET", "/api/ps", Optional.empty());
        TableWriter writer =
                output.table(
                        invocation.command().table().orElseThrow(),
                        ListCommands.chosen(invocation));
        int rows = 0;
        if (answer.get("models") instanceof Node.Items(List<Node> models)) {
            for (Node each : models) {
                if (each instanceof Node.Fields model) {
                    writer.row(model);
                    rows++;
                }
            }
        }
        writer.end(Node.Fields.EMPTY);
        if (rows == 0) {
            output.hint("none is loaded; a request loads one, or backplane run MODEL");
        }
        return 0;
    }

    int stop() {
        String model = invocation.argument(0);
        ask(Node.fields("model", model, "stream", false, "keep_alive", 0));
        output.done("stopped " + model, Node.fields("name", model), "name");
        return 0;
    }

    /// Has the model loaded. One that others run is left to them.
    void load() {
        String model = invocation.argument(0);
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("model", Node.of(model));
        body.put("stream", Node.of(false));
        if (invocation.has("keep-alive")) {
            body.put("keep_alive", Node.of(invocation.text("keep-alive")));
        }
        long start = System.nanoTime();
        try (Progress progress = output.progress("loading " + model)) {
            progress.text("…");
            ask(new Node.Fields(body));
        }
        long nanos = System.nanoTime() - start;
        if (nanos >= TOLD_NANOS) {
            output.remark("loaded in " + Units.duration(nanos / 1e6));
        }
    }

    private void ask(Node.Fields body) {
        client.ask("POST", "/api/generate", Optional.of(Client.Body.json(body)));
    }
}
