package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.Project;
import java.io.IOException;
import java.io.InputStream;
import java.util.regex.Pattern;

/// What Braintrust's SDKs ask before they send a row: where the API of their organization is, and
/// the id of the project that they log to. There is one organization here, and the id of a project
/// is its name, with a dash for what a name must not have.
final class BraintrustLogin {
    private static final String ORGANIZATION = "backplane";
    private static final BodyLimits SMALL = BodyLimits.buffered(64 << 10);
    private static final Pattern NOT_IN_A_NAME = Pattern.compile("[^A-Za-z0-9._-]+|\\.{2,}");
    private static final Pattern NOT_AT_THE_START = Pattern.compile("^[^A-Za-z0-9]+");

    /// `POST /api/apikey/login`
    void login(Caller caller, Exchange exchange) throws IOException {
        String url = baseUrl(exchange);
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("org_info");
                    json.writeStartObject();
                    json.writeStringProperty("id", ORGANIZATION);
                    json.writeStringProperty("name", ORGANIZATION);
                    json.writeStringProperty("api_url", url);
                    json.writeStringProperty("proxy_url", url);
                    json.writeBooleanProperty("is_universal_api", true);
                    json.writeNullProperty("git_metadata");
                    json.writeEndObject();
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    /// `POST /api/project/register {"project_name"}`, from the JavaScript SDK.
    void register(Caller caller, Exchange exchange) throws IOException {
        String name = member(exchange, "project_name");
        String id = id(caller, name, exchange);
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeObjectPropertyStart("project");
                    json.writeStringProperty("id", id);
                    json.writeStringProperty("name", name);
                    json.writeEndObject();
                    json.writeEndObject();
                });
    }

    /// `POST /v1/project {"name"}`, from the Python SDK.
    void create(Caller caller, Exchange exchange) throws IOException {
        String name = member(exchange, "name");
        project(exchange, id(caller, name, exchange), name);
    }

    /// `GET /v1/project/{project}`, from the Python SDK.
    void show(Caller caller, Exchange exchange) throws IOException {
        String name = exchange.parameter("project");
        project(exchange, id(caller, name, exchange), name);
    }

    /// `POST /api/project/get {"id"}`, from the JavaScript SDK.
    void get(Caller caller, Exchange exchange) throws IOException {
        String name = member(exchange, "id");
        project(exchange, id(caller, name, exchange), name);
    }

    private static void project(Exchange exchange, String id, String name) throws IOException {
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("id", id);
                    json.writeStringProperty("name", name);
                    json.writeStringProperty("org_id", ORGANIZATION);
                    json.writeEndObject();
                });
    }

    /// Says no here already, where SDKs report it, rather than row by row.
    private static String id(Caller caller, String name, Exchange exchange) {
        String plain = NOT_IN_A_NAME.matcher(name).replaceAll("-");
        String id = Project.requireName(NOT_AT_THE_START.matcher(plain).replaceFirst(""));
        caller.requireProject(id, exchange.path());
        return id;
    }

    private static String member(Exchange exchange, String name) throws IOException {
        try (InputStream body = exchange.body(SMALL)) {
            Slice request = JsonBytes.checked(Slice.of(body.readAllBytes()), 1, exchange.path());
            if (JsonBytes.isObject(request)) {
                return JsonBytes.member(request, name)
                        .filter(JsonBytes::isString)
                        .map(JsonBytes::string)
                        .orElseThrow(() -> missing(exchange, name));
            }
            throw missing(exchange, name);
        }
    }

    private static Problem missing(Exchange exchange, String name) {
        return Problem.invalid(name + " is missing", exchange.path())
                .fix("send an object with a text " + name);
    }

    /// Of this server as its caller sees it.
    static String baseUrl(Exchange exchange) {
        return exchange.header("X-Forwarded-Proto").orElse("http") + "://" + exchange.authority();
    }
}
