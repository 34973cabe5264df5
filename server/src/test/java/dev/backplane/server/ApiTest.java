package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The shapes of the API's answers, over a store that the test fills.
@Timeout(60)
class ApiTest {
    @TempDir private Path data;

    private final MemoryTraceStore store = new MemoryTraceStore();
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestServer(data, "", (_, _, _) -> store);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void span(String trace, String span, long start, String input) {
        SpanData data =
                SpanData.builder()
                        .put(Field.NAME, "call " + span)
                        .put(Field.KIND, "llm")
                        .put(Field.START_TIME, start)
                        .put(Field.END_TIME, start + 1_500_000)
                        .put(Field.INPUT, input)
                        .put(Field.INPUT_TOKENS, 7)
                        .put(Field.METADATA, Value.json("{\"k\": [1,  2]}"))
                        .build();
        store.append(List.of(SpanEvent.insert(new SpanKey("default", trace, span), data)));
    }

    @Test
    void listsTracesAndSpansInPages() throws Exception {
        for (int i = 1; i <= 5; i++) {
            span("t" + i, "s" + i, i * 1_000_000_000L, "in " + i);
        }
        HttpResponse<String> first = server.get("/api/v1/traces?limit=2");
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body())
                .startsWith(
                        "{\"traces\":[{\"trace_id\":\"t5\",\"name\":\"call s5\","
                                + "\"start_time\":\"1970-01-01T00:00:05.000000000Z\","
                                + "\"end_time\":\"1970-01-01T00:00:05.001500000Z\","
                                + "\"duration_ms\":1.5,\"span_count\":1,")
                .contains("\"models\":[]", "\"tags\":[],\"scores\":{}}")
                .endsWith("],\"cursor\":\"2\"}\n");
        assertThat(server.get("/api/v1/traces?limit=10&cursor=2").body())
                .contains("\"t3\"", "\"t1\"")
                .doesNotContain("\"t4\"")
                .endsWith("],\"cursor\":null}\n");
        HttpResponse<String> lines =
                server.send(
                        server.request("/api/v1/spans?limit=4")
                                .header("Accept", "application/x-ndjson"));
        assertThat(lines.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
        assertThat(lines.body().lines().toList()).hasSize(5).last().isEqualTo("{\"cursor\":\"4\"}");
        assertThat(lines.body())
                .contains("\"input_tokens\":7,\"output_tokens\":null,\"cost\":null");
    }

    @Test
    void refusesBadParametersBeforeTheFirstRow() throws Exception {
        for (String query :
                List.of(
                        "limit=0",
                        "limit=x",
                        "limit=10001",
                        "since=yesterday",
                        "filter=nonsense")) {
            HttpResponse<String> answer = server.get("/api/v1/spans?" + query);
            assertThat(answer.statusCode()).as(query).isEqualTo(400);
            assertThat(answer.body()).as(query).startsWith("{\"error\":");
        }
        assertThat(server.get("/api/v1/spans?since=2026-01-02T03:04:05Z&until=5").statusCode())
                .isEqualTo(200);
        assertThat(server.get("/api/v1/search?q=%20").statusCode()).isEqualTo(400);
    }

