package dev.backplane.gateway.response;

import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// How many bytes each project has below a prefix, `PREFIX/PROJECT/…`: asks the store once, then
/// counts. Thread-safe.
final class UsedBytes {
    private final ObjectStore objects;
    private final String prefix;
    private final Map<String, AtomicLong> used = new ConcurrentHashMap<>();

    /// @param prefix with its slash
    UsedBytes(ObjectStore objects, String prefix) {
        this.objects = objects;
        this.prefix = prefix;
    }

    /// To be asked for before something is written, which otherwise counted twice: listed, and as
    /// what was added.
    AtomicLong of(String project) throws IOException {
        try {
            return used.computeIfAbsent(project, _ -> new AtomicLong(listed(project)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private long listed(String project) {
        try {
            return objects.list(prefix + project + "/").stream()
                    .mapToLong(ObjectStore.Listed::size)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Removes what lies below a key of the project, and counts it no more.
    ///
    /// @return whether there was anything
    boolean removeAll(String project, String below) throws IOException {
        AtomicLong bytes = of(project);
        List<ObjectStore.Listed> found = objects.list(below);
        for (ObjectStore.Listed object : found) {
            objects.delete(object.key());
            bytes.addAndGet(-object.size());
        }
        return !found.isEmpty();
    }

    /// Removes all of a project's.
    void removeProject(String project) throws IOException {
        removeAll(project, prefix + project + "/");
        used.remove(project);
    }
}
