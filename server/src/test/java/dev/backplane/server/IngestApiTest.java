package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.store.SpanRow;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The native ways in, file import and Braintrust's rows, with the real decoders.
@Timeout(60)
class IngestApiTest {
    @TempDir private Path data;

    private final MemoryTraceStore store = new MemoryTraceStore();
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server =
                new TestServer(
                        data,
                        "limits: {request_bytes: 1MiB, ingest_memory: 64MiB}\n",
                        (_, _, _) -> store);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void storesGoodLinesAndReportsBadOnes() throws Exception {
        HttpResponse<String> answer =
                server.post(
                        "/api/v1/spans",
                        """
                        {"trace_id":"t","span_id":"a","name":"one","start_time":"2026-01-02T03:04:05Z"}
                        {"trace_id":"t","name":"no id"}
                        nonsense

                        {"op":"feedback","trace_id":"t","span_id":"a","scores":{"good":1}}
                        """);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .startsWith("{\"accepted\":2,\"rejected_count\":2,\"rejected\":[{\"line\":2,")
                .contains("{\"line\":3,\"error\":{\"error\":");
        assertThat(server.get("/api/v1/spans/t/a").body())
                .contains("\"scores\":{\"good\":1}", "\"start_time\":\"2026-01-02T03:04:05.0");
        assertThat(server.post("/api/v1/spans", "nonsense\n").statusCode()).isEqualTo(400);
        assertThat(server.post("/api/v1/spans", "").body()).startsWith("{\"accepted\":0,");
    }

    /// More than the memory budget passes through it, stored or refused.
    @Test
    void streamsMoreThanItHolds() throws Exception {
        String line =
                "{\"trace_id\":\"t\",\"span_id\":\"%d\",\"input\":\""
                        + "x".repeat(1 << 20)
                        + "\"}\n";
        StringBuilder good = new StringBuilder();
        for (int i = 0; i < 80; i++) {
            good.append(line.formatted(i));
        }
        assertThat(server.post("/api/v1/spans", good.toString()).body())
                .startsWith("{\"accepted\":80,");
        String bad = good.toString().replace("span_id", "spam_id");
        HttpResponse<String> refused = server.post("/api/v1/spans", bad);
        assertThat(refused.body()).startsWith("{\"accepted\":0,\"rejected_count\":80,");
        assertThat(server.get("/metrics").body())
                .contains("backplane_server_ingest_memory_bytes 0");
    }

