package dev.backplane.gateway.file;

import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// An object store that fails at its nth write and at all that follow, as if the process had died
/// there.
final class FailingAt implements ObjectStore {
    private final ObjectStore store;
    private final boolean after;
    private int left;

    /// @param after whether the first write that fails has happened
    FailingAt(ObjectStore store, int writes, boolean after) {
        this.store = store;
        this.left = writes;
        this.after = after;
    }

    private interface Write {
        Optional<String> run() throws IOException;
    }

    private Optional<String> write(Write write) throws IOException {
        if (left-- > 0) {
            return write.run();
        }
        if (left == -1 && after) {
            write.run();
        }
        throw new IOException("told to fail");
    }

    @Override
    public Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException {
        return write(() -> store.putIfAbsent(key, bytes));
    }

    @Override
    public Optional<String> putIfAbsent(String key, Path file) throws IOException {
        return write(() -> store.putIfAbsent(key, file));
    }

    @Override
    public Optional<String> putIfMatch(String key, byte[] bytes, String tag) throws IOException {
        return write(() -> store.putIfMatch(key, bytes, tag));
    }

    @Override
    public Optional<Tagged> get(String key) throws IOException {
        return store.get(key);
    }

    @Override
    public byte[] getRange(String key, long offset, int length) throws IOException {
        return store.getRange(key, offset, length);
    }

    @Override
    public Path fetch(String key, Path target) throws IOException {
        return store.fetch(key, target);
    }

    @Override
    public List<Listed> list(String prefix) throws IOException {
        return store.list(prefix);
    }

    @Override
    public void delete(String key) throws IOException {
        store.delete(key);
    }

    @Override
    public void close() {}
}
