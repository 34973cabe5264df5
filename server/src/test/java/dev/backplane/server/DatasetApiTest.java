package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Datasets over the API, with the real store.
class DatasetApiTest {
    private static final String PATH = "/api/v1/datasets";
    private static final String CHAT =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"},"
                    + "{\"role\":\"assistant\",\"content\":\"%s\"}]}\n";

    @TempDir private Path data;
    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(data, "");
        send(
                "POST",
                "/api/v1/spans",
                span("one", "a", "llm", "ok", "q1", "a1")
                        + span("one", "b", "llm", "ok", "q2", "a2")
                        + span("one", "c", "llm", "error", "q3", "a3")
                        + span("two", "d", "tool", "ok", "q4", "a4")
                        + "{\"op\":\"insert\",\"trace_id\":\"two\",\"span_id\":\"e\","
                        + "\"name\":\"silent\",\"start_time\":1790000000000000009}\n");
    }

    private static String span(
            String trace, String span, String kind, String status, String input, String output) {
        return """
        {"op":"insert","trace_id":"%s","span_id":"%s","name":"chat","kind":"%s","status":"%s",\
        "start_time":179000000000000000%d,"model":"m","input":[{"role":"user","content":"%s"}],\
        "output":[{"role":"assistant","content":"%s","reasoning_content":"hm"}]}
        """
                .formatted(trace, span, kind, status, span.charAt(0) - 'a', input, output);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return server.send(
                server.request(path).method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    private String added(String name, String body) throws Exception {
        HttpResponse<String> response = send("POST", PATH + "/" + name + "/rows", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private String exported(String name, String query) throws Exception {
        return server.get(PATH + "/" + name + "/export" + query).body();
    }

    private String firstId(String name) throws Exception {
        return Pattern.compile("\"id\":\"(\\w+)\"")
                .matcher(server.get(PATH + "/" + name + "/rows").body())
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    @Test
    void copiesOutliveTheirSpansAndARestart() throws Exception {
        assertThat(added("gold", "{\"spans\":[{\"trace_id\":\"one\",\"span_id\":\"a\"}]}"))
                .isEqualTo("{\"added\":1,\"known\":0,\"skipped_count\":0,\"skipped\":[]}");
        assertThat(added("gold", "{\"spans\":[{\"trace_id\":\"one\",\"span_id\":\"a\"}]}"))
                .contains("\"added\":0,\"known\":1");
        send("DELETE", "/api/v1/traces/one", "");
        server.close();
        server = new TestServer(data, "");

        assertThat(exported("gold", "")).isEqualTo(CHAT.formatted("q1", "a1"));
        assertThat(exported("gold", "?thoughts=true")).contains("\"reasoning_content\":\"hm\"");
        assertThat(exported("gold", "?format=rows"))
                .contains("\"trace_id\":\"one\"", "\"model\":\"m\"", "\"note\":\"\"");
        assertThat(server.get(PATH).body())
                .contains("\"name\":\"gold\",\"description\":\"\",\"rows\":1,");
    }

    @Test
    void takesTheLastGoodCallOfATraceOrAll() throws Exception {
        added("last", "{\"traces\":[\"one\"]}");
        added("all", "{\"traces\":[\"one\"],\"calls\":\"all\"}");

        assertThat(exported("last", "")).isEqualTo(CHAT.formatted("q2", "a2"));
        assertThat(exported("all", "").lines()).hasSize(3);
    }

    @Test
    void takesWhatAFilterFindsAndSaysWhatItSkipped() throws Exception {
        assertThat(added("tools", "{\"filter\":\"kind = 'tool'\"}")).contains("\"added\":1");
        assertThat(added("few", "{\"filter\":\"kind = 'llm'\",\"limit\":2}"))
                .contains("\"added\":2");
        assertThat(
                        added(
                                "none",
                                "{\"spans\":[{\"trace_id\":\"two\",\"span_id\":\"e\"},{\"trace_id\":"
                                        + "\"x\",\"span_id\":\"y\"}],\"traces\":[\"two\"]}"))
                .contains("\"added\":0,\"known\":0,\"skipped_count\":3")
                .contains("neither input nor output", "no such span", "no call of a model");
    }

    @Test
    void isCorrectedAndExportedAsCorrected() throws Exception {
        added("gold", "{\"filter\":\"kind = 'llm'\"}");
        String row = PATH + "/gold/rows/" + firstId("gold");
        String body =
                "{\"expected\":[{\"role\":\"assistant\",\"content\":\"better\"}],\"note\":\"why\"}";
        assertThat(send("PUT", row, body).body())
                .contains("\"note\":\"why\"", "\"content\":\"better\"", "\"output\":[{");

        assertThat(exported("gold", "").lines().findFirst().orElseThrow()).contains("better");
        assertThat(server.get(PATH + "/gold/rows?limit=1").body())
                .contains("\"expected_preview\":\"better\"", "\"note\":\"why\"")
                .endsWith("\"total\":3,\"next_offset\":1}");
        assertThat(send("DELETE", row, "").statusCode()).isEqualTo(204);
        assertThat(send("DELETE", row, "").statusCode()).isEqualTo(404);
        assertThat(exported("gold", "").lines()).hasSize(2);
        assertThat(send("DELETE", PATH + "/gold", "").statusCode()).isEqualTo(204);
        assertThat(server.get(PATH).body()).isEqualTo("{\"datasets\":[]}");
        assertThat(server.get(PATH + "/gold/export").statusCode()).isEqualTo(404);
    }

    @Test
    void goesWithItsProjectAndIsSeenByNoOther() throws Exception {
        added("gold", "{\"filter\":\"kind = 'llm'\"}");
        assertThat(server.send(server.request(PATH).header("X-Backplane-Project", "other")).body())
                .isEqualTo("{\"datasets\":[]}");
        assertThat(send("DELETE", "/api/v1/projects/default", "").statusCode()).isEqualTo(204);

        assertThat(server.get(PATH).body()).isEqualTo("{\"datasets\":[]}");
    }

    @Test
    void refusesWhatItCannotKeep() throws Exception {
        added("gold", "{\"filter\":\"kind = 'llm'\"}");
        String row = "gold/rows/" + firstId("gold");
        Map<String, String> refused =
                Map.of(
                        "POST gold/rows",
                        "[]",
                        "POST .hidden/rows",
                        "{\"traces\":[\"one\"]}",
                        "POST a%2Fb/rows",
                        "{\"traces\":[\"one\"]}",
                        "POST %0A/rows",
                        "{",
                        "POST x/rows",
                        "{\"span\":[]}",
                        "POST y/rows",
                        "{\"spans\":[{\"trace_id\":\"one\"}]}",
                        "POST z/rows",
                        "{\"traces\":[1]}",
                        "PUT gold",
                        "{\"description\":\"" + "d".repeat(2_001) + "\"}",
                        "PUT " + row,
                        "{\"id\":\"x\"}",
                        "GET gold/export?format=csv",
                        "");
        for (Map.Entry<String, String> one : refused.entrySet()) {
            String[] parts = one.getKey().split(" ");
            assertThat(send(parts[0], PATH + "/" + parts[1], one.getValue()).statusCode())
                    .as(one.getKey())
                    .isEqualTo(400);
        }
        assertThat(send("PUT", PATH + "/" + row, "{\"note\":1}").statusCode()).isEqualTo(400);
        assertThat(send("PUT", PATH + "/gold/rows/none", "{\"note\":\"\"}").statusCode())
                .isEqualTo(404);
        assertThat(server.get(PATH).body()).contains("\"rows\":3").doesNotContain("\"x\"");
    }
}