    @Test
    void showsTreesAndSpansAndFields() throws Exception {
        span("t", "s1", 1, "say \"hi\" \ud83d");
        span("t", "s2", 2, "two");
        assertThat(server.get("/api/v1/traces/t?limit=1").body())
                .startsWith("{\"trace\":{\"trace_id\":\"t\",")
                .contains("\"spans\":[{\"depth\":0,\"children\":0,\"matched\":true,")
                .endsWith("\"total\":2,\"offset\":0,\"next_offset\":1}");
        assertThat(server.get("/api/v1/traces/t?offset=1").body())
                .endsWith("\"total\":2,\"offset\":1,\"next_offset\":null}");
        assertThat(server.get("/api/v1/traces/none").statusCode()).isEqualTo(404);
        assertThat(server.get("/api/v1/spans/t/s1").body())
                .startsWith("{\"trace_id\":\"t\",\"span_id\":\"s1\",\"project\":\"default\",")
                .contains("\"input\":\"say \\\"hi\\\" \\ud83d\"")
                .contains("\"metadata\":{\"k\": [1,  2]}");
        HttpResponse<byte[]> text = server.sendBytes(server.request("/api/v1/spans/t/s2/input"));
        assertThat(text.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
        assertThat(text.body()).isEqualTo(TestServer.utf8("two"));
        HttpResponse<String> json = server.get("/api/v1/spans/t/s2/metadata");
        assertThat(json.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(json.body()).isEqualTo("{\"k\": [1,  2]}");
        assertThat(server.get("/api/v1/spans/t/s2/input_tokens").body()).isEqualTo("7");
        assertThat(server.get("/api/v1/spans/t/s2/output").statusCode()).isEqualTo(404);
        assertThat(server.get("/api/v1/spans/t/s2/nothing").statusCode()).isEqualTo(404);
        assertThat(server.get("/api/v1/spans/t/none").statusCode()).isEqualTo(404);
    }

    @Test
    void searchesWithHighlights() throws Exception {
        span("t", "s", 1, "please refund me");
        assertThat(server.get("/api/v1/search?q=refund").body())
                .startsWith("{\"hits\":[{\"trace_id\":\"t\",\"span_id\":\"s\",")
                .contains("\"snippet\":\"please refund me\",\"highlights\":[[7,13]]")
                .endsWith("],\"cursor\":null}\n");
    }

    @Test
    void answersSqlInThreeShapes() throws Exception {
        assertThat(server.post("/api/v1/sql", "{\"query\":\"select\"}").body())
                .isEqualTo(
                        "{\"columns\":[{\"name\":\"t\",\"type\":\"VARCHAR\"},"
                                + "{\"name\":\"n\",\"type\":\"BIGINT\"},"
                                + "{\"name\":\"all\",\"type\":\"STRUCT\"}],"
                                + "\"rows\":[[\"a \\\"quote\\\"\",9223372036854775807,"
                                + "{\"list\":[1.5,true,\"1970-01-01T00:00:01Z\"]}],"
                                + "[\"long\",null,null]],\"truncated\":true}\n");
        HttpRequest.Builder lines =
                server.request("/api/v1/sql")
                        .header("Accept", "application/x-ndjson")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"query\":\"select\"}"));
        assertThat(server.send(lines).body().lines().toList())
                .hasSize(3)
                .contains("{\"t\":\"long\",\"n\":null,\"all\":null}", "{\"truncated\":true}");
        HttpRequest.Builder named =
                server.request("/api/v1/sql")
                        .header("Accept", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"query\":\"select\",\"format\":\"ndjson\"}"));
        assertThat(server.send(named).body().lines().toList()).hasSize(3);
        assertThat(server.post("/api/v1/sql", "{\"query\":\"a\",\"format\":\"csv\"}").body())
                .contains("use json, ndjson or parquet");
        assertThat(server.post("/api/v1/sql", "{}").statusCode()).isEqualTo(400);
        assertThat(server.post("/api/v1/sql", "{\"query\":\"a\",\"x\":1}").statusCode())
                .isEqualTo(400);
        assertThat(server.post("/api/v1/sql", "nonsense").body()).contains("malformed JSON");
    }

    @Test
    void takesFeedbackBeforeAndAfterTheSpan() throws Exception {
        String body =
                "{\"scores\": {\"good\": 0.5, \"old\":null},\"comment\":\"fine\","
                        + "\"tags\":[\"a\"],\"expected\": {\"x\" : 1}}";
        assertThat(server.post("/api/v1/spans/t/s/feedback", body).statusCode()).isEqualTo(200);
        assertThat(server.get("/api/v1/spans/t/s").body())
                .contains("\"scores\":{\"good\": 0.5, \"old\":null}")
                .contains("\"expected\":{\"x\" : 1}", "\"tags\":[\"a\"]")
                .contains("\"comments\":[{\"text\":\"fine\",\"author\":\"loopback\"");
        for (String bad :
                List.of(
                        "{}",
                        "[]",
                        "{\"scores\":[1]}",
                        "{\"scores\":{\"a\":\"b\"}}",
                        "{\"tags\":[1]}",
                        "{\"comment\":1}",
                        "{\"other\":1}",
                        "{\"scores\":{\"a\":1}} x",
                        "{\"scores\":{\"a\":1}")) {
            assertThat(server.post("/api/v1/spans/t/s/feedback", bad).statusCode())
                    .as(bad)
                    .isEqualTo(400);
        }
    }

    @Test
    void uploadsPayloads() throws Exception {
        HttpRequest.Builder text =
                server.request("/api/v1/spans/t/s/output")
                        .header("Content-Type", "text/plain; charset=utf-8")
                        .PUT(HttpRequest.BodyPublishers.ofString("long text"));
        assertThat(server.send(text).statusCode()).isEqualTo(204);
        assertThat(server.put("/api/v1/spans/t/s/input", "[1, 2]").statusCode()).isEqualTo(204);
        assertThat(server.get("/api/v1/spans/t/s").body())
                .contains("\"input\":[1, 2],\"output\":\"long text\"");
        assertThat(server.put("/api/v1/spans/t/s/model", "1").statusCode()).isEqualTo(400);
        assertThat(
                        server.send(
                                        server.request("/api/v1/spans/t/s/input")
                                                .PUT(HttpRequest.BodyPublishers.ofString("x")))
                                .statusCode())
                .isEqualTo(415);
    }

    @Test
    void managesProjects() throws Exception {
        assertThat(
                        server.post("/api/v1/projects", "{\"name\":\"p\",\"quota_bytes\":200}")
                                .statusCode())
                .isEqualTo(201);
        assertThat(server.post("/api/v1/projects", "{\"name\":\"p\"}").statusCode()).isEqualTo(409);
        assertThat(server.post("/api/v1/projects", "{\"name\":\"../x\"}").statusCode())
                .isEqualTo(400);
        assertThat(server.post("/api/v1/projects", "{\"name\":\"_system\"}").statusCode())
                .isEqualTo(403);
        assertThat(server.put("/api/v1/projects/p", "{\"retention_days\":3}").body())
                .contains("\"name\":\"p\",\"retention_days\":3,\"quota_bytes\":200");
        span("t", "s", 1, "x");
        assertThat(server.get("/api/v1/projects").body())
                .contains("\"name\":\"default\"", "\"name\":\"p\"");
        assertThat(server.delete("/api/v1/projects/p").statusCode()).isEqualTo(204);
        assertThat(server.delete("/api/v1/projects/p").statusCode()).isEqualTo(404);
        assertThat(server.delete("/api/v1/projects/_system").statusCode()).isEqualTo(403);
    }

    @Test
    void changesOnlyProjectsThatAreThere() throws Exception {
        HttpResponse<String> missing =
                server.put("/api/v1/projects/nosuch", "{\"retention_days\":3}");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(server.get("/api/v1/projects").body()).doesNotContain("nosuch");
        assertThat(server.put("/api/v1/projects/default", "{\"retention_days\":3}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void refusesQueryParametersThatItDoesNotKnow() throws Exception {
        HttpResponse<String> refused = server.get("/api/v1/traces?bogus=1");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("use filter, since, until, cursor, limit");
        assertThat(server.get("/api/v1/projects?limit=1").body()).contains("there are none here");
        assertThat(server.delete("/api/v1/keys/none?force=1").statusCode()).isEqualTo(400);
        assertThat(server.post("/logs3?source=sdk", "{\"rows\":[]}").statusCode()).isEqualTo(200);
    }

    @Test
    void scoresAreSharesOfOne() throws Exception {
        String feedback = "/api/v1/spans/t/s/feedback";
        assertThat(server.post(feedback, "{\"scores\":{\"a\":7}}").body())
                .contains("not from 0 to 1");
        assertThat(server.post(feedback, "{\"scores\":{\"a\":-0.5}}").statusCode()).isEqualTo(400);
        assertThat(server.post(feedback, "{\"scores\":{\"a\":1,\"b\":0,\"c\":null}}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void takesNothingMoreAboveTheQuota() throws Exception {
        span("t", "s", 1, "x");
        assertThat(server.put("/api/v1/projects/default", "{\"quota_bytes\":301}").body())
                .contains("\"stored_bytes\":300");
        String feedback = "/api/v1/spans/t/s/feedback";
        assertThat(server.post(feedback, "{\"comment\":\"x\"}").statusCode()).isEqualTo(200);
        server.put("/api/v1/projects/default", "{\"quota_bytes\":300}");
        HttpResponse<String> over = server.post(feedback, "{\"comment\":\"x\"}");
        assertThat(over.statusCode()).isEqualTo(429);
        assertThat(over.headers().firstValue("Retry-After")).hasValue("60");
        assertThat(over.body()).contains("\"kind\":\"limited\"", "\"retryable\":true");
        String elsewhere = "{\"id\":\"b\",\"project_id\":\"other\"}";
        assertThat(server.post("/logs3", "{\"rows\":[" + elsewhere + "]}").statusCode())
                .isEqualTo(200);
        assertThat(
                        server.post("/logs3", "{\"rows\":[{\"id\":\"a\"}," + elsewhere + "]}")
                                .statusCode())
                .isEqualTo(429);
    }

    @Test
    void deletesWhatIsThere() throws Exception {
        span("t", "s1", 1, "x");
        span("t", "s2", 2, "x");
        assertThat(server.delete("/api/v1/spans/t/s1").statusCode()).isEqualTo(204);
        assertThat(server.delete("/api/v1/spans/t/s1").statusCode()).isEqualTo(404);
        assertThat(server.get("/api/v1/spans/t/s1").statusCode()).isEqualTo(404);
        assertThat(server.delete("/api/v1/traces/t").statusCode()).isEqualTo(204);
        assertThat(server.delete("/api/v1/traces/t").statusCode()).isEqualTo(404);
    }

    @Test
    void recordsChangesAsSpansWithTheAgentThatMadeThem() throws Exception {
        span("t", "s", 1, "x");
        HttpRequest.Builder delete =
                server.request("/api/v1/traces/t")
                        .header("User-Agent", "backplane-cli/0.1.0; java/25; agent/claude-code")
                        .header("X-Request-Id", "r-1")
                        .DELETE();
        assertThat(server.send(delete).statusCode()).isEqualTo(204);
        assertThat(server.delete("/api/v1/keys/none").statusCode()).isEqualTo(404);
        List<String> names = new ArrayList<>();
        store.spans(
                MemoryTraceStore.everything("_system"),
                row -> {
                    names.add(row.name() + " " + row.status() + " " + row.agent());
                    String span = store.span(row.key()).orElseThrow().data().toString();
                    assertThat(span).contains("http.response.status_code");
                    return true;
                });
        assertThat(names)
                .containsExactlyInAnyOrder(
                        "DELETE /api/v1/traces/{trace} ok claude-code",
                        "DELETE /api/v1/keys/{id} error ");
        HttpRequest.Builder forged =
                server.request("/api/v1/spans/t/s/feedback")
                        .header("X-Backplane-Project", "_system")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"comment\":\"x\"}"));
        assertThat(server.send(forged).statusCode()).isEqualTo(403);
    }

    @Test
    void reportsLongWorkLineByLine() throws Exception {
        assertThat(server.post("/api/v1/store/compact", "").body().lines().toList())
                .hasSize(2)
                .first()
                .isEqualTo("{\"step\":\"compacting\",\"at\":1,\"total\":2}");
        assertThat(server.post("/api/v1/store/verify", "").body())
                .isEqualTo("{\"done\":true,\"sound\":false,\"findings\":[\"a finding\"]}\n");
        store.failure = Optional.of(Problem.unavailable("disk is full", "store"));
        assertThat(server.post("/api/v1/store/compact", "").body().lines().toList())
                .last()
                .asString()
                .startsWith("{\"done\":false,\"error\":\"disk is full\",\"kind\":\"unavailable\"");
    }

    /// So that work which waits for other work is not taken for dead.
    @Test
    void saysThatSilentWorkIsRunning() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        store.beforeCompact =
                () -> {
                    try {
                        assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                };
        try (Stream<String> answer =
                server.sendForLines(
                        server.request("/api/v1/store/compact")
                                .POST(HttpRequest.BodyPublishers.noBody()))) {
            List<String> lines = answer.peek(_ -> heard.countDown()).toList();
            assertThat(lines.getFirst())
                    .matches("\\{\"step\":\"running, seconds:\",\"at\":\\d+,\"total\":0}");
            assertThat(lines.getLast()).startsWith("{\"done\":true");
        }
    }

    @Test
    void saysWhatRunsHere() throws Exception {
        assertThat(server.get("/").body()).contains("<app-shell>");
        assertThat(server.get("/version").body()).contains("\"logs3_payload_max_bytes\":67108864");
        assertThat(server.get("/metrics").body())
                .contains("# TYPE backplane_http_requests_total counter")
                .contains("backplane_server_ingest_memory_bytes 0");
        assertThat(server.get("/api/v1/store/stats").body()).contains("\"stored_bytes\":0");
        assertThat(server.get("/nowhere").statusCode()).isEqualTo(404);
        assertThat(String.join("\n", server.progress))
                .contains("listening http://127.0.0.1:" + server.backplane.port())
                .contains("OTLP/gRPC 127.0.0.1:" + server.backplane.otlpGrpcPort());
    }
}
