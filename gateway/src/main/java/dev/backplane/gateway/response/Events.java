package dev.backplane.gateway.response;

import dev.backplane.core.ObjectStore;
import dev.backplane.gateway.dialect.responses.ResponseId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// The events of responses that have ended, for a while. Thread-safe.
final class Events {
    private static final String EVENTS = "response-events/";
    private static final Duration LIFETIME = Duration.ofDays(1);
    private static final int BLOCK = 256 << 10;

    private final ObjectStore objects;
    private final UsedBytes used;
    private final InstantSource clock;

    Events(ObjectStore objects, InstantSource clock) {
        this.objects = objects;
        this.used = new UsedBytes(objects, EVENTS);
        this.clock = clock;
    }

    private static String prefix(String project, ResponseId id) {
        return EVENTS + project + "/" + id + "-";
    }

    /// @param file that nobody writes to any more
    void keep(String project, ResponseId id, Path file) throws IOException {
        long until = clock.instant().plus(LIFETIME).getEpochSecond();
        AtomicLong bytes = used.of(project);
        objects.putIfAbsent(prefix(project, id) + until, file);
        bytes.addAndGet(Files.size(file));
    }

    long usedBytes(String project) throws IOException {
        return used.of(project).get();
    }

    /// @return whether there are any
    boolean copy(String project, ResponseId id, OutputStream out) throws IOException {
        List<ObjectStore.Listed> found = objects.list(prefix(project, id));
        if (found.isEmpty()) {
            return false;
        }
        ObjectStore.Listed object = found.getFirst();
        try {
            for (long at = 0; at < object.size(); at += BLOCK) {
                out.write(objects.getRange(object.key(), at, BLOCK));
            }
        } catch (NoSuchFileException deleted) {
            throw new IOException("events were removed while they were sent", deleted);
        }
        out.flush();
        return true;
    }

    void remove(String project, ResponseId id) throws IOException {
        used.removeAll(project, prefix(project, id));
    }

    void deleteProject(String project) throws IOException {
        used.removeProject(project);
    }

    void sweep() throws IOException {
        long now = clock.instant().getEpochSecond();
        for (ObjectStore.Listed object : objects.list(EVENTS)) {
            if (Long.parseLong(object.key().substring(object.key().lastIndexOf('-') + 1)) < now) {
                String project = object.key().split("/")[1];
                used.removeAll(project, object.key());
            }
        }
    }
}
