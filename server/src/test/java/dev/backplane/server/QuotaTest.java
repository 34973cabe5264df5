package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Quotas with the real store behind them.
@Timeout(120)
class QuotaTest {
    private static final Pattern STORED =
            Pattern.compile("\"name\":\"default\"[^}]*\"stored_bytes\":(\\d+)");

    @TempDir private Path data;
    private final Random random = new Random(1);

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

    /// Whoever is above the quota may end what is under way, so far as it is there.
    @Test
    void keepsNobodyFromEnding() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            send(server, 0);
            server.put("/api/v1/projects/default", "{\"quota_bytes\":1}");
            assertThat(server.post("/v1/batches", "{}").statusCode()).isEqualTo(429);
            assertThat(server.post("/api/v1/models/open", "{}").statusCode()).isEqualTo(429);
            for (String path :
                    List.of(
                            "/v1/batches/batch_1/cancel",
                            "/v1/responses/resp_1/cancel",
                            "/v1/unload_lora_adapter",
                            "/api/v1/models/close")) {
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
