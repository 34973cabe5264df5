package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// `models create`: what a Modelfile says, or options do.
final class CreateCommand {
    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Terminal terminal;

    CreateCommand(Invocation invocation, Client client, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.terminal = terminal;
    }

    int run() {
        String name = invocation.argument(0);
        Path folder = Path.of("").toAbsolutePath();
        Modelfile file;
        if (invocation.has("from")) {
            file = options();
        } else {
            String given = invocation.text("file");
            Path parent = Path.of(given).toAbsolutePath().getParent();
            folder = given.equals("-") || parent == null ? folder : parent;
            file = Modelfile.parse(read(given));
        }
        StatusView.follow(client, output, "/api/create", body(name, file, folder));
        output.done("made " + name, Node.fields("name", name, "from", file.from()), "name");
        if (!file.template().isEmpty()) {
            output.hint(
                    "its Go template is not used: the chat template is that of the model's"
                            + " file");
        }
        return 0;
    }

    /// `models quantize`: the same model with other numbers.
    int quantize() {
        String from = invocation.argument(0);
        String type = invocation.argument(1);
        Optional<Path> path = ModelPath.of(from, Path.of("").toAbsolutePath());
        String name = invocation.has("as") ? invocation.text("as") : named(from, type, path);
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("model", Node.of(name));
        if (path.isPresent()) {
            body.put("files", new ModelUpload(client, output).send(path.get()));
        } else {
            body.put("from", Node.of(from));
        }
        body.put("quantize", Node.of(type));
        StatusView.follow(client, output, "/api/create", new Node.Fields(body));
        output.done("made " + name, Node.fields("name", name, "from", from), "name");
        return 0;
    }

    /// The model's name with the type as its tag.
    private static String named(String from, String type, Optional<Path> path) {
        if (path.isPresent()) {
            throw Failure.of(Problem.Kind.INVALID, "no name", "a model of a file needs a name")
                    .hint("give it with --as NAME");
        }
        int tag = from.indexOf(':', from.lastIndexOf('/') + 1);
        return (tag < 0 ? from : from.substring(0, tag)) + ":" + type.toLowerCase(Locale.ROOT);
    }

    private Modelfile options() {
        Map<String, Node> parameters = new LinkedHashMap<>();
        invocation
                .pairs("parameter")
                .forEach(pair -> Modelfile.put(parameters, pair.getKey(), pair.getValue()));
        return new Modelfile(
                invocation.text("from"),
                List.of(),
                parameters,
                "",
                invocation.text("system"),
                List.of(),
                List.of());
    }

    private String read(String given) {
        try {
            return given.equals("-")
                    ? new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(Path.of(given));
        } catch (IOException e) {
            throw Failure.of(
                            Problem.Kind.NOT_FOUND,
                            "no Modelfile",
                            "cannot read the Modelfile " + given)
                    .hint("name it with --file, or give --from MODEL");
        }
    }

    private Node.Fields body(String name, Modelfile file, Path folder) {
        ModelUpload upload = new ModelUpload(client, output);
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("model", Node.of(name));
        Optional<Path> path = ModelPath.of(file.from(), folder);
        if (path.isPresent()) {
            body.put("files", upload.send(path.get()));
        } else {
            body.put("from", Node.of(file.from()));
        }
        Map<String, Node> adapters = new LinkedHashMap<>();
        for (String adapter : file.adapters()) {
            Path place = folder.resolve(adapter);
            adapters.put(String.valueOf(place.getFileName()), Node.of(upload.sendFile(place)));
        }
        put(body, "adapters", adapters);
        put(body, "parameters", file.parameters());
        if (!file.template().isEmpty()) {
            body.put("template", Node.of(file.template()));
        }
        if (!file.system().isEmpty()) {
            body.put("system", Node.of(file.system()));
        }
        if (!file.licenses().isEmpty()) {
            body.put("license", new Node.Items(file.licenses().stream().map(Node::of).toList()));
        }
        if (!file.messages().isEmpty()) {
            body.put("messages", new Node.Items(file.messages()));
        }
        return new Node.Fields(body);
    }

    private static void put(Map<String, Node> body, String name, Map<String, Node> values) {
        if (!values.isEmpty()) {
            body.put(name, new Node.Fields(values));
        }
    }
}
