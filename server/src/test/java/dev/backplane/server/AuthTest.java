package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;

@Timeout(60)
class AuthTest {
    private static final String LOCKED = "loopback_without_key: false\n";
    private static final String ADMIN = "an-admin-key-for-tests-only";
    private static final Backplane.StoreOpener MEMORY = (_, _, _) -> new MemoryTraceStore();

    @TempDir private Path data;

    private TestServer locked() throws IOException {
        return new TestServer(data, LOCKED, Map.of("BACKPLANE_API_KEY", ADMIN), MEMORY);
    }

    private static HttpRequest.Builder as(String key, HttpRequest.Builder request) {
        return request.header("Authorization", "Bearer " + key);
    }

    private static HttpRequest.Builder post(HttpRequest.Builder request, String json) {
        return request.POST(HttpRequest.BodyPublishers.ofString(json));
    }

    /// Makes a key and returns its members.
    private static Map<String, String> newKey(TestServer server, String json) throws Exception {
        HttpResponse<String> made =
                server.send(as(ADMIN, post(server.request("/api/v1/keys"), json)));
        assertThat(made.statusCode()).isEqualTo(201);
        return Map.of("id", member(made.body(), "id"), "key", member(made.body(), "key"));
    }

    private static String member(String json, String name) {
        try (JsonParser parser = Json.parser(json)) {
            while (parser.nextToken() != null) {
                if (name.equals(parser.currentName())) {
                    return parser.nextStringValue();
                }
            }
        }
        throw new AssertionError("no " + name);
    }

    private static int status(TestServer server, HttpRequest.Builder request) throws Exception {
        return server.send(request).statusCode();
    }

    @Test
    void keysOpenWhatTheirScopesAndProjectSay() throws Exception {
        try (TestServer server = locked()) {
            assertThat(server.get("/api/v1/traces").statusCode()).isEqualTo(401);
            assertThat(server.get("/api/v1/traces").headers().firstValue("WWW-Authenticate"))
                    .isPresent();
            assertThat(server.get("/metrics").statusCode()).isEqualTo(401);
            assertThat(server.get("/health").statusCode()).isEqualTo(200);
            assertThat(server.get("/ready").statusCode()).isEqualTo(200);
            assertThat(status(server, as("wrong", server.request("/api/v1/traces"))))
                    .isEqualTo(401);
            String reader =
                    newKey(server, "{\"name\":\"r\",\"scopes\":[\"read\"],\"project\":\"p1\"}")
                            .get("key");
            assertThat(reader).matches("bp_[A-Za-z0-9_-]{43}");
            assertThat(status(server, as(reader, server.request("/api/v1/traces")))).isEqualTo(200);
            assertThat(status(server, as(reader, post(server.request("/api/v1/spans"), ""))))
                    .isEqualTo(403);
            assertThat(status(server, as(reader, server.request("/api/v1/keys")))).isEqualTo(403);
            assertThat(status(server, as(reader, server.request("/api/v1/store/stats"))))
                    .isEqualTo(403);
            assertThat(
                            status(
                                    server,
                                    as(reader, server.request("/api/v1/traces"))
                                            .header("X-Backplane-Project", "p2")))
                    .isEqualTo(403);
            assertThat(
                            status(
                                    server,
                                    as(reader, server.request("/api/v1/traces"))
                                            .header("X-Backplane-Project", "p1")))
                    .isEqualTo(200);
            String everywhere = newKey(server, "{\"project\":\"*\"}").get("key");
            assertThat(
                            status(
                                    server,
                                    as(everywhere, server.request("/api/v1/traces"))
                                            .header("X-Backplane-Project", "p2")))
                    .isEqualTo(200);
            assertThat(
                            status(
                                    server,
                                    as(everywhere, server.request("/api/v1/traces"))
                                            .header("X-Backplane-Project", "_system")))
                    .isEqualTo(403);
        }
    }

