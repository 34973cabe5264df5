package dev.backplane.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// `pull`: the server fetches, or a file of this machine is sent to it.
final class PullCommand {
    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Terminal terminal;

    PullCommand(Invocation invocation, Client client, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.terminal = terminal;
    }

    int run() {
        String name = invocation.argument(0);
        long startMillis = terminal.clock().millis();
        Optional<Path> path = ModelPath.of(name, Path.of(""));
        String called = invocation.text("as");
        String pulled;
        if (path.isPresent()) {
            ModelUpload upload = new ModelUpload(client, output);
            Map<String, Node> body = new LinkedHashMap<>();
            pulled = called.isEmpty() ? ModelUpload.name(path.get()) : called;
            body.put("model", Node.of(pulled));
            body.put("files", upload.send(path.get()));
            StatusView.follow(client, output, "/api/create", new Node.Fields(body));
        } else {
            pulled = name;
            StatusView.follow(client, output, "/api/pull", Node.fields("model", name));
            if (!called.isEmpty()) {
                client.ask(
                        "POST",
                        "/api/copy",
                        Optional.of(
                                Client.Body.json(
                                        Node.fields("source", name, "destination", called))));
                pulled = called;
            }
        }
        Node.Fields facts = facts(pulled);
        long millis = terminal.clock().millis() - startMillis;
        String size = Units.bytes(facts.count("size"));
        output.done(
                "%s is here (%s, in %s)"
                        .formatted(facts.text("name"), size, Units.duration(millis)),
                Node.fields(
                        "name", facts.get("name"),
                        "size", facts.get("size"),
                        "digest", facts.get("digest"),
                        "duration_ms", millis),
                "name");
        if (!facts.text("problem").isEmpty()) {
            output.warn("it cannot be run here: " + facts.text("problem"));
            output.hint(facts.text("hint"));
        } else {
            output.hint("talk with it: backplane chat " + facts.text("name"));
        }
        return 0;
    }

    private Node.Fields facts(String name) {
        Node.Fields answer =
                client.ask(
                        "POST",
                        "/api/show",
                        Optional.of(Client.Body.json(Node.fields("model", name))));
        return answer.get("backplane") instanceof Node.Fields facts
                ? facts
                : Node.fields("name", name);
    }
}
