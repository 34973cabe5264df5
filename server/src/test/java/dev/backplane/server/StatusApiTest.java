package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the process says of itself, of its configuration and of its routes.
class StatusApiTest {
    private static final String ADMIN = "an-admin-key-of-more-than-20-characters";
    private static final String READER = "a-reader-key-of-more-than-20-characters";

    @TempDir private Path data;
    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server =
                new TestServer(
                        data,
                        """
                        loopback_without_key: false
                        keys:
                          - {name: admin, key: %s, scopes: [admin], project: "*"}
                          - {name: reader, key: %s, scopes: [read], budget: [5/day]}
                        providers:
                          one: {base_url: "http://127.0.0.1:1/v1", api_key: sk-secret}
                        models:
                          fast: {provider: one, model: m}
                          safe:
                            targets: [{provider: one, model: m}, {provider: one, model: n}]
                        gateway:
                          content: hashed
                        """
                                .formatted(ADMIN, READER));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> get(String path, String key) throws Exception {
        return server.send(server.request(path).header("Authorization", "Bearer " + key));
    }

    @Test
    void tellsHowTheProcessIs() throws Exception {
        HttpResponse<String> status = get("/api/v1/status", READER);

        assertThat(status.statusCode()).isEqualTo(200);
        assertThat(status.body())
                .contains("\"ready\":true", "\"version\":\"" + Backplane.VERSION + "\"")
                .containsPattern("\"started_time\":\"20\\d\\d-")
                .containsPattern("\"heap_used_bytes\":[1-9]")
                .containsPattern("\"disk_free_bytes\":[1-9]")
                .doesNotContain(data.toString());
    }

    @Test
    void tellsAdministratorsTheConfigurationWithoutSecrets() throws Exception {
        assertThat(get("/api/v1/config", READER).statusCode()).isEqualTo(403);
        assertThat(get("/api/v1/config", ADMIN).body())
                .contains("\"content\":\"hashed\"", "\"name\":\"safe\"")
                .contains("\"of\":\"key reader\",\"budgets\":[\"5/day\"]", "\"has_key\":true")
                .doesNotContain("sk-secret", ADMIN, READER);
    }

    @Test
    void tellsAllRoutes() throws Exception {
        assertThat(get("/api/v1/routes", READER).body())
                .isEqualTo(
                        "{\"routes\":["
                                + get("/api/v1/routes?model=fast", READER).body()
                                + ","
                                + get("/api/v1/routes?model=safe", READER).body()
                                + "]}")
                .contains("\"model\":\"n\",\"weight\":0,\"state\":\"closed\"");
    }
}
