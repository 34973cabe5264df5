package dev.backplane.server.clients;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.backplane.bench.SyntheticChatModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/// A registry of Ollama's protocol that has one small model, `team/tiny:1b`.
final class ModelRegistry implements AutoCloseable {
    private static final String MANIFEST =
            """
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
             "config":{"mediaType":"application/vnd.docker.container.image.v1+json",
              "digest":"%s","size":%d},
             "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"%s","size":%d},
              {"mediaType":"application/vnd.ollama.image.license","digest":"%s","size":%d}]}
            """;

    private final HttpServer server;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();

    ModelRegistry(Path place) throws IOException {
        Path file = place.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 512);
        byte[] weights = Files.readAllBytes(file);
        byte[] config =
                "{\"model_format\":\"gguf\",\"model_family\":\"llama\"}"
                        .getBytes(StandardCharsets.UTF_8);
        byte[] license = "mit".getBytes(StandardCharsets.UTF_8);
        for (byte[] blob : new byte[][] {weights, config, license}) {
            files.put("/v2/team/tiny/blobs/" + digest(blob), blob);
        }
        files.put(
                "/v2/team/tiny/manifests/1b",
                MANIFEST.formatted(
                                digest(config),
                                config.length,
                                digest(weights),
                                weights.length,
                                digest(license),
                                license.length)
                        .getBytes(StandardCharsets.UTF_8));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    private static String digest(byte[] bytes) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return "sha256:" + HexFormat.of().formatHex(sha256.digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] bytes = files.get(exchange.getRequestURI().getPath());
            if (bytes == null) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private String authority() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    String name() {
        return authority() + "/team/tiny:1b";
    }

    /// Of a server that may pull from here.
    String config() {
        return """
        library:
          hosts: ["http://%s"]
        keys:
          - {name: admin, key: %s, scopes: [admin, call, read], project: "*"}
        """
                .formatted(authority(), ModelServer.KEY);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
