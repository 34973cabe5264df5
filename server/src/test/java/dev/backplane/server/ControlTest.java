package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import dev.backplane.server.config.ConfigLoader;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Limits, budgets and usage through the whole process, with the real store.
@Timeout(120)
class ControlTest {
    private static final String SECRET = "a-key-of-more-than-20-characters";

    /// A call takes 1,000,000 tokens of gpt-4o's input: 2.50 dollars.
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                    + "\"assistant\",\"content\":\"hello\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":1000000,\"completion_tokens\":0,"
                    + "\"total_tokens\":1000000}}";

    @TempDir Path data;

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
                                                        gate(exchange);
                                                        exchange.send(
                                                                200,
                                                                "application/json",
                                                                ANSWER.getBytes(
                                                                        StandardCharsets.UTF_8));
                                                    })
                                            .build())),
                    new Meter());

    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /// A request for the model `slow` is answered when the test says so.
    private void gate(Exchange exchange) throws IOException {
        String body = new String(exchange.rawBody().readAllBytes(), StandardCharsets.UTF_8);
        if (body.contains("\"slow\"")) {
            arrived.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @AfterEach
    void close() {
        upstream.stop(Duration.ofMillis(100));
    }

    private String yaml(String keyLimits) {
        return """
        providers:
          up: {type: openai, base_url: "http://127.0.0.1:%d/v1"}
        models:
          smart: {provider: up, model: gpt-4o}
          other: {provider: up, model: gpt-4o}
        keys:
          - {name: caller, key: %s, scopes: [call, read], %s}
        """
                .formatted(upstream.port("main"), SECRET, keyLimits);
    }

    private static HttpResponse<String> ask(TestServer server, String model)
            throws IOException, InterruptedException {
        return ask(server, model, SECRET);
    }

    private static HttpResponse<String> ask(TestServer server, String model, String key)
            throws IOException, InterruptedException {
        return server.send(
                server.request("/v1/chat/completions")
                        .header("Authorization", "Bearer " + key)
                        .header("X-Backplane-Tags", "night, batch, night")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\""
                                                + model
                                                + "\",\"user\":\"mia\","
                                                + "\"max_tokens\":10,\"messages\":[{\"role\":"
                                                + "\"user\",\"content\":\"hi\"}]}")));
    }

    @Test
    void refusesInOpenAisFormAndTellsTheStanding() throws Exception {
        try (TestServer server = new TestServer(data, yaml("rpm: 1, models: [smart]"))) {
            HttpResponse<String> first = ask(server, "smart");
            HttpResponse<String> second = ask(server, "smart");
            HttpResponse<String> other = ask(server, "other");

            assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
            assertThat(first.headers().firstValue("x-ratelimit-limit-requests")).contains("1");
            assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("0");
            assertThat(second.statusCode()).isEqualTo(429);
            assertThat(second.body())
                    .contains("key caller has used 1 of 1 requests a minute")
                    .contains("\"code\":\"rate_limit_exceeded\"");
            assertThat(second.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
            assertThat(second.headers().firstValue("x-ratelimit-reset-requests")).isPresent();
            assertThat(other.statusCode()).isEqualTo(403);
            assertThat(server.get("/metrics").body())
                    .contains("backplane_gateway_refused_total{by=\"key\",limit=\"requests\"} 1")
                    .contains("backplane_gateway_refused_total{by=\"key\",limit=\"model\"} 1");
        }
    }

    /// Also for a response that is stored, whose call is under a span of its own.
    @Test
    void tagsOfResponsesAreHeldToTheirLimits() throws Exception {
        String yaml = yaml("rpm: 9") + "gateway: {limits: [{tag: night, rpm: 1}]}\n";
        try (TestServer server = new TestServer(data, yaml)) {
            HttpRequest.BodyPublisher body =
                    HttpRequest.BodyPublishers.ofString("{\"model\":\"smart\",\"input\":\"hi\"}");
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> answer =
                        server.send(
                                server.request("/v1/responses")
                                        .header("Authorization", "Bearer " + SECRET)
                                        .header("X-Backplane-Tags", "night")
                                        .POST(body));
                statuses.add(answer.statusCode());
                assertThat(answer.headers().firstValue("x-ratelimit-limit-requests")).contains("1");
            }
            assertThat(statuses).containsExactly(200, 429);
        }
    }

    @Test
    void budgetsSurviveARestart() throws Exception {
        String yaml = yaml("budget: 3/total");
        try (TestServer server = new TestServer(data, yaml)) {
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
        }
        try (TestServer server = new TestServer(data, yaml)) {
            HttpResponse<String> refused = ask(server, "smart");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body())
                    .contains("key caller has used $5.0000")
                    .contains("its budget of $3.0000 in all")
                    .contains("\"type\":\"insufficient_quota\"")
                    .contains("\"code\":\"insufficient_quota\"");
            assertThat(refused.headers().firstValue("Retry-After")).isEmpty();
            assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
        }
    }

    /// As after a crash: the state of budgets is older than the spans in the store.
    @Test
    void whatWasSpentAfterTheLastWriteIsInTheSpans() throws Exception {
        String yaml = yaml("budget: 3/total");
        Path budgets = data.resolve("store").resolve(Ledger.KEY);
        byte[] before;
        try (TestServer server = new TestServer(data, yaml)) {
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
            before = Files.readAllBytes(budgets);
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
        }
        Files.write(budgets, before);
        try (TestServer server = new TestServer(data, yaml)) {
            HttpResponse<String> refused = ask(server, "smart");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("key caller has used $5.0000");
        }
    }

    /// Nobody has to look through spans, however many there are, for what was not spent.
    @Test
    void theStateIsCleanUntilACallWithLimitsIsMade() throws Exception {
        Path budgets = data.resolve("store").resolve(Ledger.KEY);
        try (TestServer server = new TestServer(data, yaml("budget: 3/total"))) {
            assertThat(budgets).content().contains("\"clean\":true");
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
            assertThat(budgets).content().contains("\"clean\":false");
        }
        assertThat(budgets).content().contains("\"clean\":true");
    }

    /// A budget that a forged span would use up, and usage that it would make up.
    @Test
    void spansFromOutsideChargeNobody() throws Exception {
        String yaml = yaml("budget: 3/total");
        Path budgets = data.resolve("store").resolve(Ledger.KEY);
        String line =
                """
                {"trace_id":"t%1$d","span_id":"s","kind":"llm","start_time":"%2$s",\
                "end_time":"%2$s","attributes":{"backplane.settlement":"9%1$d 5 5000000000",\
                "backplane.key":"caller","gen_ai.request.model":"smart"}}
                """;
        String otlp =
                """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{
                "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
                "name":"chat","startTimeUnixNano":"%1$d","endTimeUnixNano":"%1$d","attributes":[
                {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
                {"key":"backplane.settlement","value":{"stringValue":"99 5 5000000000"}},
                {"key":"backplane.key","value":{"stringValue":"caller"}}]}]}]}]}
                """;
        String before;
        try (TestServer server = new TestServer(data, yaml)) {
            // As if it had been killed, so that spans are looked at.
            before = Files.readString(budgets).replace("\"clean\":true", "\"clean\":false");
            Instant now = Instant.now();
            assertThat(server.post("/api/v1/spans", line.formatted(1, now)).body())
                    .contains("\"accepted\":1");
            assertThat(
                            server.post(
                                            "/v1/traces",
                                            otlp.formatted(now.getEpochSecond() * 1_000_000_000L))
                                    .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> usage = server.get("/api/v1/usage?by=key");
            assertThat(usage.body()).contains("\"calls\":2").doesNotContain("caller");
            assertThat(server.get("/api/v1/spans/t1/s").body())
                    .contains("\"sent.backplane.settlement\":\"91 5 5000000000\"");
            assertThat(server.get("/metrics").body())
                    .contains("backplane_server_reserved_names_total{surface=\"otlp_http\"} 1");
        }
        Files.writeString(budgets, before);
        try (TestServer server = new TestServer(data, yaml)) {
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void keysMadeOverTheApiHaveLimits() throws Exception {
        try (TestServer server = new TestServer(data, yaml("rpm: 100"))) {
            HttpResponse<String> made =
                    server.post(
                            "/api/v1/keys",
                            "{\"name\":\"ci\",\"scopes\":[\"call\"],\"models\":[\"smart\"],"
                                    + "\"budgets\":[\"5/day\"],\"rpm\":1,\"tpm\":100000,"
                                    + "\"concurrency\":4}");
            assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
            String key = made.body().replaceAll(".*\"key\":\"([^\"]+)\".*", "$1").strip();
            assertThat(ask(server, "smart", key).statusCode()).isEqualTo(200);
            assertThat(ask(server, "smart", key).statusCode()).isEqualTo(429);
            assertThat(ask(server, "other", key).statusCode()).isEqualTo(403);
            assertThat(server.get("/api/v1/keys").body())
                    .contains(
                            "\"models\":[\"smart\"],\"budgets\":[\"5/day\"],\"rpm\":1,"
                                    + "\"tpm\":100000,\"concurrency\":4");
            assertThat(server.post("/api/v1/keys", "{\"budgets\":[\"5/week\"]}").body())
                    .contains("'5/week' is not a budget");
        }
    }

    @Test
    void addsUsageUp() throws Exception {
        try (TestServer server = new TestServer(data, yaml("rpm: 100"))) {
            ask(server, "smart");
            ask(server, "other");
            String took =
                    "\"calls\":2,\"errors\":0,\"input_tokens\":2000000,\"output_tokens\":0,"
                            + "\"cached_tokens\":0,\"cost\":5.0}";
            Map<String, String> names =
                    Map.of(
                            "key",
                            "caller",
                            "user",
                            "mia",
                            "model",
                            "gpt-4o",
                            "tag",
                            "night",
                            "agent",
                            "Java-http-client");
            for (Map.Entry<String, String> by : names.entrySet()) {
                assertThat(server.get("/api/v1/usage?by=" + by.getKey()).body())
                        .as(by.getKey())
                        .contains("{\"name\":\"" + by.getValue() + "\"," + took);
            }
            assertThat(server.get("/api/v1/usage?by=key&until=2020-01-01T00:00:00Z").body())
                    .isEqualTo("{\"by\":\"key\",\"usage\":[],\"truncated\":false}");
            assertThat(server.get("/api/v1/usage?by=colour").statusCode()).isEqualTo(400);
        }
    }

    private ConfigWatch watch(TestServer server) {
        Path file = data.resolve("backplane.yaml");
        return new ConfigWatch(
                file,
                () ->
                        ConfigLoader.load(
                                Map.of(),
                                new ConfigLoader.Overrides(
                                        Optional.of(file),
                                        Optional.of(data),
                                        Optional.of("127.0.0.1:0"),
                                        Optional.of("127.0.0.1:0"),
                                        Optional.of("127.0.0.1:0"))),
                server.backplane::apply,
                server.backplane.meter());
    }

    private void write(String yaml) throws IOException {
        Files.writeString(data.resolve("backplane.yaml"), yaml);
    }

    @Test
    void aChangedFileTakesEffectAndAWrongOneDoesNot() throws Exception {
        try (TestServer server = new TestServer(data, yaml("rpm: 100"))) {
            ConfigWatch watch = watch(server);
            assertThat(ask(server, "smart").statusCode()).isEqualTo(200);

            write(yaml("rpm: 2").replace("other:", "newer:"));
            watch.check();
            assertThat(ask(server, "newer").statusCode()).isEqualTo(200);
            assertThat(ask(server, "newer").statusCode()).isEqualTo(429);
            assertThat(ask(server, "other").statusCode()).isEqualTo(404);

            write(yaml("rpm: lots"));
            watch.check();
            watch.check();
            assertThat(ask(server, "newer").statusCode()).isEqualTo(429);
            assertThat(server.get("/metrics").body())
                    .contains("backplane_config_reloads_total{result=\"applied\"} 1")
                    .contains("backplane_config_reloads_total{result=\"refused\"} 1");

            write(yaml("rpm: 100"));
            watch.check();
            assertThat(ask(server, "other").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void runningCallsGoOnWhenTheirProviderAndKeyAreGone() throws Exception {
        String yaml =
                yaml("rpm: 100").replace("smart:", "calm: {provider: up, model: slow}\n  smart:");
        try (TestServer server = new TestServer(data, yaml)) {
            ConfigWatch watch = watch(server);
            CompletableFuture<HttpResponse<String>> running =
                    CompletableFuture.supplyAsync(() -> {
                        try {
                            return ask(server, "calm");
                        } catch (IOException | InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    });
            arrived.await();
            write("keys: [{name: other, key: %s, scopes: [read]}]".formatted("another" + SECRET));
            watch.check();
            assertThat(ask(server, "calm").statusCode()).isEqualTo(401);
            goOn.countDown();
            assertThat(running.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void limitsThatCannotBeMeantAreRefusedWithTheirPlace() {
        Map<String, String> cases =
                Map.of(
                        "keys: [{key: x, budget: 5/week}]", "'keys.budget' is '5/week'",
                        "keys: [{key: x, rpm: many}]", "'keys.rpm' is not a whole number",
                        "gateway: {limits: [{rpm: 1}]}", "'gateway.limits.key' is missing",
                        "gateway: {limits: [{key: a, user: b}]}", "is not the only subject",
                        "gateway: {limits: [{tag: a}, {tag: a}]}", "has limits twice");
        cases.forEach((yaml, what) ->
                assertThatThrownBy(() -> TestServer.config(data, yaml, Map.of()))
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining(what)
                        .hasMessageContaining("backplane.yaml:1"));
    }
}
