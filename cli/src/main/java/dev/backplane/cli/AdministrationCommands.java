package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Projects, keys, providers and routes.
final class AdministrationCommands {
    private final Invocation invocation;
    private final Client client;
    private final Output output;

    AdministrationCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int projects() {
        return list();
    }

    int keys() {
        return list();
    }

    int providers() {
        return list();
    }

    int testProviders() {
        Map<String, Node> body = new LinkedHashMap<>();
        invocation.optionalArgument(0).ifPresent(name -> body.put("provider", Node.of(name)));
        if (invocation.has("call")) {
            body.put("model", Node.of(invocation.text("call")));
        }
        Table table = invocation.command().table().orElseThrow();
        Node.Fields answer =
                client.ask(
                        "POST",
                        Client.path("providers", "test"),
                        Optional.of(Client.Body.json(new Node.Fields(body))));
        TableWriter writer = output.table(table, ListCommands.chosen(invocation));
        List<Node.Fields> rows = rows(answer, table);
        rows.forEach(writer::row);
        writer.end(Node.Fields.EMPTY);
        if (rows.isEmpty()) {
            output.hint("no providers are configured; see docs/gateway.md");
        }
        List<Failure> failures =
                rows.stream()
                        .filter(row -> !row.text("failed").isEmpty())
                        .map(AdministrationCommands::failure)
                        .toList();
        // Everyone but people has the reasons in the rows.
        if (output.isHuman()) {
            failures.forEach(output::failure);
        }
        return failures.isEmpty() ? 0 : failures.getFirst().exitCode();
    }

    private static Failure failure(Node.Fields row) {
        String error = "%s fails: %s".formatted(row.text("name"), row.text("error"));
        return Failure.remote(row.with("error", Node.of(error)), 500);
    }

    int explainRoute() {
        String path = Client.query(Client.path("routes"), Map.of("model", invocation.argument(0)));
        Node.Fields answer = list(path);
        output.hint(answer.text("how"));
        return 0;
    }

    int usage(Clock clock) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("by", invocation.text("by"));
        parameters.put("since", invocation.time("since", clock));
        parameters.put("until", invocation.time("until", clock));
        list(Client.query(Client.path("usage"), parameters));
        return 0;
    }

    private int list() {
        list(Client.path(invocation.command().table().orElseThrow().name()));
        return 0;
    }

    private Node.Fields list(String path) {
        Table table = invocation.command().table().orElseThrow();
        Node.Fields answer = client.ask("GET", path, Optional.empty());
        TableWriter writer = output.table(table, ListCommands.chosen(invocation));
        rows(answer, table).forEach(writer::row);
        writer.end(Node.Fields.EMPTY);
        return answer;
    }

    private static List<Node.Fields> rows(Node.Fields answer, Table table) {
        return answer.get(table.name()) instanceof Node.Items(List<Node> rows)
                ? rows.stream()
                        .filter(Node.Fields.class::isInstance)
                        .map(Node.Fields.class::cast)
                        .toList()
                : List.of();
    }

    int createProject() {
        String name = invocation.argument(0);
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("name", Node.of(name));
        body.putAll(settings());
        try {
            client.ask(
                    "POST",
                    Client.path("projects"),
                    Optional.of(Client.Body.json(new Node.Fields(body))));
        } catch (Failure failure) {
            if (failure.kind() != Problem.Kind.CONFLICT || !invocation.has("exist-ok")) {
                throw failure;
            }
            output.done(
                    "project " + name + " is there already",
                    Node.fields("name", name, "created", false),
                    "name");
            return 0;
        }
        output.done("created project " + name, Node.fields("name", name, "created", true), "name");
        return 0;
    }

    int updateProject() {
        String name = invocation.argument(0);
        Map<String, Node> settings = settings();
        if (settings.isEmpty()) {
            throw Failure.usage("nothing to change").hint("give --retention or --quota");
        }
        client.ask(
                "PUT",
                Client.path("projects", name),
                Optional.of(Client.Body.json(new Node.Fields(settings))));
        output.done("changed project " + name, Node.fields("name", name), "name");
        return 0;
    }

    private Map<String, Node> settings() {
        Map<String, Node> settings = new LinkedHashMap<>();
        if (invocation.has("retention")) {
            settings.put("retention_days", Node.of(invocation.count("retention")));
        }
        if (invocation.has("quota")) {
            settings.put("quota_bytes", Node.of(invocation.count("quota")));
        }
        return settings;
    }

    int deleteProject() {
        String name = invocation.argument(0);
        String deed = "delete project " + name + " with everything in it";
        if (!ChangeCommands.isSure(deed, invocation, output)) {
            return 1;
        }
        client.ask("DELETE", Client.path("projects", name), Optional.empty());
        output.done("deleted project " + name, Node.fields("deleted", name), "deleted");
        return 0;
    }

    private void texts(String option, String member, Map<String, Node> body) {
        if (invocation.has(option)) {
            body.put(
                    member,
                    new Node.Items(invocation.values(option).stream().map(Node::of).toList()));
        }
    }

    int createKey() {
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("name", Node.of(invocation.argument(0)));
        List<Node> scopes = new ArrayList<>();
        invocation.values("scope").forEach(scope -> scopes.add(Node.of(scope)));
        if (!scopes.isEmpty()) {
            body.put("scopes", new Node.Items(scopes));
        }
        texts("model", "models", body);
        texts("budget", "budgets", body);
        for (String limit : List.of("rpm", "tpm", "concurrency")) {
            if (invocation.has(limit)) {
                body.put(limit, Node.of(invocation.count(limit)));
            }
        }
        if (invocation.has("for-project")) {
            body.put("project", Node.of(invocation.text("for-project")));
        }
        Node.Fields key =
                client.ask(
                        "POST",
                        Client.path("keys"),
                        Optional.of(Client.Body.json(new Node.Fields(body))));
        output.object(key, Map.of("created_time", Unit.TIME), "key");
        output.hint("keep the key now: it is not stored and cannot be shown again");
        return 0;
    }

    int revokeKey() {
        String id = invocation.argument(0);
        if (!ChangeCommands.isSure("revoke key " + id, invocation, output)) {
            return 1;
        }
        client.ask("DELETE", Client.path("keys", id), Optional.empty());
        output.done("revoked key " + id, Node.fields("revoked", id), "revoked");
        return 0;
    }
}
