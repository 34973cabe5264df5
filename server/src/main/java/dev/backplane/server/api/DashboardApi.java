package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Dashboards of the UI, in the object `meta/dashboards.json`:
///
/// ```
/// {"version":1,"projects":{"default":{"Costs":[{"title":"…","sql":"…","chart":{…}}]}}}
/// ```
///
/// A dashboard is a name and a list of panels; each panel has a `title` and `sql`, and what else
/// the UI keeps in it. At most [#DASHBOARDS_MAX] a project, of at most [#PANELS_MAX] panels and
/// [#BYTES_MAX] bytes. Thread-safe.
final class DashboardApi {
    static final int DASHBOARDS_MAX = 100;
    static final int PANELS_MAX = 50;
    static final int BYTES_MAX = 256 << 10;

    private static final int NAME_LENGTH_MAX = 60;
    private static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();

    private final SharedObject object;

    DashboardApi(SharedObject object) {
        this.object = object;
    }

    /// `GET /api/v1/dashboards` → `{"dashboards":[{"name","panels":[…]}]}`, by name.
    void list(Caller caller, Exchange exchange) throws IOException {
        ObjectNode all = read(object.read());
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("dashboards");
                    all.path("projects").path(caller.project()).properties().stream()
                            .sorted(java.util.Map.Entry.comparingByKey())
                            .forEach(entry -> {
                                json.writeStartObject();
                                json.writeStringProperty("name", entry.getKey());
                                json.writeName("panels");
                                json.writeRawValue(entry.getValue().toString());
                                json.writeEndObject();
                            });
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    /// `PUT /api/v1/dashboards/{name} {"panels":[…]}`: makes it or replaces it.
    void put(Caller caller, Exchange exchange) throws IOException {
        String name = exchange.parameter("name");
        if (name.isBlank() || name.length() > NAME_LENGTH_MAX) {
            throw Problem.invalid("name of the dashboard is too long or blank", exchange.path())
                    .fix("use 1 to " + NAME_LENGTH_MAX + " characters");
        }
        JsonNode panels = panels(exchange);
        change(
                project -> {
                    project.set(name, panels);
                    if (project.size() > DASHBOARDS_MAX) {
                        throw Problem.invalid("project has too many dashboards", exchange.path())
                                .fix("delete some; " + DASHBOARDS_MAX + " are allowed");
                    }
                },
                caller);
        exchange.status(204);
    }

    /// `DELETE /api/v1/dashboards/{name}`
    void delete(Caller caller, Exchange exchange) throws IOException {
        String name = exchange.parameter("name");
        change(
                project -> {
                    if (project.remove(name) == null) {
                        throw Problem.notFound("no such dashboard", exchange.path())
                                .fix("see GET /api/v1/dashboards");
                    }
                },
                caller);
        exchange.status(204);
    }

    private static JsonNode panels(Exchange exchange) throws IOException {
        try (InputStream in = exchange.body(BodyLimits.buffered(BYTES_MAX))) {
            JsonNode panels = MAPPER.readTree(in).path("panels");
            if (!panels.isArray() || panels.size() > PANELS_MAX) {
                throw Problem.invalid("panels is not a list that can be kept", exchange.path())
                        .fix("send {\"panels\":[…]} with at most " + PANELS_MAX);
            }
            for (JsonNode panel : panels) {
                if (!panel.path("title").isString() || !panel.path("sql").isString()) {
                    throw Problem.invalid("a panel has no title or no sql", exchange.path())
                            .fix("give each panel the texts title and sql");
                }
            }
            return panels;
        } catch (JacksonException malformed) {
            if (malformed.getCause() instanceof IOException broken) {
                throw broken;
            }
            throw Problem.invalid("body is not JSON", exchange.path())
                    .fix("send {\"panels\":[…]}")
                    .causedBy(malformed);
        }
    }

    private void change(Consumer<ObjectNode> change, Caller caller) throws IOException {
        object.update(before -> {
            ObjectNode all = read(before);
            ObjectNode projects = all.withObjectProperty("projects");
            change.accept(projects.withObjectProperty(caller.project()));
            return Slice.of(all.toString());
        });
    }

    private static ObjectNode read(Optional<Slice> object) {
        ObjectNode none = MAPPER.createObjectNode().put("version", 1);
        try {
            return object.map(bytes -> MAPPER.readTree(bytes.bytes()))
                    .filter(JsonNode::isObject)
                    .map(ObjectNode.class::cast)
                    .orElse(none);
        } catch (JacksonException damaged) {
            throw Problem.of(Problem.Kind.CONFIG, "dashboards are damaged", "meta/dashboards.json")
                    .fix("restore the object from a backup, or delete it")
                    .causedBy(damaged);
        }
    }
}
