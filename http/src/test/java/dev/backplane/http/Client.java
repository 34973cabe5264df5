package dev.backplane.http;

import dev.backplane.core.Meter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/// A server with one listener and real clients for it.
final class Client implements AutoCloseable {
    final Meter meter = new Meter();
    final HttpServer server;
    private final HttpClient http;

    Client(HttpClient.Version version, Handler handler) {
        this(version, handler, HttpServer.IDLE);
    }

    Client(HttpClient.Version version, Handler handler, Duration idle) {
        server =
                HttpServer.start(
                        List.of(new HttpServer.Listener("main", "127.0.0.1", 0, handler)),
                        meter,
                        idle);
        http = HttpClient.newBuilder().version(version).build();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port("main") + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(
                request.timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String encoding, byte[] body)
            throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("Content-Encoding", encoding)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /// Sends bytes as they are and returns all that comes back until the server closes.
    String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port("main"))) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        http.close();
        server.stop(Duration.ofSeconds(5));
    }
}
