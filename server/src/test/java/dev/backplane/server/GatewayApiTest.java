package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
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
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Calls to models through the whole process: keys, projects, and the span in the store.
@Timeout(60)
class GatewayApiTest {
    private static final String SECRET = "a-key-of-more-than-20-characters";
    private static final String ASK =
            "{\"model\":\"smart\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                    + "\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":1000000,\"completion_tokens\":0,"
                    + "\"total_tokens\":1000000}}";

    @TempDir Path data;

    private final AtomicReference<String> upstreamSays = new AtomicReference<>("hello");
    private final AtomicReference<String> authorization = new AtomicReference<>("");
    private final HttpServer upstream =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "main",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .post(
                                                    "/v1/chat/completions",
                                                    exchange -> {
                                                        authorization.set(
                                                                exchange.header("Authorization")
                                                                        .orElse(""));
                                                        exchange.send(
                                                                200,
                                                                "application/json",
                                                                ANSWER.formatted(upstreamSays.get())
                                                                        .getBytes(
                                                                                StandardCharsets
                                                                                        .UTF_8));
                                                    })
                                            .build())),
                    new Meter());

    @AfterEach
    void close() {
        upstream.stop(Duration.ofMillis(100));
    }

    private String yaml() {
        return """
        providers:
          up:
            type: openai
            base_url: http://127.0.0.1:%d/v1
            api_key: sk-upstream
        models:
          smart: {provider: up, model: gpt-4o}
        keys:
          - {name: caller, key: %s, scopes: [call, read], project: team}
          - {name: reader, key: %s, scopes: [read], project: team}
        """
                .formatted(upstream.port("main"), SECRET, SECRET + "-2");
    }

    private TestServer server() throws IOException {
        return new TestServer(data, yaml());
    }

    private static HttpResponse<String> ask(TestServer server, String header, String value)
            throws IOException, InterruptedException {
        return server.send(
                server.request("/v1/chat/completions")
                        .header(header, value)
                        .POST(HttpRequest.BodyPublishers.ofString(ASK)));
    }

    @Test
    void aCallIsAnsweredAndIsASpanOfTheKeysProject() throws Exception {
        try (TestServer server = server()) {
            HttpResponse<String> answer = ask(server, "x-api-key", SECRET);

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains("\"content\":\"hello\"");
            assertThat(answer.headers().firstValue("X-Backplane-Target")).contains("up/gpt-4o");
            assertThat(authorization.get()).isEqualTo("Bearer sk-upstream");
            String trace = answer.headers().firstValue("X-Backplane-Trace").orElseThrow();
            HttpResponse<String> tree =
                    server.send(
                            server.request("/api/v1/traces/" + trace)
                                    .header("Authorization", "Bearer " + SECRET));
            assertThat(tree.statusCode()).as(tree.body()).isEqualTo(200);
            assertThat(tree.body()).contains("chat smart", "\"cost\":2.5").doesNotContain("sk-up");
        }
    }

    @Test
    void whatAModelWroteIsParsedIfTheConfigurationSaysSo() throws Exception {
        upstreamSays.set("<think>Hm.</think>hello");
        String parsed = "models:\n  smart: {provider: up, model: m, reasoning_parser: think}";
        String yaml = yaml().replace("models:\n  smart: {provider: up, model: gpt-4o}", parsed);
        try (TestServer server = new TestServer(data, yaml)) {
            HttpResponse<String> answer = ask(server, "x-api-key", SECRET);

            assertThat(answer.body())
                    .contains("\"content\":\"hello\"", "\"reasoning_content\":\"Hm.\"");
        }
    }

    @Test
    void keysNeedTheScopeAndErrorsAreThoseOfTheDialect() throws Exception {
        try (TestServer server = server()) {
            HttpResponse<String> forbidden =
                    ask(server, "Authorization", "Bearer " + SECRET + "-2");
            HttpResponse<String> unknown = ask(server, "Authorization", "Bearer nobody");

            assertThat(forbidden.statusCode()).isEqualTo(403);
            assertThat(forbidden.body())
                    .startsWith("{\"error\":{\"message\":\"key has no scope call");
            assertThat(unknown.statusCode()).isEqualTo(401);
            assertThat(unknown.body()).contains("\"code\":\"invalid_api_key\"");
        }
    }

    /// Streams and refusals, whose other facts only the span has, name it as well.
    @Test
    void everyAnswerNamesItsSpan() throws Exception {
        try (TestServer server = server()) {
            for (String body :
                    List.of(
                            ASK.replace("{\"model\"", "{\"stream\":true,\"model\""),
                            ASK.replace("smart", "none"))) {
                HttpResponse<String> answer =
                        server.send(
                                server.request("/v1/chat/completions")
                                        .header("x-api-key", SECRET)
                                        .POST(HttpRequest.BodyPublishers.ofString(body)));
                String trace = answer.headers().firstValue("X-Backplane-Trace").orElseThrow();
                String span = answer.headers().firstValue("X-Backplane-Span").orElseThrow();
                HttpResponse<String> stored =
                        server.send(
                                server.request("/api/v1/spans/" + trace + "/" + span)
                                        .header("x-api-key", SECRET));
                assertThat(stored.statusCode()).as(stored.body()).isEqualTo(200);
            }
        }
    }

    @Test
    void routesExplainThemselves() throws Exception {
        try (TestServer server = server()) {
            assertThat(server.get("/api/v1/routes?model=smart").body())
                    .isEqualTo(
                            "{\"model\":\"smart\",\"how\":\"one target\",\"targets\":["
                                    + "{\"provider\":\"up\",\"model\":\"gpt-4o\","
                                    + "\"weight\":0,\"state\":\"closed\"}]}");
            assertThat(server.get("/api/v1/routes?model=up/other").body())
                    .contains("names the provider itself");
            assertThat(server.get("/api/v1/routes?model=none").statusCode()).isEqualTo(404);
            assertThat(server.get("/api/v1/providers").body()).contains("\"name\":\"up\"");
            assertThat(server.get("/v1/models").body()).contains("\"id\":\"smart\"");
        }
    }

    @Test
    void settingsThatCannotWorkAreRefused() {
        Map<String, String> cases =
                Map.of(
                        "providers: {a: {type: magic}}", "'providers.a.type' is 'magic'",
                        "providers: {a: {base_url: here}}", "'providers.a.base_url' is not",
                        "providers: {a: {api_key_env: NONE}}", "'providers.a.api_key_env' gives no",
                        "models: {m: {provider: b}}", "'models.m.provider' is 'b', which is not",
                        "models: {m: {}}", "'models.m.provider' is missing",
                        "providers: {a: {}}\nmodels: {m: {provider: a, tool_parser: x}}",
                                "there is no parser x",
                        "providers: {a: {}}\nmodels: {m: {provider: a, tool_parser: auto}}",
                                "m is of no known family",
                        "gateway: {content: some}", "'gateway.content' is 'some'");

        cases.forEach((yaml, what) ->
                assertThatThrownBy(() -> TestServer.config(data, yaml, Map.of()))
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining(what));
    }
}
