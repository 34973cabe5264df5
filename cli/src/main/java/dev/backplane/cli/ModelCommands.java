package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What there is on this machine, and small changes to it.
final class ModelCommands {
    private static final Map<String, Unit> UNITS =
            Map.of(
                    "size", Unit.BYTES,
                    "memory_bytes", Unit.BYTES,
                    "weight_bytes", Unit.BYTES,
                    "cache_bytes_per_token", Unit.BYTES,
                    "context_length", Unit.COUNT,
                    "embedding_length", Unit.COUNT,
                    "parameters", Unit.COUNT,
                    "modified", Unit.TIME);

    private final Invocation invocation;
    private final Client client;
    private final Output output;

    ModelCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int list() {
        boolean isAll = invocation.has("all");
        Node.Fields answer = client.ask("GET", "/api/tags", Optional.empty());
        TableWriter writer =
                output.table(
                        invocation.command().table().orElseThrow(),
                        ListCommands.chosen(invocation));
        int rows = 0;
        if (answer.get("models") instanceof Node.Items(List<Node> models)) {
            for (Node each : models) {
                if (each instanceof Node.Fields model && (isAll || isHere(model))) {
                    writer.row(row(model));
                    rows++;
                }
            }
        }
        writer.end(Node.Fields.EMPTY);
        if (rows == 0) {
            output.hint("bring one: backplane pull hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0");
        }
        return 0;
    }

    /// Models elsewhere have no size.
    private static boolean isHere(Node.Fields model) {
        return model.count("size") > 0;
    }

    private static Node.Fields row(Node.Fields model) {
        Node.Fields details =
                model.get("details") instanceof Node.Fields fields ? fields : Node.Fields.EMPTY;
        Map<String, Node> row = new LinkedHashMap<>();
        row.put("name", model.get("name"));
        row.put("size", model.get("size"));
        row.put("family", details.get("family"));
        row.put("parameters", details.get("parameter_size"));
        row.put("quantization", details.get("quantization_level"));
        row.put("modified", model.get("modified_at"));
        row.put("format", details.get("format"));
        row.put("digest", model.get("digest"));
        return new Node.Fields(row);
    }

    int show() {
        String name = invocation.argument(0);
        Node.Fields answer =
                client.ask(
                        "POST",
                        "/api/show",
                        Optional.of(Client.Body.json(Node.fields("model", name))));
        if (!(answer.get("backplane") instanceof Node.Fields facts)) {
            throw Failure.of(
                            Problem.Kind.NOT_FOUND,
                            "not a model of this machine",
                            "model '" + name + "' is one of a provider")
                    .next("backplane routes explain " + name);
        }
        output.object(shown(answer, facts), UNITS, "name");
        String problem = facts.text("problem");
        if (!problem.isEmpty()) {
            output.warn("it cannot be run here: " + problem);
            output.hint(facts.text("hint"));
        }
        if (facts.isTrue("go_template")) {
            output.hint(
                    "its Go template is not used: the chat template is that of the model's"
                            + " file");
        }
        return 0;
    }

    private Node.Fields shown(Node.Fields answer, Node.Fields facts) {
        Map<String, Node> shown = new LinkedHashMap<>();
        List<String> first =
                List.of(
                        "name",
                        "architecture",
                        "parameters",
                        "quantization",
                        "context_length",
                        "embedding_length",
                        "layers",
                        "template_family",
                        "memory_bytes",
                        "weight_bytes",
                        "cache_bytes_per_token");
        for (String key : first) {
            if (facts.values().containsKey(key)) {
                shown.put(key, facts.get(key));
            }
        }
        shown.put("capabilities", answer.get("capabilities"));
        shown.put("license", brief(answer.text("license")));
        if (!answer.text("system").isEmpty()) {
            shown.put("system", brief(answer.text("system")));
        }
        if (!answer.text("parameters").isEmpty()) {
            shown.put("settings", Node.of(settings(answer.text("parameters"))));
        }
        if (facts.count("adapters") > 0) {
            shown.put("adapters", facts.get("adapters"));
        }
        for (String key : List.of("size", "digest", "folder", "read_only")) {
            shown.put(key, facts.get(key));
        }
        shown.put("modified", answer.get("modified_at"));
        return new Node.Fields(shown);
    }

    /// People get the first line of long texts, everybody else the whole.
    private Node brief(String text) {
        if (!output.isHuman()) {
            return Node.of(text);
        }
        List<String> lines =
                text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        if (lines.isEmpty()) {
            return Node.of("");
        }
        return Node.of(lines.getFirst() + (lines.size() > 1 ? " …" : ""));
    }

    private static String settings(String lines) {
        return String.join(
                ", ", lines.lines().map(line -> line.strip().replaceAll(" +", " ")).toList());
    }

    int copy() {
        String from = invocation.argument(0);
        String to = invocation.argument(1);
        client.ask(
                "POST",
                "/api/copy",
                Optional.of(Client.Body.json(Node.fields("source", from, "destination", to))));
        output.done(
                "%s is %s as well".formatted(from, to),
                Node.fields("name", to, "from", from),
                "name");
        return 0;
    }

    int remove() {
        List<String> names = invocation.arguments();
        String what = names.size() == 1 ? "model " + names.getFirst() : names.size() + " models";
        if (!ChangeCommands.isSure("remove " + what, invocation, output)) {
            return 1;
        }
        for (String name : names) {
            client.ask(
                    "DELETE",
                    "/api/delete",
                    Optional.of(Client.Body.json(Node.fields("model", name))));
            output.done("removed " + name, Node.fields("removed", name), "removed");
        }
        return 0;
    }
}
