package dev.backplane.server;

import static dev.backplane.server.OtlpClient.TRACE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The whole process on real sockets with the real store.
@Timeout(120)
class ProcessTest {
    @TempDir private Path data;

    private static ExportTraceServiceRequest chat(String question) {
        ExportTraceServiceRequest.Builder request = OtlpClient.request(2, "x").toBuilder();
        request.getResourceSpansBuilder(0)
                .getScopeSpansBuilder(0)
                .getSpansBuilder(0)
                .addAttributes(attribute("gen_ai.operation.name", "chat"))
                .addAttributes(attribute("gen_ai.request.model", "gpt-4o"))
                .addAttributes(
                        attribute(
                                "gen_ai.input.messages",
                                "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\""
                                        + question
                                        + "\"}]}]"));
        return request.build();
    }

    private static KeyValue attribute(String name, String value) {
        return KeyValue.newBuilder()
                .setKey(name)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }

    @Test
    void whatWasAcknowledgedIsSeenByTheNextReadAndAfterRestart() throws Exception {
        try (TestServer server = new TestServer(data, "");
                OtlpClient client = new OtlpClient(server.backplane.otlpGrpcPort())) {
            for (int i = 0; i < 20; i++) {
                client.export(chat("basic economy refund " + i));
                HttpResponse<String> span =
                        server.get("/api/v1/spans/" + TRACE + "/" + "%016x".formatted(1));
                assertThat(span.body()).contains("basic economy refund " + i + "\"");
            }
            assertReadable(server);
        }
        try (TestServer server = new TestServer(data, "")) {
            assertReadable(server);
            assertThat(server.post("/api/v1/store/compact", "").body()).contains("\"done\":true");
            assertReadable(server);
            assertThat(server.post("/api/v1/store/verify", "").body()).contains("\"sound\":true");
        }
        try (TestServer server = new TestServer(data, "")) {
            assertReadable(server);
        }
    }

    private static void assertReadable(TestServer server) throws Exception {
        assertThat(server.get("/api/v1/traces").body())
                .contains("\"trace_id\":\"" + TRACE + "\"", "\"span_count\":2", "\"gpt-4o\"");
        assertThat(server.get("/api/v1/traces?filter=model%20%3D%20'gpt-4o'").body())
                .contains(TRACE);
        assertThat(server.get("/api/v1/traces?filter=model%20%3D%20'other'").body())
                .isEqualTo("{\"traces\":[],\"cursor\":null}\n");
        assertThat(server.get("/api/v1/traces/" + TRACE).body()).contains("\"total\":2");
        assertThat(server.get("/api/v1/search?q=%22basic%20economy%22").body())
                .contains("\"snippet\":\"", "basic economy refund");
        assertThat(
                        server.post(
                                        "/api/v1/sql",
                                        "{\"query\":\"select model, count(*) n from spans group by"
                                                + " model order by n desc, model\"}")
                                .body())
                .contains("[\"gpt-4o\",1]");
        assertThat(server.get("/api/v1/store/export").body().lines()).hasSize(2);
    }

    @Test
    void feedbackMayComeFirstAndDeletesHold() throws Exception {
        try (TestServer server = new TestServer(data, "");
                OtlpClient client = new OtlpClient(server.backplane.otlpGrpcPort())) {
            String span = "/api/v1/spans/" + TRACE + "/" + "%016x".formatted(1);
            assertThat(server.post(span + "/feedback", "{\"scores\":{\"good\":1}}").statusCode())
                    .isEqualTo(200);
            client.export(chat("hello"));
            assertThat(server.get(span).body()).contains("\"scores\":{\"good\":1}", "hello");
            assertThat(server.delete(span).statusCode()).isEqualTo(204);
            assertThat(server.get(span).statusCode()).isEqualTo(404);
            assertThat(server.delete("/api/v1/traces/" + TRACE).statusCode()).isEqualTo(204);
            assertThat(server.get("/api/v1/traces/" + TRACE).statusCode()).isEqualTo(404);
            assertThat(server.get("/api/v1/traces").body()).startsWith("{\"traces\":[],");
        }
    }

    @Test
    void saysInWordsWhyAStoreCannotBeOpened() throws Exception {
        Files.writeString(data.resolve("store"), "");
        assertThatThrownBy(() -> new TestServer(data, ""))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("a file is where a directory should be");
    }