    @Test
    void keysAreKeptHashedAndCanBeRevoked() throws Exception {
        Map<String, String> key;
        try (TestServer server = locked()) {
            key = newKey(server, "{\"name\":\"c\",\"scopes\":[\"ingest\",\"read\"]}");
        }
        try (TestServer server = locked()) {
            String secret = key.get("key");
            assertThat(status(server, as(secret, server.request("/api/v1/traces")))).isEqualTo(200);
            HttpResponse<String> list = server.send(as(ADMIN, server.request("/api/v1/keys")));
            assertThat(list.body()).contains(key.get("id")).doesNotContain(secret, "hash");
            for (Path file : files()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(secret, ADMIN);
            }
            String path = "/api/v1/keys/" + key.get("id");
            assertThat(status(server, as(ADMIN, server.request(path).DELETE()))).isEqualTo(204);
            assertThat(status(server, as(ADMIN, server.request(path).DELETE()))).isEqualTo(404);
            assertThat(status(server, as(secret, server.request("/api/v1/traces")))).isEqualTo(401);
        }
    }

    private List<Path> files() throws IOException {
        try (var walk = Files.walk(data)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void opensToOthersOnlyWithKeys() throws Exception {
        String open = "listen: 0.0.0.0:0\n";
        assertThatThrownBy(() -> new TestServer(data, open, MEMORY))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFIG);
                            assertThat(problem.fix()).contains("BACKPLANE_API_KEY");
                        });
        assertThatThrownBy(() -> new TestServer(data, LOCKED, MEMORY))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("asks for keys and has none");
        try (TestServer server =
                new TestServer(data, open, Map.of("BACKPLANE_API_KEY", ADMIN), MEMORY)) {
            newKey(server, "{}");
        }
        try (TestServer server = new TestServer(data, open, MEMORY)) {
            assertThat(server.get("/health").statusCode()).isEqualTo(200);
        }
        assertThatThrownBy(() ->
                        new TestServer(data, open, Map.of("BACKPLANE_API_KEY", "short"), MEMORY))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("shorter");
    }

    @Test
    void trustsThisMachineOnlyWhenNobodySpeaksThroughIt() throws Exception {
        try (TestServer server = new TestServer(data, "", MEMORY)) {
            assertThat(server.get("/api/v1/traces").statusCode()).isEqualTo(200);
            assertThat(
                            status(
                                    server,
                                    server.request("/api/v1/traces")
                                            .header("Origin", "http://localhost:3000")))
                    .isEqualTo(200);
            assertThat(
                            status(
                                    server,
                                    server.request("/api/v1/traces")
                                            .header("Origin", "https://evil.example")))
                    .isEqualTo(401);
            assertThat(
                            status(
                                    server,
                                    server.request("/api/v1/traces")
                                            .header("X-Forwarded-For", "203.0.113.9")))
                    .isEqualTo(401);
            assertThat(rawStatus(server, "evil.example")).contains(" 401 ");
            assertThat(rawStatus(server, "localhost:7700")).contains(" 200 ");
        }
    }

    @Test
    void anyKeyWillDoOnThisMachineUntilThereIsOne() throws Exception {
        try (TestServer server = new TestServer(data, "", MEMORY)) {
            HttpRequest.Builder elsewhere =
                    server.request("/api/v1/traces").header("X-Forwarded-For", "203.0.113.9");
            assertThat(status(server, as("any", server.request("/api/v1/traces")))).isEqualTo(200);
            assertThat(status(server, as("any", elsewhere))).isEqualTo(401);
            assertThat(server.post("/api/v1/keys", "{}").statusCode()).isEqualTo(201);
            assertThat(status(server, as("any", server.request("/api/v1/traces")))).isEqualTo(401);
            assertThat(server.get("/api/v1/traces").statusCode()).isEqualTo(200);
        }
    }

    private static String rawStatus(TestServer server, String host) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.backplane.port())) {
            socket.getOutputStream()
                    .write(
                            TestServer.utf8(
                                    "GET /api/v1/traces HTTP/1.1\r\nHost: "
                                            + host
                                            + "\r\nConnection: close\r\n\r\n"));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
