package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `import`: streams files to the server one after the other.
final class ImportCommand {
    private static final int CHUNK_BYTES = 1 << 16;
    private static final int REJECTIONS_SHOWN = 5;

    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Terminal terminal;

    ImportCommand(Invocation invocation, Client client, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.terminal = terminal;
    }

    int run() {
        // All names are looked at before the first byte is sent: a typing error in the last one
        // should not be found after an hour.
        for (String file : invocation.arguments()) {
            if (!file.equals("-")) {
                check(file);
            }
        }
        Optional<TableWriter> writer = Optional.empty();
        long rejected = 0;
        for (String file : invocation.arguments()) {
            Node.Fields sums = send(file);
            if (writer.isEmpty()) {
                writer =
                        Optional.of(
                                output.table(
                                        ClientCommands.IMPORTS, ListCommands.chosen(invocation)));
            }
            writer.get().row(sums);
            rejected += sums.count("rejected");
        }
        writer.ifPresent(table -> table.end(Node.Fields.EMPTY));
        output.flush();
        if (rejected > 0) {
            throw Failure.of(
                            Problem.Kind.INTERNAL,
                            "records were refused",
                            Units.amount(rejected, "record") + " refused; the others are stored")
                    .hint("mend those records and import the file again: what is there stays");
        }
        output.hint("see them: backplane traces list");
        return 0;
    }

    private static void check(String file) {
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            throw Failure.of(Problem.Kind.NOT_FOUND, "no such file", "no such file: " + file)
                    .hint("nothing was imported");
        }
        if (!Files.isReadable(path) || Files.isDirectory(path)) {
            throw Failure.usage("not a readable file: " + file).hint("nothing was imported");
        }
    }

    private Node.Fields send(String file) {
        boolean isInput = file.equals("-");
        long startMillis = terminal.clock().millis();
        try (Progress progress = output.progress(isInput ? "stdin" : file);
                InputStream in = isInput ? terminal.in() : Files.newInputStream(Path.of(file))) {
            long size = isInput ? -1 : Files.size(Path.of(file));
            String name = isInput ? "stdin" : Path.of(file).getFileName().toString();
            Client.Body body =
                    new Client.Body(
                            "application/octet-stream", size, out -> copy(in, out, size, progress));
            InputStream answer =
                    client.send(
                            "POST",
                            Client.query(Client.path("import"), Map.of("name", name)),
                            Client.NDJSON,
                            Optional.of(body));
            Node.Fields last =
                    client.lines(
                            answer,
                            line -> progress.text(Units.amount(line.count("spans"), "span")));
            if (!last.isTrue("done")) {
                throw Client.notOurs("the import of " + file);
            }
            progress.clear();
            explain(file, last);
            return row(file, last, terminal.clock().millis() - startMillis);
        } catch (IOException e) {
            throw Failure.of(
                    Problem.Kind.INTERNAL,
                    "cannot read the file",
                    "cannot read %s: %s".formatted(file, e.getMessage()));
        }
    }

    private static void copy(InputStream in, OutputStream out, long size, Progress progress)
            throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long sent = 0;
        for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
            out.write(chunk, 0, length);
            sent += length;
            progress.bytes(sent, size);
        }
    }

    private void explain(String file, Node.Fields last) {
        if (last.get("rejections") instanceof Node.Items(List<Node> rejections)) {
            for (Node each : rejections.stream().limit(REJECTIONS_SHOWN).toList()) {
                if (each instanceof Node.Fields rejection
                        && rejection.get("error") instanceof Node.Fields error) {
                    output.warn(
                            "%s, record %s: %s"
                                    .formatted(
                                            file, rejection.text("line"), error.text("message")));
                }
            }
        }
    }

    private static Node.Fields row(String file, Node.Fields last, long millis) {
        Map<String, Node> row = new LinkedHashMap<>();
        row.put("file", Node.of(file));
        for (String name : List.of("traces", "spans", "rejected", "bytes")) {
            row.put(name, last.get(name));
        }
        row.put("duration_ms", Node.of(millis));
        return new Node.Fields(row);
    }
}
