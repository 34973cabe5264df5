package dev.backplane.server.api;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Large `logs3` bodies on their way: uploaded under a key, then named by a request that stores
/// them. Files live for [#LIFE] at most and are forgotten when the process ends; the sender, which
/// was acknowledged nothing, sends again. Thread-safe.
final class OverflowSpool {
    private static final Duration LIFE = Duration.ofHours(1);
    private static final int PENDING_MAX = 1_000;
    private static final int KEY_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private record Pending(String project, long nanos) {}

    private final Path directory;
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();

    OverflowSpool(Path directory) {
        this.directory = directory;
    }

    /// A new key, which is also the right to upload.
    String reserve(String project) throws IOException {
        forgetOld();
        if (pending.size() >= PENDING_MAX) {
            throw Problem.unavailable("too many uploads are pending", "logs3/overflow")
                    .fix("send again later");
        }
        byte[] random = new byte[KEY_BYTES];
        RANDOM.nextBytes(random);
        String key = HexFormat.of().formatHex(random);
        pending.put(key, new Pending(project, System.nanoTime()));
        return key;
    }

    void upload(String key, InputStream body) throws IOException {
        if (!pending.containsKey(key)) {
            throw unknown();
        }
        Files.createDirectories(directory);
        Path partial = Files.createTempFile(directory, "upload-", ".part");
        try {
            Files.copy(body, partial, StandardCopyOption.REPLACE_EXISTING);
            Files.move(partial, directory.resolve(key), StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /// Opens what was uploaded by the same project.
    InputStream open(String key, String project) throws IOException {
        Optional<Pending> known = Optional.ofNullable(pending.get(key));
        Path file = directory.resolve(key.matches("[0-9a-f]{64}") ? key : "none");
        if (known.isEmpty() || !known.get().project().equals(project) || !Files.exists(file)) {
            throw unknown();
        }
        return Files.newInputStream(file);
    }

    /// After its spans are durable.
    void remove(String key) throws IOException {
        if (pending.remove(key) != null) {
            Files.deleteIfExists(directory.resolve(key));
        }
    }

    private void forgetOld() throws IOException {
        long oldest = System.nanoTime() - LIFE.toNanos();
        for (Map.Entry<String, Pending> entry : pending.entrySet()) {
            if (entry.getValue().nanos() - oldest < 0) {
                remove(entry.getKey());
            }
        }
    }

    private static Problem unknown() {
        return Problem.notFound("there is no such upload", "logs3/overflow")
                .fix("ask for a new one with POST /logs3/overflow");
    }
}
