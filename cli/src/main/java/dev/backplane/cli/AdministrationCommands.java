package dev.backplane.cli;

import dev.backplane.core.Problem;
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

    int explainRoute() {
        String path = Client.query(Client.path("routes"), Map.of("model", invocation.argument(0)));
        Node.Fields answer = list(path);
        output.hint(answer.text("how"));
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
        if (answer.get(table.name()) instanceof Node.Items(List<Node> rows)) {
            for (Node row : rows) {
                if (row instanceof Node.Fields fields) {
                    writer.row(fields);
                }
            }
        }
        writer.end(Node.Fields.EMPTY);
        return answer;
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

    int createKey() {
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("name", Node.of(invocation.argument(0)));
        List<Node> scopes = new ArrayList<>();
        invocation.values("scope").forEach(scope -> scopes.add(Node.of(scope)));
        if (!scopes.isEmpty()) {
            body.put("scopes", new Node.Items(scopes));
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
