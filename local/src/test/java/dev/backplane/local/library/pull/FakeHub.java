package dev.backplane.local.library.pull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.backplane.local.library.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/// A server of files that behaves as hubs do, and as they do on bad days. Faults are set before it
/// is asked. What is pushed is a file of it from then on.
public final class FakeHub implements AutoCloseable {
    /// An answer that comes instead of the next one of a path.
    public record Fault(int status, Map<String, String> headers) {}

    /// What was asked.
    record Asked(String method, String path, String range, String authorization) {}

    private final HttpServer server;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    private final Map<String, String> redirects = new HashMap<>();
    private final Map<String, Queue<Fault>> faults = new HashMap<>();
    final List<Asked> asked = new CopyOnWriteArrayList<>();
    final AtomicLong sent = new AtomicLong();

    /// Whether parts of files may be asked for.
    volatile boolean ranges = true;

    /// Bodies break off after so many bytes, as long as there are any of these.
    final Queue<Integer> cuts = new ConcurrentLinkedQueue<>();

    public FakeHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public String authority() {
        return uri().getRawAuthority();
    }

    public void put(String path, byte[] bytes) {
        files.put(path, bytes);
    }

    public void put(String path, String text) {
        put(path, text.getBytes(StandardCharsets.UTF_8));
    }

    void redirect(String path, String target) {
        redirects.put(path, target);
    }

    void fail(String path, Fault... given) {
        faults.put(path, new ConcurrentLinkedQueue<>(List.of(given)));
    }

    List<Asked> askedFor(String path) {
        return asked.stream().filter(each -> each.path().equals(path)).toList();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().toString();
            String range = header(exchange, "Range");
            asked.add(
                    new Asked(
                            exchange.getRequestMethod(),
                            path,
                            range,
                            header(exchange, "Authorization")));
            Fault fault = faults.getOrDefault(path, new ConcurrentLinkedQueue<>()).poll();
            if (fault != null) {
                fault.headers().forEach(exchange.getResponseHeaders()::set);
                exchange.sendResponseHeaders(fault.status(), -1);
                return;
            }
            if (redirects.containsKey(path)) {
                exchange.getResponseHeaders().set("Location", redirects.get(path));
                exchange.sendResponseHeaders(307, -1);
                return;
            }
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                receive(exchange, method);
                return;
            }
            byte[] bytes = files.get(path);
            if (bytes == null) {
                exchange.sendResponseHeaders(404, -1);
            } else if (ranges && !range.isEmpty()) {
                part(exchange, bytes, range);
            } else {
                send(exchange, 200, bytes);
            }
        }
    }

    /// As the distribution specification has it, with what a server checks: where a chunk begins,
    /// and the digest at the end.
    private void receive(HttpExchange exchange, String method) throws IOException {
        URI uri = exchange.getRequestURI();
        String path = uri.getPath();
        byte[] body = exchange.getRequestBody().readAllBytes();
        int status =
                switch (method) {
                    case "POST" -> {
                        String place = path + (uploads.size() + 1);
                        uploads.put(place, new ByteArrayOutputStream());
                        exchange.getResponseHeaders().set("Location", place + "?state=a%2Fb");
                        yield 202;
                    }
                    case "PATCH" -> {
                        ByteArrayOutputStream there = uploads.get(path);
                        String range = header(exchange, "Content-Range");
                        int from = there.size();
                        String wanted = from + "-" + (from + body.length - 1);
                        if (!range.equals(wanted)) {
                            yield 416;
                        }
                        there.writeBytes(body);
                        yield 202;
                    }
                    case "PUT" -> put(uri, path, body);
                    default -> 405;
                };
        exchange.sendResponseHeaders(status, -1);
    }

    private int put(URI uri, String path, byte[] body) {
        if (path.contains("/manifests/")) {
            files.put(path, body);
            return 201;
        }
        byte[] bytes = uploads.remove(path).toByteArray();
        String digest = "digest=" + Digest.of(bytes);
        if (!uri.getQuery().endsWith(digest)) {
            return 400;
        }
        String blobs = path.substring(0, path.indexOf("uploads/"));
        files.put(blobs + Digest.of(bytes), bytes);
        return 201;
    }

    byte[] file(String path) {
        return files.getOrDefault(path, new byte[0]);
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private void part(HttpExchange exchange, byte[] bytes, String range) throws IOException {
        String[] ends = range.substring("bytes=".length()).split("-");
        int start = Integer.parseInt(ends[0]);
        int end = Math.min(Integer.parseInt(ends[1]) + 1, bytes.length);
        if (start >= bytes.length) {
            exchange.sendResponseHeaders(416, -1);
            return;
        }
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes %d-%d/%d".formatted(start, end - 1, bytes.length));
        send(exchange, 206, Arrays.copyOfRange(bytes, start, end));
    }

    private void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        Integer cut = cuts.poll();
        int length = cut == null ? bytes.length : Math.min(cut, bytes.length);
        OutputStream out = exchange.getResponseBody();
        try {
            out.write(bytes, 0, length);
            out.flush();
            sent.addAndGet(length);
        } catch (IOException gone) {
            return;
        }
    }

    /// A manifest of one layer of weights, with a config.
    static String manifest(String configDigest, int configSize, String digest, long size) {
        return """
        {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
         "config":{"mediaType":"application/vnd.docker.container.image.v1+json",
          "digest":"%s","size":%d},
         "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"%s","size":%d}]}\
        """
                .formatted(configDigest, configSize, digest, size);
    }

    List<String> tokens() {
        return new ArrayList<>(asked.stream().map(Asked::authorization).toList());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
