package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/// Files and batches, by the paths that OpenAI's clients use.
final class FileCommands {
    private static final String FILES = "/v1/files";
    private static final String BATCHES = "/v1/batches";
    private static final int PAGE = 100;

    private final Invocation invocation;
    private final Client client;
    private final Output output;

    FileCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    private static String path(String base, String id) {
        return base + "/" + Client.encode(id);
    }

    int files() {
        return list(FILES, Map.of("purpose", invocation.text("purpose")), FileCommands::file);
    }

    int batches() {
        return list(BATCHES, Map.of(), FileCommands::batch);
    }

    private TableWriter table() {
        return output.table(
                invocation.command().table().orElseThrow(), ListCommands.chosen(invocation));
    }

    private int list(
            String base, Map<String, String> parameters, UnaryOperator<Node.Fields> shown) {
        long limit = invocation.count("limit");
        TableWriter writer = table();
        long rows = 0;
        boolean more = true;
        String after = "";
        while (more && (limit == 0 || rows < limit)) {
            Map<String, String> asked = new LinkedHashMap<>(parameters);
            long page = limit == 0 ? PAGE : Math.min(PAGE, limit - rows);
            asked.put("limit", Long.toString(page));
            asked.put("after", after);
            Node.Fields answer = client.ask("GET", Client.query(base, asked), Optional.empty());
            for (Node.Fields row : rows(answer, "data")) {
                writer.row(shown.apply(row));
                rows++;
            }
            more = answer.isTrue("has_more");
            after = answer.text("last_id");
        }
        writer.end(Node.fields("truncated", more));
        if (more) {
            output.hint("cut after %d rows; the rest: --limit 0".formatted(rows));
        }
        return 0;
    }

    private static List<Node.Fields> rows(Node.Fields answer, String name) {
        return answer.get(name) instanceof Node.Items(List<Node> rows)
                ? rows.stream()
                        .filter(Node.Fields.class::isInstance)
                        .map(Node.Fields.class::cast)
                        .toList()
                : List.of();
    }

    private static Node.Fields file(Node.Fields file) {
        return times(file);
    }

    private static Node.Fields batch(Node.Fields batch) {
        Node.Fields row = times(batch);
        if (batch.get("request_counts") instanceof Node.Fields counts) {
            for (String name : List.of("total", "completed", "failed")) {
                row = row.with(name, counts.get(name));
            }
        }
        if (batch.get("usage") instanceof Node.Fields usage) {
            for (String name : List.of("input_tokens", "output_tokens")) {
                row = row.with(name, usage.get(name));
            }
        }
        return row;
    }

    /// Seconds since 1970 become times.
    private static Node.Fields times(Node.Fields row) {
        Node.Fields timed = row;
        for (String name : List.of("created", "expires")) {
            long seconds = row.count(name + "_at");
            if (seconds > 0) {
                timed =
                        timed.with(
                                name + "_time", Node.of(Instant.ofEpochSecond(seconds).toString()));
            }
        }
        return timed;
    }

    int upload() {
        invocation.arguments().forEach(FileCommands::check);
        TableWriter writer = table();
        for (String name : invocation.arguments()) {
            writer.row(file(upload(name, invocation.text("purpose"))));
        }
        writer.end(Node.Fields.EMPTY);
        return 0;
    }

