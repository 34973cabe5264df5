package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.batch.Batches;
import dev.backplane.gateway.limit.Limits;
import dev.backplane.gateway.response.Background;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.ApiKey;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.KeyLimits;
import dev.backplane.server.auth.KeyLimitsJson;
import dev.backplane.server.auth.Project;
import dev.backplane.server.auth.Registry;
import dev.backplane.server.auth.Scope;
import java.io.IOException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JsonGenerator;

/// Projects and keys.
final class AdminApi {
    private static final int RETENTION_DAYS_MAX = 36_500;
    private static final long LIMIT_MAX = 1_000_000_000_000L;
    private static final List<String> KEY_MEMBERS =
            List.of("name", "scopes", "project", "models", "budgets", "rpm", "tpm", "concurrency");

    private final Kept kept;
    private final Batches batches;
    private final Background background;
    private final Registry registry;
    private final InstantSource clock;

    AdminApi(
            Kept kept,
            Batches batches,
            Background background,
            Registry registry,
            InstantSource clock) {
        this.kept = kept;
        this.batches = batches;
        this.background = background;
        this.registry = registry;
        this.clock = clock;
    }

    /// `GET /api/v1/projects`: those set up and those that have spans.
    void projects(Caller caller, Exchange exchange) throws IOException {
        Map<String, Project> known = registry.state().projects();
        Set<String> names = new TreeSet<>(known.keySet());
        names.addAll(kept.store().projects());
        if (!caller.allProjects()) {
            names.removeIf(name -> !name.equals(caller.project()));
        }
        if (!caller.may(Scope.ADMIN)) {
            names.remove(Project.SYSTEM);
        }
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("projects");
                    for (String name : names) {
                        Project project = known.getOrDefault(name, new Project(name, 0, 0));
                        write(json, project, kept.bytes(name));
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, Project project, long storedBytes) {
        json.writeStartObject();
        json.writeStringProperty("name", project.name());
        json.writeNumberProperty("retention_days", project.retentionDays());
        json.writeNumberProperty("quota_bytes", project.quotaBytes());
        json.writeNumberProperty("stored_bytes", storedBytes);
        json.writeEndObject();
    }

    /// `POST /api/v1/projects {"name", "retention_days", "quota_bytes"}`
    void createProject(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        Bodies body = Bodies.read(exchange, List.of("name", "retention_days", "quota_bytes"));
        String name = writableName(body.requiredText("name"));
        Project project = changed(new Project(name, 0, 0), body);
        registry.update(state -> {
            if (state.projects().containsKey(name)) {
                throw Problem.conflict("project is there already", name)
                        .fix("change it with PUT /api/v1/projects/" + name);
            }
            return state.with(project);
        });
        exchange.sendJson(201, json -> write(json, project, 0));
    }

    /// `PUT /api/v1/projects/{name} {"retention_days", "quota_bytes"}`
    void changeProject(Caller caller, Exchange exchange) throws IOException {
        String name = writableName(exchange.parameter("name"));
        caller.requireProject(name, exchange.path());
        requireThere(name, exchange);
        Bodies body = Bodies.read(exchange, List.of("retention_days", "quota_bytes"));
        Registry.State state =
                registry.update(before ->
                        before.with(
                                changed(
                                        before.projects()
                                                .getOrDefault(name, new Project(name, 0, 0)),
                                        body)));
        exchange.sendJson(
                200,
                json ->
                        write(
                                json,
                                state.projects().getOrDefault(name, new Project(name, 0, 0)),
                                kept.bytes(name)));
    }

    private static Project changed(Project before, Bodies body) {
        return new Project(
                before.name(),
                (int)
                        body.number("retention_days", RETENTION_DAYS_MAX)
                                .orElse(before.retentionDays()),
                body.number("quota_bytes", Long.MAX_VALUE).orElse(before.quotaBytes()));
    }

    /// `DELETE /api/v1/projects/{name}`: its spans, files, batches, conversations, datasets,
    /// settings and keys.
    void deleteProject(Caller caller, Exchange exchange) throws IOException {
        String name = writableName(exchange.parameter("name"));
        caller.requireProject(name, exchange.path());
        requireThere(name, exchange);
        batches.deleteProject(name);
        background.deleteProject(name);
        kept.conversations().deleteProject(name);
        kept.store().deleteProject(name);
        kept.files().deleteProject(name);
        kept.datasets().deleteProject(name);
        registry.update(state -> state.without(name));
        exchange.status(204);
    }

    /// Set up, or by its spans or what else is kept; the default project is there before its first
    /// span.
    private void requireThere(String name, Exchange exchange) {
        if (!name.equals(Project.DEFAULT)
                && !registry.state().projects().containsKey(name)
                && !kept.store().projects().contains(name)
                && kept.besides(name) == 0) {
            throw Problem.notFound("no such project", exchange.path())
                    .fix("see GET /api/v1/projects, or make it with POST");
        }
    }

    private static String writableName(String name) {
        if (name.equals(Project.SYSTEM)) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "project is the server's own", name)
                    .fix("choose another project");
        }
        return Project.requireName(name);
    }

    /// `GET /api/v1/keys`: all but their secrets.
    void keys(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        List<ApiKey> keys = registry.state().keys();
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("keys");
                    keys.forEach(key -> {
                        json.writeStartObject();
                        members(json, key);
                        json.writeEndObject();
                    });
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private static void members(JsonGenerator json, ApiKey key) {
        json.writeStringProperty("id", key.id());
        json.writeStringProperty("name", key.name());
        json.writeArrayPropertyStart("scopes");
        key.scopes().stream().sorted().forEach(scope -> json.writeString(scope.id()));
        json.writeEndArray();
        json.writeStringProperty("project", key.project());
        json.writeStringProperty(
                "created_time", java.time.Instant.ofEpochMilli(key.createdMillis()).toString());
        KeyLimitsJson.write(json, key.limits());
    }

    /// `POST /api/v1/keys {"name", "scopes", "project", "models", "budgets", "rpm", "tpm",
    /// "concurrency"}`: the answer holds the secret, which is never shown again.
    void createKey(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        Bodies body = Bodies.read(exchange, KEY_MEMBERS);
        String secret = ApiKey.newSecret();
        ApiKey key =
                new ApiKey(
                        ApiKey.newId(),
                        body.text("name").orElse(""),
                        ApiKey.hash(secret),
                        scopes(body, exchange),
                        keyProject(body.text("project").orElse(Project.DEFAULT)),
                        clock.millis(),
                        limits(body));
        registry.update(state -> state.with(key));
        exchange.header("Cache-Control", "no-store");
        exchange.sendJson(
                201,
                json -> {
                    json.writeStartObject();
                    members(json, key);
                    json.writeStringProperty("key", secret);
                    json.writeEndObject();
                });
    }

    private static KeyLimits limits(Bodies body) {
        return new KeyLimits(
                new Limits(
                        body.number("rpm", LIMIT_MAX),
                        body.number("tpm", LIMIT_MAX),
                        body.number("concurrency", LIMIT_MAX),
                        body.texts("budgets").stream().map(KeyLimitsJson::budget).toList()),
                Set.copyOf(body.texts("models")));
    }

    private static String keyProject(String name) {
        return name.equals(ApiKey.ALL_PROJECTS) ? name : writableName(name);
    }

    private static Set<Scope> scopes(Bodies body, Exchange exchange) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String id : body.texts("scopes")) {
            scopes.add(
                    Scope.byId(id)
                            .orElseThrow(() ->
                                    Problem.invalid("scope is not known", exchange.path())
                                            .fix("use ingest, read, call or admin")));
        }
        return scopes.isEmpty() ? Set.of(Scope.INGEST, Scope.READ) : scopes;
    }

    /// `DELETE /api/v1/keys/{id}`
    void deleteKey(Caller caller, Exchange exchange) {
        caller.requireAllProjects(exchange.path());
        String id = exchange.parameter("id");
        registry.update(state -> {
            if (state.keys().stream().noneMatch(key -> key.id().equals(id))) {
                throw Problem.notFound("no such key", exchange.path())
                        .fix("see GET /api/v1/keys; keys of the configuration are changed there");
            }
            return state.withoutKey(id);
        });
        exchange.status(204);
    }
}
