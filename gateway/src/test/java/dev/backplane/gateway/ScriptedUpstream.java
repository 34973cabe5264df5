package dev.backplane.gateway;

import dev.backplane.core.Meter;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/// A provider that answers what the test tells it to, over a real socket, whatever the path.
public final class ScriptedUpstream implements AutoCloseable {
    /// What came in.
    public record Received(String path, String authorization, String traceparent, Slice body) {}

    private final Queue<Handler> script = new ConcurrentLinkedQueue<>();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    public ScriptedUpstream() {
        server =
                HttpServer.start(
                        List.of(new HttpServer.Listener("main", "127.0.0.1", 0, this::answer)),
                        new Meter());
    }

    public URI base() {
        return root().resolve("/v1");
    }

    public URI root() {
        return URI.create("http://127.0.0.1:" + server.port("main"));
    }

    public List<Received> received() {
        return received;
    }

    /// The next request gets this; the last one told stays.
    public ScriptedUpstream then(Handler handler) {
        script.add(handler);
        return this;
    }

    public ScriptedUpstream thenJson(int status, String json) {
        return then(exchange ->
                exchange.send(status, "application/json", json.getBytes(StandardCharsets.UTF_8)));
    }

    /// A stream of these events, each sent at once.
    public ScriptedUpstream thenStream(String... data) {
        return then(exchange -> {
            exchange.header("Content-Type", "text/event-stream");
            for (String event : data) {
                exchange.output()
                        .write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
                exchange.output().flush();
            }
        });
    }

    private void answer(Exchange exchange) throws IOException {
        try (InputStream body = exchange.body(BodyLimits.buffered(16 << 20))) {
            received.add(
                    new Received(
                            exchange.path(),
                            exchange.header("Authorization").orElse(""),
                            exchange.header("traceparent").orElse(""),
                            Slice.of(body.readAllBytes())));
        }
        Handler next = script.size() > 1 ? script.poll() : script.peek();
        if (next == null) {
            throw new AssertionError("nothing is scripted");
        }
        next.handle(exchange);
    }

    @Override
    public void close() {
        server.stop(Duration.ofMillis(100));
    }
}
