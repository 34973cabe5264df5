package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Responses through the whole process: they are spans of the key's project, and outlive it.
@Timeout(60)
class ResponsesApiTest {
    private static final String TEAM = "a-key-of-more-than-20-characters";
    private static final String OTHERS = TEAM + "-2";
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                    + "\"assistant\",\"content\":\"pleased to meet you\"},"
                    + "\"finish_reason\":\"stop\"}]}";

    @TempDir Path data;

    private final AtomicReference<String> asked = new AtomicReference<>("");
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
                                                        asked.set(body(exchange));
                                                        exchange.send(
                                                                200,
                                                                "application/json",
                                                                ANSWER.getBytes(
                                                                        StandardCharsets.UTF_8));
                                                    })
                                            .build())),
                    new Meter());

    private static String body(Exchange exchange) throws IOException {
        return new String(
                exchange.body(BodyLimits.buffered(1 << 20)).readAllBytes(), StandardCharsets.UTF_8);
    }

    @AfterEach
    void close() {
        upstream.stop(Duration.ofMillis(100));
    }

    private TestServer server(String more) throws IOException {
        return new TestServer(
                data,
                """
                providers:
                  up: {type: openai, base_url: "http://127.0.0.1:%d/v1"}
                models:
                  smart: {provider: up, model: gpt-4o}
                keys:
                  - {name: caller, key: %s, scopes: [call, read], project: team}
                  - {name: other, key: %s, scopes: [call, read], project: others}
                %s
                """
                        .formatted(upstream.port("main"), TEAM, OTHERS, more));
    }

    private static HttpResponse<String> ask(TestServer server, String key, String more)
            throws IOException, InterruptedException {
        return server.send(
                server.request("/v1/responses")
                        .header("Authorization", "Bearer " + key)
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\"smart\",\"input\":\"I am Ada\""
                                                + more
                                                + "}")));
    }

    private static HttpResponse<String> send(
            TestServer server, String key, String method, String path)
            throws IOException, InterruptedException {
        return server.send(
                server.request(path)
                        .header("Authorization", "Bearer " + key)
                        .method(method, HttpRequest.BodyPublishers.noBody()));
    }

    private static String id(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        String[] id = {""};
        JsonCursor.read(
                Slice.of(response.body()),
                "test",
                cursor -> {
                    cursor.object(name -> {
                        if (name.equals("id")) {
                            id[0] = cursor.text();
                        } else {
                            cursor.skip();
                        }
                    });
                    return id;
                });
        return id[0];
    }

    private static String previous(String id) {
        return ",\"previous_response_id\":\"" + id + "\"";
    }

    @Test
    void aConversationGoesOnAfterARestart() throws Exception {
        String first;
        String second;
        try (TestServer server = server("")) {
            first = id(ask(server, TEAM, ""));
            second = id(ask(server, TEAM, previous(first)));
        }
        try (TestServer server = server("")) {
            HttpResponse<String> third = ask(server, TEAM, previous(second));

            assertThat(third.statusCode()).as(third.body()).isEqualTo(200);
            assertThat(asked.get().split("I am Ada", -1)).hasSize(4);
            assertThat(asked.get().split("pleased to meet you", -1)).hasSize(3);
            HttpResponse<String> items =
                    send(server, TEAM, "GET", "/v1/responses/" + second + "/input_items?order=asc");
            assertThat(items.body())
                    .contains("\"has_more\":false")
                    .containsSubsequence("I am Ada", "pleased to meet you", "I am Ada");
            String trace = first.substring(5, 37);
            assertThat(send(server, TEAM, "GET", "/api/v1/traces/" + trace).body())
                    .containsSubsequence("\"response\"", "chat smart");
        }
    }

    @Test
    void whatWasMadeInTheBackgroundIsThereAfterARestart() throws Exception {
        String id;
        String before;
        try (TestServer server = server("")) {
            id = id(ask(server, TEAM, ",\"background\":true"));
            do {
                before = send(server, TEAM, "GET", "/v1/responses/" + id).body();
            } while (!before.contains("\"status\":\"completed\""));
        }
        try (TestServer server = server("")) {
            assertThat(send(server, TEAM, "GET", "/v1/responses/" + id).body()).isEqualTo(before);
            String stream = "/v1/responses/" + id + "?stream=true";
            assertThat(send(server, TEAM, "GET", stream).body())
                    .containsSubsequence(
                            "event: response.created", "event: response.completed", "[DONE]");
            assertThat(send(server, TEAM, "GET", stream + "&starting_after=1").body())
                    .startsWith("event: response.in_progress");
            assertThat(send(server, OTHERS, "GET", stream).statusCode()).isEqualTo(404);
            assertThat(send(server, TEAM, "GET", stream + "&starting_after=x").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void conversationsOutliveTheProcessAndNotTheirProject() throws Exception {
        String id;
        try (TestServer server = server("")) {
            id = id(send(server, TEAM, "POST", "/v1/conversations"));
            id(ask(server, TEAM, ",\"conversation\":\"" + id + "\""));
        }
        try (TestServer server = server("")) {
            id(ask(server, TEAM, ",\"conversation\":\"" + id + "\""));

            assertThat(asked.get().split("I am Ada", -1)).hasSize(3);
            String path = "/v1/conversations/" + id;
            assertThat(send(server, OTHERS, "GET", path).statusCode()).isEqualTo(404);
            assertThat(send(server, OTHERS, "DELETE", path).statusCode()).isEqualTo(404);
            server.send(server.request("/api/v1/projects/team").DELETE());
            assertThat(send(server, TEAM, "GET", path).statusCode()).isEqualTo(404);
        }
    }

    @Test
    void responsesBelongToTheirProject() throws Exception {
        try (TestServer server = server("")) {
            String id = id(ask(server, TEAM, ""));

            assertThat(ask(server, OTHERS, previous(id)).statusCode()).isEqualTo(404);
            assertThat(send(server, OTHERS, "GET", "/v1/responses/" + id).statusCode())
                    .isEqualTo(404);
            assertThat(send(server, OTHERS, "DELETE", "/v1/responses/" + id).statusCode())
                    .isEqualTo(404);
            assertThat(send(server, TEAM, "GET", "/v1/responses/" + id).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void whatIsDeletedLeavesItsSpanEmpty() throws Exception {
        try (TestServer server = server("")) {
            String id = id(ask(server, TEAM, ""));

            HttpResponse<String> deleted = send(server, TEAM, "DELETE", "/v1/responses/" + id);

            assertThat(deleted.body()).contains("\"deleted\":true");
            assertThat(send(server, TEAM, "GET", "/v1/responses/" + id).statusCode())
                    .isEqualTo(404);
            String span = id.substring(5, 37) + "/" + id.substring(37);
            assertThat(send(server, TEAM, "GET", "/api/v1/spans/" + span).body())
                    .contains("\"response\"")
                    .doesNotContain("Ada");
        }
    }

    @Test
    void withoutContentNothingIsKept() throws Exception {
        try (TestServer server = server("gateway: {content: none}")) {
            HttpResponse<String> response = ask(server, TEAM, "");

            assertThat(response.body()).contains("\"store\":false");
            assertThat(send(server, TEAM, "GET", "/v1/responses/" + id(response)).statusCode())
                    .isEqualTo(404);
            assertThat(ask(server, TEAM, ",\"store\":true").statusCode()).isEqualTo(400);
            assertThat(ask(server, TEAM, ",\"background\":true").statusCode()).isEqualTo(400);
            assertThat(send(server, TEAM, "POST", "/v1/conversations").statusCode()).isEqualTo(400);
        }
    }
}
