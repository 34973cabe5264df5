package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Looking providers over, and finding those that nobody configured.
@Timeout(60)
class ProviderApiTest {
    private static final String ADMIN = "an-admin-key-of-more-than-20-characters";
    private static final String READER = "a-reader-key-of-more-than-20-characters";
    private static final String STREAM =
            "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},"
                    + "\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";

    @TempDir Path data;

    private final HttpServer upstream =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "main",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .get("/v1/models", ProviderApiTest::list)
                                            .post("/v1/chat/completions", ProviderApiTest::stream)
                                            .build())),
                    new Meter());

    private static void list(Exchange exchange) throws IOException {
        boolean known = exchange.header("Authorization").equals(Optional.of("Bearer sk-right"));
        exchange.send(
                known ? 200 : 401,
                "application/json",
                (known ? "{\"data\":[{\"id\":\"m\"},{\"id\":\"n\"}]}" : "{}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static void stream(Exchange exchange) throws IOException {
        exchange.send(200, "text/event-stream", STREAM.getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void close() {
        upstream.stop(Duration.ofMillis(100));
    }

    private TestServer server() throws IOException {
        return new TestServer(
                data,
                """
                providers:
                  right: {base_url: "http://127.0.0.1:PORT/v1", api_key: sk-right}
                  wrong: {base_url: "http://127.0.0.1:PORT/v1", api_key: sk-wrong}
                  lost: {base_url: "http://127.0.0.1:PORT", api_key: sk-right}
                  closed: {base_url: "http://127.0.0.1:1/v1"}
                models:
                  smart: {targets: [{provider: right, model: m}, {provider: closed, model: m}]}
                keys:
                  - {name: admin, key: ADMIN, scopes: [admin]}
                  - {name: reader, key: READER, scopes: [read, call]}
                """
                        .replace("PORT", "" + upstream.port("main"))
                        .replace("ADMIN", ADMIN)
                        .replace("READER", READER));
    }

    private static HttpResponse<String> test(TestServer server, String key, String body)
            throws IOException, InterruptedException {
        return server.send(
                server.request("/api/v1/providers/test")
                        .header("Authorization", "Bearer " + key)
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    @Test
    void eachIsLookedOverUntilSomethingFails() throws Exception {
        try (TestServer server = server()) {
            HttpResponse<String> all = test(server, ADMIN, "{}");

            assertThat(all.statusCode()).as(all.body()).isEqualTo(200);
            List<String> rows = List.of(all.body().split("\\},\\{"));
            assertThat(rows).hasSize(4);
            assertThat(rows.get(0))
                    .contains("\"name\":\"right\",\"status\":\"ok\"", "\"models\":2", "list_ms\":")
                    .contains("\"first_token_ms\":null", "\"failed\":\"\"");
            assertThat(rows.get(1))
                    .contains("\"failed\":\"list\",\"kind\":\"config\"", "refused the configured")
                    .contains("check the key");
            assertThat(rows.get(2)).contains("\"failed\":\"list\"", "ends in /v1");
            assertThat(rows.get(3)).contains("\"failed\":\"reach\"", "connection refused");
            assertThat(all.body()).doesNotContain("sk-");
            assertThat(server.get("/api/v1/traces").body()).doesNotContain("chat right/m");
        }
    }

    @Test
    void aCallIsMadeIfItIsAskedForAndLeavesASpan() throws Exception {
        try (TestServer server = server()) {
            HttpResponse<String> one =
                    test(server, ADMIN, "{\"provider\":\"right\",\"model\":\"m\"}");
            assertThat(one.body())
                    .contains("\"status\":\"ok\"", "\"model\":\"m\"")
                    .doesNotContain("_token_ms\":null", "call_ms\":null", "\"name\":\"wrong\"");
            HttpResponse<String> traces =
                    server.send(
                            server.request("/api/v1/traces")
                                    .header("Authorization", "Bearer " + ADMIN));
            assertThat(traces.body()).contains("chat right/m");

            assertThat(test(server, ADMIN, "{\"model\":\"smart\"}").body())
                    .contains("\"name\":\"right\"", "\"name\":\"closed\"")
                    .doesNotContain("\"name\":\"lost\"");
        }
    }

    @Test
    void onlyAdministratorsMay() throws Exception {
        try (TestServer server = server()) {
            assertThat(test(server, READER, "{}").statusCode()).isEqualTo(403);
            HttpResponse<String> unknown = test(server, ADMIN, "{\"provider\":\"x\"}");
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(unknown.body()).contains("use one of right, wrong, lost, closed");
            assertThat(test(server, ADMIN, "{\"provider\":1}").statusCode()).isEqualTo(400);
            HttpResponse<String> listed =
                    server.send(
                            server.request("/api/v1/providers")
                                    .header("Authorization", "Bearer " + READER));
            assertThat(listed.body())
                    .contains("\"name\":\"right\",\"type\":\"openai\"", "\"has_key\":true")
                    .doesNotContain("sk-");
        }
    }

    private static HttpResponse<String> ask(TestServer server, String model)
            throws IOException, InterruptedException {
        return server.post(
                "/v1/chat/completions",
                "{\"model\":\""
                        + model
                        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    }

    /// A key that happens to be in the environment is nobody's word that it may be spent.
    @Test
    void keysOfTheEnvironmentAreUsedOnlyIfThatWasSaid() throws Exception {
        Map<String, String> environment = Map.of("OPENAI_API_KEY", "sk-of-the-shell");
        try (TestServer server =
                new TestServer(data, "", environment, (_, _, _) -> new MemoryTraceStore())) {
            HttpResponse<String> refused = ask(server, "openai/gpt-4o");
            assertThat(refused.statusCode()).isEqualTo(404);
            assertThat(refused.body())
                    .contains("OPENAI_API_KEY is set, and used if you say so")
                    .contains("--discover keys")
                    .doesNotContain("sk-of");
            assertThat(server.get("/api/v1/providers").body())
                    .contains("\"name\":\"ollama\"", "\"name\":\"vllm\"")
                    .doesNotContain("\"name\":\"openai\"");
            assertThat(server.progress).anyMatch(line -> line.contains("OPENAI_API_KEY"));
        }
        String said = "gateway: {discover: keys}";
        try (TestServer server =
                new TestServer(data, said, environment, (_, _, _) -> new MemoryTraceStore())) {
            assertThat(server.get("/api/v1/providers").body())
                    .contains("\"name\":\"openai\"")
                    .doesNotContain("\"name\":\"anthropic\"", "sk-of");
        }
        String configured = "providers: {mine: {base_url: \"http://127.0.0.1:1/v1\"}}";
        try (TestServer server =
                new TestServer(
                        data, configured, environment, (_, _, _) -> new MemoryTraceStore())) {
            assertThat(server.get("/api/v1/providers").body())
                    .contains("\"name\":\"mine\"")
                    .doesNotContain("\"name\":\"ollama\"", "\"name\":\"openai\"");
        }
    }
}