    private static void check(String name) {
        Path path = Path.of(name);
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw Failure.of(
                            Files.exists(path) ? Problem.Kind.INVALID : Problem.Kind.NOT_FOUND,
                            "no file that can be read",
                            "no file that can be read: " + name)
                    .hint("nothing was sent");
        }
    }

    /// As a form of two parts (RFC 7578).
    private Node.Fields upload(String name, String purpose) {
        Path path = Path.of(name);
        String boundary = "backplane-" + UUID.randomUUID();
        String filename = path.getFileName().toString().replaceAll("[\"\\\\\\p{Cntrl}]", "_");
        byte[] head =
                """
                --%1$s\r
                Content-Disposition: form-data; name="purpose"\r
                \r
                %2$s\r
                --%1$s\r
                Content-Disposition: form-data; name="file"; filename="%3$s"\r
                Content-Type: application/octet-stream\r
                \r
                """
                        .formatted(boundary, purpose, filename)
                        .getBytes(StandardCharsets.UTF_8);
        byte[] tail = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
        try (Progress progress = output.progress(name);
                InputStream in = Files.newInputStream(path)) {
            long size = Files.size(path);
            Client.Body body =
                    new Client.Body(
                            "multipart/form-data; boundary=" + boundary,
                            head.length + size + tail.length,
                            out -> {
                                out.write(head);
                                copy(in, out, size, progress);
                                out.write(tail);
                            });
            return client.ask("POST", FILES, Optional.of(body));
        } catch (IOException e) {
            throw Failure.of(
                    Problem.Kind.INTERNAL,
                    "cannot read the file",
                    "cannot read %s: %s".formatted(name, e.getMessage()));
        }
    }

    private static void copy(InputStream in, OutputStream out, long size, Progress progress)
            throws IOException {
        byte[] chunk = new byte[1 << 16];
        long sent = 0;
        for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
            out.write(chunk, 0, length);
            sent += length;
            progress.bytes(sent, size);
        }
    }

    int download() {
        return download(invocation.argument(0));
    }

    private int download(String id) {
        InputStream answer = client.get(path(FILES, id) + "/content", "*/*");
        String file = invocation.text("output");
        if (file.isEmpty()) {
            Download.toOutput(answer, output.data(), client);
        } else {
            long bytes = Download.toFile(answer, file, output, client);
            output.done(
                    "wrote %s (%s)".formatted(file, Units.bytes(bytes)),
                    Node.fields("file", file, "bytes", bytes),
                    "file");
        }
        return 0;
    }

    int delete() {
        List<String> ids = invocation.arguments();
        String what = ids.size() == 1 ? "file " + ids.getFirst() : ids.size() + " files";
        if (!ChangeCommands.isSure("delete " + what, invocation, output)) {
            return 1;
        }
        for (String id : ids) {
            client.ask("DELETE", path(FILES, id), Optional.empty());
            output.done("deleted file " + id, Node.fields("deleted", id), "deleted");
        }
        return 0;
    }

    int create() {
        String given = invocation.argument(0);
        boolean isId = given.startsWith("file-") && !Files.exists(Path.of(given));
        if (!isId) {
            check(given);
        }
        String input = isId ? given : upload(given, "batch").text("id");
        Node.Fields order =
                Node.fields(
                        "input_file_id",
                        input,
                        "endpoint",
                        invocation.text("endpoint"),
                        "completion_window",
                        "24h");
        Node.Fields batch = client.ask("POST", BATCHES, Optional.of(Client.Body.json(order)));
        show(batch);
        output.hint("how it stands: backplane batches show " + batch.text("id"));
        return 0;
    }

    private void show(Node.Fields batch) {
        TableWriter writer = table();
        writer.row(batch(batch));
        writer.end(Node.Fields.EMPTY);
        if (batch.get("errors") instanceof Node.Fields errors) {
            for (Node.Fields error : rows(errors, "data")) {
                output.warn("line %s: %s".formatted(error.text("line"), error.text("message")));
            }
        }
    }

    private Node.Fields find() {
        return client.ask("GET", path(BATCHES, invocation.argument(0)), Optional.empty());
    }

    int showBatch() {
        show(find());
        return 0;
    }

    int cancel() {
        show(
                client.ask(
                        "POST",
                        path(BATCHES, invocation.argument(0)) + "/cancel",
                        Optional.empty()));
        return 0;
    }

    int results() {
        Node.Fields batch = find();
        boolean failures = invocation.has("failures");
        String id = batch.text(failures ? "error_file_id" : "output_file_id");
        if (id.isEmpty()) {
            throw Failure.of(
                            Problem.Kind.NOT_FOUND,
                            "the batch has no such results",
                            "batch %s is %s and has no %s"
                                    .formatted(
                                            batch.text("id"),
                                            batch.text("status"),
                                            failures ? "failures" : "answers"))
                    .next("backplane batches show " + batch.text("id"));
        }
        return download(id);
    }
}