    @Test
    void mergesBraintrustRowsAndFindsThemByTheirIds() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            server.post(
                    "/logs3",
                    """
                    {"rows":[{"id":"row-1","span_id":"s-1","root_span_id":"r-1",
                      "input":{"q":"why"},"metadata":{"a":{"x":1}},"tags":["one"],
                      "metrics":{"start":1.5}}],"api_version":2}
                    """);
            server.post(
                    "/logs3",
                    """
                    {"rows":[{"id":"row-1","span_id":"s-1","root_span_id":"r-1","_is_merge":true,
                      "output":"because","metadata":{"a":{"y":2}},"tags":["two"],
                      "metrics":{"end":2.5}}],"api_version":2}
                    """);
            String merged = server.get("/api/v1/spans/r-1/s-1").body();
            assertThat(merged)
                    .contains("\"q\":\"why\"", "\"output\":\"because\"", "\"one\"", "\"two\"")
                    .containsPattern("\"metadata\":\\{\"a\":\\{\"x\":1, ?\"y\":2}}")
                    .contains("1970-01-01T00:00:02.500000000Z");
            server.post(
                    "/logs3",
                    "{\"rows\":[{\"id\":\"row-1\",\"_is_merge\":true,\"scores\":{\"s\":0.5}}]}");
            assertThat(server.get("/api/v1/spans/r-1/s-1").body()).contains("{\"s\":0.5}");
            server.post("/api/v1/store/compact", "");
            server.post(
                    "/logs3",
                    "{\"rows\":[{\"id\":\"row-1\",\"_is_merge\":true,\"scores\":{\"t\":1}}]}");
            assertThat(server.get("/api/v1/spans/r-1/s-1").body())
                    .containsPattern("\"scores\":\\{\"s\":0.5, ?\"t\":1}");
            server.post(
                    "/logs3",
                    """
                    {"rows":[{"id":"row-1","span_id":"OTHER","root_span_id":"OTHERROOT",
                      "_is_merge":true,"error":"moved"}]}
                    """);
            assertThat(server.get("/api/v1/spans/r-1/s-1").body()).contains("moved");
            assertThat(server.get("/api/v1/spans/OTHERROOT/OTHER").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void payloadsComeBackByteForByte() throws Exception {
        Random random = new Random(5);
        byte[] noise = new byte[6 << 20];
        random.nextBytes(noise);
        String text = HexFormat.of().formatHex(noise);
        try (TestServer server = new TestServer(data, "")) {
            HttpRequest.Builder upload =
                    server.request("/api/v1/spans/t/s/input")
                            .header("Content-Type", "text/plain")
                            .PUT(HttpRequest.BodyPublishers.ofString(text));
            assertThat(server.send(upload).statusCode()).isEqualTo(204);
            assertThat(server.get("/api/v1/spans/t/s/input").body().equals(text)).isTrue();
            server.post("/api/v1/store/compact", "");
            assertThat(server.get("/api/v1/spans/t/s/input").body().equals(text)).isTrue();
            assertThat(server.get("/api/v1/spans/t/s").body()).hasSizeGreaterThan(text.length());
        }
    }

    @Test
    void refusesASecondProcessOnTheSameData() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            assertThatThrownBy(() -> new TestServer(data, ""))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT));
            assertThat(server.get("/ready").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void hostileSqlIsRefused() throws Exception {
        try (TestServer server = new TestServer(data, "")) {
            for (String query :
                    List.of(
                            "select * from read_text('/etc/passwd')",
                            "copy spans to '/tmp/x'",
                            "set memory_limit = '1TB'",
                            "install httpfs",
                            "select 1; drop table spans")) {
                HttpResponse<String> answer =
                        server.post(
                                "/api/v1/sql",
                                "{\"query\":\"" + query.replace("\"", "\\\"") + "\"}");
                assertThat(answer.statusCode()).as(query).isBetween(400, 422);
                assertThat(answer.body()).as(query).startsWith("{\"error\":");
            }
        }
    }

    @Test
    void exportsParquet() throws IOException, InterruptedException {
        try (TestServer server = new TestServer(data, "")) {
            server.post(
                    "/api/v1/spans",
                    "{\"trace_id\":\"t\",\"span_id\":\"s\",\"name\":\"n\",\"start_time\":1}\n");
            HttpRequest.Builder sql =
                    server.request("/api/v1/sql")
                            .header("Accept", "application/vnd.apache.parquet")
                            .POST(
                                    HttpRequest.BodyPublishers.ofString(
                                            "{\"query\":\"select * from spans\"}"));
            byte[] file = server.sendBytes(sql).body();
            assertThat(file).startsWith('P', 'A', 'R', '1').endsWith('P', 'A', 'R', '1');
            byte[] export =
                    server.sendBytes(
                                    server.request(
                                            "/api/v1/store/export?format=parquet&filter=name%3D'n'"))
                            .body();
            assertThat(export).startsWith('P', 'A', 'R', '1');
        }
    }

    /// The limit of queries is not one of exports, and a result that it cuts says so.
    @Test
    void exportsMoreRowsThanQueriesMayHave() throws Exception {
        try (TestServer server = new TestServer(data, "limits: {sql_rows: 2}\n")) {
            for (int i = 0; i < 3; i++) {
                server.post(
                        "/api/v1/spans",
                        "{\"trace_id\":\"t\",\"span_id\":\"s" + i + "\",\"start_time\":1}\n");
            }
            HttpResponse<byte[]> export =
                    server.sendBytes(server.request("/api/v1/store/export?format=parquet"));
            assertThat(export.headers().firstValue("X-Backplane-Truncated")).isEmpty();
            assertThat(rows(export.body())).isEqualTo(3);
            assertThat(query(server, 3).headers().firstValue("X-Backplane-Truncated"))
                    .contains("true");
            assertThat(rows(query(server, 3).body())).isEqualTo(2);
            assertThat(query(server, 2).headers().firstValue("X-Backplane-Truncated")).isEmpty();
            assertThat(rows(query(server, 2).body())).isEqualTo(2);
        }
    }

    private static HttpResponse<byte[]> query(TestServer server, int limit)
            throws IOException, InterruptedException {
        return server.sendBytes(
                server.request("/api/v1/sql")
                        .header("Accept", "application/vnd.apache.parquet")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"query\":\"select * from spans limit "
                                                + limit
                                                + "\"}")));
    }

    private long rows(byte[] parquet) throws Exception {
        Path file = Files.write(Files.createTempFile(data, "rows", ".parquet"), parquet);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select count(*) from '" + file + "'")) {
            result.next();
            return result.getLong(1);
        }
    }
}