    @Test
    void importsFilesWithProgress() throws Exception {
        String chat =
                """
                [{"messages":[{"role":"user","content":"hello"},
                  {"role":"assistant","content":"hi"},{"role":"user","content":"more"},
                  {"role":"assistant","content":"enough"}]}]
                """;
        HttpResponse<String> answer = server.post("/api/v1/import?name=chat.json", chat);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body().lines().toList())
                .last()
                .asString()
                .startsWith("{\"done\":true,\"traces\":1,\"spans\":")
                .contains("\"rejected\":0");
        assertThat(server.get("/api/v1/traces").body()).contains("\"span_count\":");
        assertThat(server.post("/api/v1/import?name=x", "{\"other\":1}").body())
                .contains("\"rejected\":1", "\"line\":1");
        store.failure = Optional.of(Problem.unavailable("disk is full", "store"));
        HttpResponse<String> full = server.post("/api/v1/import?name=chat.json", chat);
        assertThat(full.statusCode()).isEqualTo(503);
        assertThat(full.body()).contains("disk is full");
    }

    @Test
    void importingAFileAgainKeepsItsTimes() throws Exception {
        String chat = "[{\"messages\":[{\"role\":\"assistant\",\"content\":\"hi\"}]}]";
        server.post("/api/v1/import?name=chat.json", chat);
        SpanData longAgo = SpanData.builder().put(Field.START_TIME, 1_000_000_000L).build();
        for (SpanRow row : spans()) {
            store.append(List.of(SpanEvent.merge(row.key(), longAgo, MergeRules.NONE)));
        }
        server.post("/api/v1/import?name=chat.json", chat);
        assertThat(spans()).hasSize(2).allMatch(row -> row.startNanos() == 1_000_000_000L);
    }

    private List<SpanRow> spans() {
        List<SpanRow> rows = new ArrayList<>();
        store.spans(MemoryTraceStore.everything("default"), rows::add);
        return rows;
    }

    @Test
    void takesBraintrustRows() throws Exception {
        HttpResponse<String> answer =
                server.post(
                        "/logs3",
                        """
                        {"rows":[
                          {"id":"row1","span_id":"s1","root_span_id":"r1","input":"q",
                           "metrics":{"start":1.5},"span_attributes":{"name":"n","type":"llm"}},
                          {"id":"row2","input":"alone"}],
                         "api_version":2}
                        """);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"ids\":[\"row1\",\"row2\"],\"rejected\":[]}");
        assertThat(server.get("/api/v1/spans/r1/s1").body()).contains("\"input\":\"q\"");
        assertThat(server.get("/api/v1/spans/row2/row2").body()).contains("\"input\":\"alone\"");
        String feedback =
                "{\"rows\":[{\"id\":\"row2\",\"_is_merge\":true,\"scores\":{\"s\":0.5}}]}";
        assertThat(server.post("/logs3", feedback).statusCode()).isEqualTo(200);
        assertThat(server.get("/api/v1/spans/row2/row2").body()).contains("{\"s\":0.5}");
        assertThat(server.post("/logs3", "{}").statusCode()).isEqualTo(400);
        assertThat(server.post("/logs3", "x".repeat(2 << 20)).statusCode()).isEqualTo(413);
    }

    @Test
    void answersWhatBraintrustsSdksAskFirst() throws Exception {
        assertThat(server.post("/api/apikey/login", "").body())
                .contains("\"org_info\":[{")
                .contains("\"api_url\":\"http://127.0.0.1:" + server.backplane.port() + "\"");
        assertThat(
                        server.post(
                                        "/api/project/register",
                                        "{\"project_name\":\"Say hi!\",\"org_id\":\"backplane\"}")
                                .body())
                .isEqualTo("{\"project\":{\"id\":\"Say-hi-\",\"name\":\"Say hi!\"}}");
        String python = "{\"id\":\"bots\",\"name\":\"bots\",\"org_id\":\"backplane\"}";
        assertThat(server.post("/v1/project", "{\"name\":\"bots\",\"org_name\":null}").body())
                .isEqualTo(python);
        assertThat(server.get("/v1/project/bots").body()).isEqualTo(python);
        assertThat(server.post("/api/project/get", "{\"id\":\"bots\"}").body()).isEqualTo(python);
        assertThat(server.post("/v1/project", "[]").statusCode()).isEqualTo(400);
        assertThat(server.post("/v1/project", "{\"name\":\" \"}").statusCode()).isEqualTo(400);
    }

    @Test
    void putsBraintrustRowsIntoTheProjectThatTheyName() throws Exception {
        server.post("/logs3", "{\"rows\":[{\"id\":\"row\",\"project_id\":\"bots\"}]}");
        assertThat(server.get("/api/v1/spans/row/row").statusCode()).isEqualTo(404);
        assertThat(
                        server.send(
                                        server.request("/api/v1/spans/row/row")
                                                .header("X-Backplane-Project", "bots"))
                                .statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused =
                server.post("/logs3", "{\"rows\":[{\"id\":\"r\",\"project_id\":\"_system\"}]}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("the server's own");
        HttpResponse<String> key = server.post("/api/v1/keys", "{\"project\":\"mine\"}");
        HttpRequest.Builder other =
                server.request("/logs3")
                        .header(
                                "Authorization",
                                "Bearer " + between(key.body(), "\"key\":\"", "\""))
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"rows\":[{\"id\":\"a\",\"project_id\":\"bots\"},"
                                                + "{\"id\":\"b\",\"project_id\":\"mine\"}]}"));
        assertThat(server.send(other).body())
                .contains("\"row\":0", "\"forbidden\"")
                .doesNotContain("\"row\":1");
    }

    @Test
    void takesLargeBraintrustBodiesByTheWayAround() throws Exception {
        String large = "{\"rows\":[{\"id\":\"big\",\"input\":\"" + "y".repeat(3 << 20) + "\"}]}";
        HttpResponse<String> place =
                server.post(
                        "/logs3/overflow",
                        "{\"content_type\":\"application/json\",\"size_bytes\":3145760}");
        assertThat(place.statusCode()).isEqualTo(200);
        String key = between(place.body(), "\"key\":\"", "\"");
        String url = between(place.body(), "\"signedUrl\":\"", "\"");
        String named = "{\"rows\":{\"type\":\"logs3_overflow\",\"key\":\"" + key + "\"}}";
        assertThat(server.post("/logs3", named).statusCode()).isEqualTo(404);
        HttpRequest.Builder upload =
                HttpRequest.newBuilder(URI.create(url))
                        .PUT(HttpRequest.BodyPublishers.ofString(large));
        assertThat(server.send(upload).statusCode()).isEqualTo(200);
        assertThat(server.post("/logs3", named).body()).startsWith("{\"ids\":[\"big\"]");
        assertThat(server.get("/api/v1/spans/big/big/input").body()).hasSize(3 << 20);
        assertThat(server.post("/logs3", named).statusCode()).isEqualTo(404);
        HttpRequest.Builder unknown =
                server.request("/logs3/overflow/" + "0".repeat(64))
                        .PUT(HttpRequest.BodyPublishers.ofString("x"));
        assertThat(server.send(unknown).statusCode()).isEqualTo(404);
    }

    private static String between(String text, String before, String after) {
        int start = text.indexOf(before) + before.length();
        return text.substring(start, text.indexOf(after, start));
    }
}
