package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every answer says of its call beside the answer, in every dialect, streams included.
@Timeout(60)
class CallHeadersTest {
    private static final String CHOICE =
            "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"%s\":{\"content\":"
                    + "\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir Path data;

    private final HttpServer upstream =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "main",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .post("/v1/chat/completions", CallHeadersTest::chat)
                                            .post("/v1/embeddings", CallHeadersTest::embed)
                                            .build())),
                    new Meter());
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server =
                new TestServer(
                        data,
                        """
                        providers:
                          one: {base_url: "http://127.0.0.1:%d/v1"}
                        models:
                          m: {provider: one, model: m-1}
                        gateway: {cache: 1MiB}
                        """
                                .formatted(upstream.port("main")));
    }

    @AfterEach
    void close() {
        server.close();
        upstream.stop(Duration.ofMillis(100));
    }

    private static void chat(Exchange exchange) throws IOException {
        String body =
                new String(
                        exchange.body(BodyLimits.buffered(1 << 20)).readAllBytes(),
                        StandardCharsets.UTF_8);
        if (body.contains("refuse")) {
            send(exchange, 400, "application/json", "{\"error\":{\"message\":\"no\"}}");
        } else if (body.contains("\"stream\":true")) {
            String chunk = CHOICE.formatted("delta");
            send(exchange, 200, "text/event-stream", "data: " + chunk + "\n\ndata: [DONE]\n\n");
        } else {
            send(exchange, 200, "application/json", CHOICE.formatted("message"));
        }
    }

    private static void embed(Exchange exchange) throws IOException {
        send(
                exchange,
                200,
                "application/json",
                "{\"model\":\"m-1\",\"data\":[{\"index\":0,\"embedding\":[0.5]}]}");
    }

    private static void send(Exchange exchange, int status, String type, String text)
            throws IOException {
        exchange.send(status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String body(String begin, boolean stream) {
        return begin.replace('\'', '"') + ",\"stream\":" + stream + "}";
    }

    private void assertTrace(HttpHeaders headers) throws Exception {
        List<String> traces = headers.allValues("X-Backplane-Trace");
        assertThat(traces).hasSize(1);
        assertThat(server.get("/api/v1/traces/" + traces.getFirst()).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/messages|{'model':'m','max_tokens':9,'messages':[],'container':'c'",
                "/api/chat|{'model':'m','messages':[{'role':'user','content':'a'}],'container':'c'",
                "/api/generate|{'model':'m','prompt':'a','container':'c'",
                "/v1/responses|{'model':'m','input':'a','store':false,'container':'c'"
            })
    void whatTheProviderIsNotToldIsNamed(String path, String begin) throws Exception {
        for (boolean stream : new boolean[] {true, false}) {
            String body =
                    body(begin.replace("'container':'c'", "'container':'" + stream + "'"), stream);

            HttpResponse<String> response = server.post(path, body);

            HttpHeaders headers = response.headers();
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(headers.firstValue("Content-Type").orElse(""))
                    .contains(
                            stream ? path.startsWith("/api") ? "ndjson" : "event-stream" : "json");
            assertTrace(headers);
            assertThat(headers.allValues("X-Backplane-Target")).containsExactly("one/m-1");
            assertThat(headers.allValues("X-Backplane-Ignored")).containsExactly("container");
            assertThat(headers.allValues("X-Backplane-Cache")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/messages|{'model':'m','max_tokens':9,'messages':[]",
                "/v1/chat/completions|{'model':'m','messages':[]",
                "/api/chat|{'model':'m','messages':[{'role':'user','content':'a'}]",
                "/v1/responses|{'model':'m','input':'a','store':false"
            })
    void aRepeatIsNamed(String path, String begin) throws Exception {
        for (boolean stream : new boolean[] {true, false}) {
            String body = body(begin, stream);
            server.post(path, body);

            HttpHeaders headers = server.post(path, body).headers();

            assertTrace(headers);
            assertThat(headers.allValues("X-Backplane-Cache")).containsExactly("hit");
            assertThat(headers.allValues("X-Backplane-Target")).containsExactly("cache");
        }
    }

    /// Without any answer there is still a span to look at.
    @ParameterizedTest
    @ValueSource(strings = {"/v1/messages", "/v1/chat/completions", "/api/chat", "/v1/responses"})
    void errorsNameTheirTraceAndNoTarget(String path) throws Exception {
        HttpResponse<String> response =
                server.post(
                        path,
                        "{\"model\":\"m\",\"max_tokens\":1,\"input\":\"refuse\",\"messages\":["
                                + "{\"role\":\"user\",\"content\":\"refuse\"}]}");

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertTrace(response.headers());
        assertThat(response.headers().firstValue("X-Backplane-Target")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/api/embed"})
    void vectorsHaveThemToo(String path) throws Exception {
        HttpResponse<String> response = server.post(path, "{\"model\":\"m\",\"input\":\"a\"}");

        assertTrace(response.headers());
        assertThat(response.headers().allValues("X-Backplane-Target")).containsExactly("one/m-1");
    }
}
