package dev.backplane.server;

import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A process on free ports with its data in a directory, and an HTTP client for it.
public final class TestServer implements AutoCloseable {
    public final Backplane backplane;
    final List<String> progress = new ArrayList<>();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    TestServer(Path data, String yaml, Backplane.StoreOpener opener) throws IOException {
        this(data, yaml, Map.of(), opener);
    }

    TestServer(
            Path data, String yaml, Map<String, String> environment, Backplane.StoreOpener opener)
            throws IOException {
        backplane = Backplane.start(config(data, yaml, environment), opener, progress::add);
    }

    /// With the real store.
    public TestServer(Path data, String yaml) throws IOException {
        backplane = Backplane.start(config(data, yaml, Map.of()), progress::add);
    }

    static Config config(Path data, String yaml, Map<String, String> environment)
            throws IOException {
        Path file = data.resolve("backplane.yaml");
        Files.createDirectories(data);
        Files.writeString(file, yaml);
        ConfigLoader.Overrides overrides =
                new ConfigLoader.Overrides(
                        Optional.of(file),
                        Optional.of(data),
                        yaml.contains("listen:") ? Optional.empty() : Optional.of("127.0.0.1:0"),
                        Optional.of("127.0.0.1:0"),
                        Optional.of("127.0.0.1:0"));
        return ConfigLoader.load(environment, overrides);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + backplane.port() + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(
                request.timeout(Duration.ofSeconds(60)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// The lines of an answer as they come.
    Stream<String> sendForLines(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(
                        request.timeout(Duration.ofSeconds(60)).build(),
                        HttpResponse.BodyHandlers.ofLines())
                .body();
    }

    HttpResponse<byte[]> sendBytes(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(
                request.timeout(Duration.ofSeconds(60)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    HttpResponse<String> put(String path, String json) throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(json)));
    }

    HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.close();
        backplane.close();
    }
}
