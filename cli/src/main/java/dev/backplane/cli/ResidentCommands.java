package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /// A model that is talked with; one that was a file is none any more when this is closed, or
    /// when the process is told to stop before.
    record Opened(String name, Optional<AtExit> end) implements AutoCloseable {
        @Override
        public void close() {
            end.ifPresent(AtExit::close);
        }
    }

    /// A model by its name; a file or a folder becomes one, by a name that is its own and the
    /// time's.
    Opened open(String model) {
        Optional<Path> file = file(model);
        if (file.isEmpty()) {
            return new Opened(model, Optional.empty());
        }
        Path path = file.get().toAbsolutePath().normalize();
        String name =
                "%s-%s"
                        .formatted(
                                String.valueOf(path.getFileName())
                                        .replaceAll("\\.gguf$", "")
                                        .replaceAll("[^A-Za-z0-9._-]", "_"),
                                Long.toString(System.currentTimeMillis(), Character.MAX_RADIX));
        AtExit end = AtExit.runs(() -> forget(name));
        boolean opened = false;
        try {
            change("open", Node.fields("name", name, "path", path.toString()));
            opened = true;
            return new Opened("backplane/" + name, Optional.of(end));
        } finally {
            if (!opened) {
                end.drop();
            }
        }
    }

    /// What is not there any more need not go.
    private void forget(String name) {
        try {
            change("close", Node.fields("name", name));
        } catch (Failure failure) {
            if (failure.kind() != Problem.Kind.NOT_FOUND) {
                throw failure;
            }
        }
    }

    /// A GGUF file or a folder. A folder's name alone may be a model's, so it is named with its
    /// path.
    private static Optional<Path> file(String model) {
        Optional<Path> file = ModelPath.of(model, Path.of(""));
        if (ModelPath.isMeant(model)) {
            if (!file.map(Files::exists).orElse(false)) {
                throw Failure.of(
                                Problem.Kind.NOT_FOUND,
                                "no such file",
                                "no such file or folder: " + model)
                        .hint("backplane models list shows what is here by name");
            }
            return file;
        }
        return file.filter(path ->
                Files.isRegularFile(path)
                        || model.contains("/") && Files.isRegularFile(path.resolve("config.json")));
    }

    private void change(String what, Node.Fields body) {
        client.ask("POST", "/api/v1/models/" + what, Optional.of(Client.Body.json(body)));
    }

    /// Has the model loaded. One that others run is left to them.
    void load(String model) {
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
