package dev.backplane.bench.api;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/// The server's HTTP interface as a benchmark needs it: HTTP/1.1, one connection for each thread
/// that sends, no retries unless asked for. Thread-safe.
public final class ServerApi implements AutoCloseable {
    private static final String PROTOBUF = "application/x-protobuf";
    private static final String JSON = "application/json";

    /// A status with the whole body and the time from sending to the last byte.
    public record Answer(int status, byte[] body, long nanos) {
        public boolean isOk() {
            return status >= 200 && status < 300;
        }

        /// Whether the same request may succeed later, as OTLP and our errors agree.
        public boolean isRetryable() {
            return status == 429 || status == 502 || status == 503 || status == 504;
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private final Target target;
    private final HttpClient client;

    public ServerApi(Target target) {
        this.target = target;
        this.client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .build();
    }

    public Target target() {
        return target;
    }

    /// OTLP over HTTP, not compressed.
    public Answer sendTraces(byte[] request) throws IOException {
        return send("POST", "/v1/traces", PROTOBUF, BodyPublishers.ofByteArray(request));
    }

    public Answer sendLines(byte[] lines) throws IOException {
        return send(
                "POST", "/api/v1/spans", "application/x-ndjson", BodyPublishers.ofByteArray(lines));
    }

    public Answer sendJson(String path, String json) throws IOException {
        return send("POST", path, JSON, BodyPublishers.ofString(json));
    }

    public Answer sql(String query) throws IOException {
        StringBuilder json = new StringBuilder("{\"query\":");
        dev.backplane.bench.runs.JsonString.append(json, query);
        return sendJson("/api/v1/sql", json.append('}').toString());
    }

    public Answer get(String path) throws IOException {
        return send("GET", path, JSON, BodyPublishers.noBody());
    }

    /// What came of an answer that was read and thrown away.
    public record Drained(long bytes, long lines, long nanos) {}

    /// Reads an answer of any size.
    public Drained drain(String path) throws IOException {
        long begin = System.nanoTime();
        HttpRequest request =
                request("GET", path, JSON, BodyPublishers.noBody())
                        .timeout(Duration.ofHours(1))
                        .build();
        HttpResponse<InputStream> response = exchange(request, BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                require(new Answer(response.statusCode(), body.readAllBytes(), 0), path);
            }
            byte[] buffer = new byte[1 << 16];
            long bytes = 0;
            long lines = 0;
            for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
                bytes += count;
                for (int i = 0; i < count; i++) {
                    lines += buffer[i] == '\n' ? 1 : 0;
                }
            }
            return new Drained(bytes, lines, System.nanoTime() - begin);
        }
    }

    public Answer delete(String path) throws IOException {
        return send("DELETE", path, JSON, BodyPublishers.noBody());
    }

    /// A path with a query string of the given parameters.
    public static String path(String path, Map<String, String> parameters) {
        StringBuilder out = new StringBuilder(path);
        char separator = '?';
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            out.append(separator).append(parameter.getKey()).append('=');
            out.append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
            separator = '&';
        }
        return out.toString();
    }

    /// @throws IOException when there is no whole answer, so that nobody knows what became of it
    /// @throws Problem `UNAVAILABLE` when no server listens
    private Answer send(String method, String path, String type, BodyPublisher body)
            throws IOException {
        long begin = System.nanoTime();
        HttpResponse<byte[]> response =
                exchange(request(method, path, type, body).build(), BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), response.body(), System.nanoTime() - begin);
    }

    private HttpRequest.Builder request(
            String method, String path, String type, BodyPublisher body) {
        URI uri = URI.create(target.url() + path);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .timeout(Duration.ofSeconds(120))
                        .header("Content-Type", type)
                        .header("User-Agent", "backplane-bench")
                        .method(method, body);
        target.apiKey().ifPresent(key -> request.header("Authorization", "Bearer " + key));
        target.project().ifPresent(name -> request.header("X-Backplane-Project", name));
        return request;
    }

    private <T> HttpResponse<T> exchange(HttpRequest request, BodyHandler<T> handler)
            throws IOException {
        try {
            return client.send(request, handler);
        } catch (ConnectException e) {
            throw Problem.unavailable("no server listens", target.url().toString())
                    .fix("start one with `backplane up`, or give its address with --url")
                    .causedBy(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for an answer", e);
        }
    }

    /// The answer, if it is a success.
    ///
    /// @throws Problem with the server's own error text otherwise
    public static Answer require(Answer answer, String what) {
        if (answer.isOk()) {
            return answer;
        }
        String text = answer.text();
        String error =
                text.startsWith("{") ? JsonTree.text(JsonTree.object(answer.body()), "error") : "";
        String said = "the server answered HTTP " + answer.status();
        throw Problem.of(kind(answer.status()), error.isEmpty() ? said : said + ": " + error, what);
    }

    private static Problem.Kind kind(int status) {
        for (Problem.Kind kind : Problem.Kind.values()) {
            if (kind.httpStatus() == status) {
                return kind;
            }
        }
        return Problem.Kind.INTERNAL;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
