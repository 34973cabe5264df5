package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Dashboards that the UI keeps.
class DashboardApiTest {
    private static final String PATH = "/api/v1/dashboards";
    private static final String PANELS =
            "{\"panels\":[{\"title\":\"t\",\"sql\":\"select 1\",\"chart\":{\"type\":\"line\"}}]}";

    @TempDir private Path data;
    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(data, "");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int put(String name, String body, String project) throws Exception {
        return server.send(
                        server.request(PATH + "/" + name)
                                .header("X-Backplane-Project", project)
                                .PUT(HttpRequest.BodyPublishers.ofString(body)))
                .statusCode();
    }

    @Test
    void keepsThemByProjectAndAcrossRestarts() throws Exception {
        assertThat(put("Costs", PANELS, "default")).isEqualTo(204);
        assertThat(put("A%2FB", "{\"panels\":[]}", "default")).isEqualTo(204);
        assertThat(put("Other", PANELS, "team")).isEqualTo(204);
        server.close();
        server = new TestServer(data, "");

        assertThat(server.get(PATH).body())
                .isEqualTo(
                        "{\"dashboards\":[{\"name\":\"A/B\",\"panels\":[]},{\"name\":\"Costs\","
                                + PANELS.substring(1)
                                + "]}");
    }

    @Test
    void replacesAndDeletes() throws Exception {
        put("Costs", PANELS, "default");
        put("Costs", "{\"panels\":[]}", "default");
        assertThat(server.get(PATH).body())
                .isEqualTo("{\"dashboards\":[{\"name\":\"Costs\",\"panels\":[]}]}");

        assertThat(server.send(server.request(PATH + "/Costs").DELETE()).statusCode())
                .isEqualTo(204);
        assertThat(server.send(server.request(PATH + "/Costs").DELETE()).statusCode())
                .isEqualTo(404);
        assertThat(server.get(PATH).body()).isEqualTo("{\"dashboards\":[]}");
    }

    @Test
    void refusesWhatIsNoDashboard() throws Exception {
        for (String body :
                new String[] {
                    "",
                    "[]",
                    "{",
                    "{\"panels\":1}",
                    "{\"panels\":[{\"title\":\"t\"}]}",
                    "{\"panels\":[{\"title\":1,\"sql\":\"x\"}]}",
                    "{\"panels\":["
                            + "{\"title\":\"\",\"sql\":\"\"},".repeat(50)
                            + "{\"title\":\"\",\"sql\":\"\"}]}"
                }) {
            assertThat(put("x", body, "default")).as(body).isEqualTo(400);
        }
        assertThat(put("x", PANELS + " ".repeat(300_000), "default")).isEqualTo(413);
        assertThat(put("n".repeat(61), PANELS, "default")).isEqualTo(400);
        assertThat(server.get(PATH).body()).isEqualTo("{\"dashboards\":[]}");
    }
}
