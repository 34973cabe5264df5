package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Quotas with the real store behind them.
@Timeout(120)
class QuotaTest {
    private static final Pattern STORED =
            Pattern.compile("\"name\":\"default\"[^}]*\"stored_bytes\":(\\d+)");

    /// Compresses to nearly nothing in the spans that have it.
    private static final String TEXT = "long ".repeat(4_000);

    @TempDir private Path data;
    private final Random random = new Random(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final HttpServer upstream =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "main",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .post("/v1/chat/completions", this::answer)
                                            .build())),
                    new Meter());

    private void answer(Exchange exchange) throws IOException {
        exchange.body(BodyLimits.buffered(1 << 20)).readAllBytes();
        try {
            goOn.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        exchange.sendText(
                200,
                "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":"
                        + "\""
                        + TEXT
                        + "\"},\"finish_reason\":\"stop\"}]}");
    }

    @AfterEach
    void close() {
        goOn.countDown();
        upstream.stop(Duration.ofMillis(100));
    }

    private int send(TestServer server, int span) throws Exception {
        byte[] noise = new byte[40_000];
        random.nextBytes(noise);
        String input = HexFormat.of().formatHex(noise);
        return server.post(
                        "/api/v1/spans",
                        "{\"trace_id\":\"t\",\"span_id\":\"s%d\",\"input\":\"%s\"}\n"
                                .formatted(span, input))
                .statusCode();
    }

    private static long stored(TestServer server) throws Exception {
        Matcher found = STORED.matcher(server.get("/api/v1/projects").body());
        assertThat(found.find()).isTrue();
        return Long.parseLong(found.group(1));
    }

    /// What was acknowledged counts, long before it is compacted.
    @Test
    void countsTheLog() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            server.put("/api/v1/projects/default", "{\"quota_bytes\":100000}");
            List<Integer> answers = new ArrayList<>();
            for (int span = 0; span < 5; span++) {
                answers.add(send(server, span));
            }
            assertThat(answers).containsExactly(200, 200, 429, 429, 429);
            assertThat(stored(server)).isBetween(160_000L, 162_000L);
            server.post("/api/v1/store/compact", "");
            assertThat(stored(server)).as("compressed, and known at once").isLessThan(100_000);
            assertThat(send(server, 6)).isEqualTo(200);
        }
    }

    /// Who is above the quota may read and delete conversations, and change them no more.
    @Test
    void countsConversations() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            server.put("/api/v1/projects/default", "{\"quota_bytes\":30000}");
            String items =
                    "{\"items\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                            .formatted("long ".repeat(4_000));
            HttpResponse<String> first = server.post("/v1/conversations", items);
            assertThat(first.statusCode()).isEqualTo(200);
            Matcher id = Pattern.compile("conv_[0-9a-f]+").matcher(first.body());
            assertThat(id.find()).isTrue();
            String path = "/v1/conversations/" + id.group();
            long before = stored(server);
            assertThat(before).isBetween(20_000L, 21_000L);
            HttpResponse<String> added = server.post(path + "/items", items);
            assertThat(added.statusCode()).isEqualTo(200);
            assertThat(stored(server)).isBetween(40_000L, 42_000L);

            assertThat(server.post(path + "/items", items).statusCode()).isEqualTo(429);
            assertThat(send(server, 0)).isEqualTo(429);
            assertThat(server.get(path + "/items").statusCode()).isEqualTo(200);
            Matcher item = Pattern.compile("\"first_id\":\"([^\"]+)").matcher(added.body());
            assertThat(item.find()).isTrue();
            server.delete(path + "/items/" + item.group(1));
            assertThat(stored(server)).isEqualTo(before);
            server.delete(path);
            assertThat(stored(server)).isZero();
            assertThat(send(server, 0)).isEqualTo(200);
        }
    }

    /// A server whose model answers when it is let.
    private TestServer withModel() throws IOException {
        return new TestServer(
                data,
                """
                providers:
                  up: {type: openai, base_url: "http://127.0.0.1:%d/v1"}
                models:
                  smart: {provider: up, model: m}
                """
                        .formatted(upstream.port("main")));
    }

    private static HttpResponse<String> inBackground(TestServer server) throws Exception {
        return server.post(
                "/v1/responses", "{\"model\":\"smart\",\"input\":\"tell\",\"background\":true}");
    }

    private static String id(HttpResponse<String> made, String kind) {
        Matcher id = Pattern.compile("\"id\": ?\"(" + kind + "[^\"]+)").matcher(made.body());
        assertThat(id.find()).as(made.body()).isTrue();
        return id.group(1);
    }

    private static String batch(TestServer server) throws Exception {
        String line =
                "{\"custom_id\":\"1\",\"method\":\"POST\","
                        + "\"url\":\"/v1/chat/completions\",\"body\":"
                        + "{\"model\":\"smart\",\"messages\":["
                        + "{\"role\":\"user\",\"content\":\"q\"}]}}";
        String part = "--x\r\nContent-Disposition: form-data; name=\"";
        HttpResponse<String> file =
                server.send(
                        server.request("/v1/files")
                                .header("Content-Type", "multipart/form-data; boundary=x")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                part
                                                        + "purpose\"\r\n\r\nbatch\r\n"
                                                        + part
                                                        + "file\"; filename=\"f\"\r\n\r\n"
                                                        + line
                                                        + "\r\n--x--\r\n")));
        return id(
                server.post(
                        "/v1/batches",
                        "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/chat/completions\","
                                        .formatted(id(file, "file"))
                                + "\"completion_window\":\"24h\"}"),
                "batch_");
    }

    /// What somebody else may still read of a response counts until it is gone.
    @Test
    void countsEventsOfResponses() throws Exception {
        goOn.countDown();
        try (TestServer server = withModel()) {
            String path = "/v1/responses/" + id(inBackground(server), "resp_");
            while (!server.get(path).body().contains("\"status\":\"completed\"")) {
                Thread.onSpinWait();
            }
            String events = server.get(path + "?stream=true").body();
            server.post("/api/v1/store/compact", "");
            assertThat(stored(server)).isGreaterThan(3L * TEXT.length());
            assertThat(events).contains(TEXT);

            server.delete(path);
            server.post("/api/v1/store/compact", "");
            assertThat(stored(server)).isLessThan(TEXT.length());
        }
    }

    /// Whoever is above the quota may end what is under way.
    @Test
    void keepsNobodyFromEnding() throws Exception {
        try (TestServer server = withModel()) {
            String batch = batch(server);
            String response = id(inBackground(server), "resp_");
            send(server, 0);
            server.put("/api/v1/projects/default", "{\"quota_bytes\":1}");
            assertThat(inBackground(server).statusCode()).isEqualTo(429);
            assertThat(server.post("/v1/batches", "{}").statusCode()).isEqualTo(429);
            assertThat(server.post("/api/v1/models/open", "{}").statusCode()).isEqualTo(429);

            assertThat(server.post("/v1/responses/" + response + "/cancel", "").body())
                    .contains("\"status\":\"cancelled\"");
            assertThat(server.post("/v1/batches/" + batch + "/cancel", "").body())
                    .containsPattern("\"status\": ?\"cancell(ing|ed)\"");
            // No model of this server is open, so that there is none to close.
            for (String path : List.of("/v1/unload_lora_adapter", "/api/v1/models/close")) {
                assertThat(server.post(path, "{\"name\":\"x\",\"lora_name\":\"x\"}").statusCode())
                        .as(path)
                        .isIn(400, 404);
            }
        }
    }

    /// A dataset holds copies: they count as what they were made of does.
    @Test
    void countsDatasets() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            send(server, 0);
            server.post("/api/v1/store/compact", "");
            long before = stored(server);
            String add = "{\"spans\":[{\"trace_id\":\"t\",\"span_id\":\"s0\"}]}";
            assertThat(server.post("/api/v1/datasets/d/rows", add).statusCode()).isEqualTo(200);
            assertThat(stored(server) - before).isBetween(80_000L, 90_000L);

            long quota = stored(server) - 1_000;
            server.put("/api/v1/projects/default", "{\"quota_bytes\":" + quota + "}");
            assertThat(send(server, 1)).isEqualTo(429);
            assertThat(server.post("/api/v1/datasets/d/rows", add).statusCode()).isEqualTo(429);
            server.delete("/api/v1/datasets/d");
            assertThat(stored(server)).isEqualTo(before);
            assertThat(send(server, 1)).isEqualTo(200);
        }
    }
}
