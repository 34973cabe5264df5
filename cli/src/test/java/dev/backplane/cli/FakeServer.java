package dev.backplane.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A real HTTP server on loopback with prepared answers: for faults and exact bytes, which the real
/// server does not give on demand.
final class FakeServer implements AutoCloseable {
    /// What arrived.
    record Request(String method, String target, Map<String, List<String>> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, List.of("")).getFirst();
        }
    }

    private record Answer(int status, Map<String, String> headers, byte[] body) {}

    private final HttpServer server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();

    FakeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// The answer to a method and a path, or to those with a query.
    FakeServer answer(String request, int status, String type, String body) {
        return answer(request, status, Map.of("Content-Type", type), body);
    }

    FakeServer answer(String request, int status, Map<String, String> headers, String body) {
        answers.put(request, new Answer(status, headers, body.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    FakeServer json(String request, String body) {
        return answer(request, 200, "application/json", body);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String target = exchange.getRequestURI().toString();
        String method = exchange.getRequestMethod();
        requests.add(new Request(method, target, exchange.getRequestHeaders(), body));
        Answer answer = answers.get(method + " " + target);
        if (answer == null) {
            answer = answers.get(method + " " + exchange.getRequestURI().getRawPath());
        }
        if (answer == null) {
            answer =
                    new Answer(
                            404,
                            Map.of("Content-Type", "application/json"),
                            Failures.envelope("no such path", "not_found"));
        }
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        boolean isEmpty = answer.status() == 204;
        exchange.sendResponseHeaders(answer.status(), isEmpty ? -1 : answer.body().length);
        if (!isEmpty) {
            exchange.getResponseBody().write(answer.body());
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    /// Error envelopes as the server writes them.
    static final class Failures {
        private Failures() {}

        static byte[] envelope(String error, String kind) {
            return Node.fields(
                            "error",
                            error,
                            "kind",
                            kind,
                            "message",
                            "It failed: " + error + ".",
                            "hint",
                            "do something else",
                            "next",
                            "",
                            "retryable",
                            false,
                            "request_id",
                            "r-1")
                    .json()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }
}
