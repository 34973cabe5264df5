package dev.backplane.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

/// A provider in OpenAI's language whose models do as they are called: `plain` says two words,
/// `tools` thinks and calls a tool, `schema` answers with JSON, `broken` fails, and `endless` says
/// one word and then nothing until it is left.
final class FakeModels implements AutoCloseable {
    /// Bodies of the requests for answers, as they came.
    final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    /// Opens when nobody waits for `endless` any more.
    private final CountDownLatch over = new CountDownLatch(1);

    private final HttpServer server;

    FakeModels() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/models", exchange -> send(exchange, 200, "{\"data\":[]}"));
        server.createContext("/v1/chat/completions", this::answer);
        server.start();
    }

    /// The configuration that leads to it.
    String yaml() {
        return """
        providers:
          fake: {base_url: "http://127.0.0.1:%d/v1"}
        models:
          plain: {provider: fake, model: plain}
          tools: {provider: fake, model: tools}
          schema: {provider: fake, model: schema}
          broken: {provider: fake, model: broken}
          endless: {provider: fake, model: endless}
          careful:
            targets:
              - {provider: fake, model: broken}
              - {provider: fake, model: plain}
        """
                .formatted(server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(body);
        String model = body.replaceFirst("(?s).*?\"model\"\\s*:\\s*\"([^\"]*)\".*", "$1");
        switch (model) {
            case "broken" -> send(exchange, 400, "{\"error\":{\"message\":\"it <b>broke</b>\"}}");
            case "tools" ->
                    stream(
                            exchange,
                            "{\"reasoning_content\":\"It asks for the weather.\"}",
                            "{\"tool_calls\":[{\"index\":0,\"id\":\"call_7\",\"type\":\"function\","
                                    + "\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}]}",
                            "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                                    + "\"{\\\"city\\\":\\\"Oslo\\\"}\"}}]}");
            case "schema" -> stream(exchange, "{\"content\":\"{\\\"city\\\": \\\"Oslo\\\"}\"}");
            case "endless" -> endless(exchange);
            default -> stream(exchange, "{\"content\":\"good \"}", "{\"content\":\"day\"}");
        }
    }

    private static String chunk(String delta) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                + "\"choices\":[{\"index\":0,\"delta\":"
                + delta
                + ",\"finish_reason\":null}]}";
    }

    private static void stream(HttpExchange exchange, String... deltas) throws IOException {
        List<String> events =
                Stream.concat(
                                Stream.of(deltas).map(FakeModels::chunk),
                                Stream.of(
                                        chunk("{}").replace("null", "\"stop\""),
                                        "{\"id\":\"c\",\"choices\":[],\"usage\":"
                                                + "{\"prompt_tokens\":12,"
                                                + "\"completion_tokens\":34}}",
                                        "[DONE]"))
                        .toList();
        try (OutputStream out = opened(exchange)) {
            for (String event : events) {
                write(out, event);
            }
        }
    }

    private void endless(HttpExchange exchange) throws IOException {
        try (OutputStream out = opened(exchange)) {
            write(out, chunk("{\"content\":\"word\"}"));
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static OutputStream opened(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    private static void write(OutputStream out, String event) throws IOException {
        out.write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        over.countDown();
        server.stop(0);
    }
}
