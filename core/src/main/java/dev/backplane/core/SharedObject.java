package dev.backplane.core;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/// One of the few small objects that change: its whole is replaced by conditional write, so that of
/// several writers none undoes what another has done.
///
/// A write whose answer was lost is looked into once: if the object has become what was to be
/// written, it was. Remembers the state that it saw last, so that a lone writer need not read
/// before each write. Thread-safe.
public final class SharedObject {
    private static final int ATTEMPTS_MAX = 20;

    private final ObjectStore store;
    private final String key;

    /// Nothing for a state that is not known, as opposed to one that is known to be absent.
    private Optional<Optional<ObjectStore.Tagged>> seen = Optional.empty();

    public SharedObject(ObjectStore store, String key) {
        this.store = store;
        this.key = key;
    }

    /// The newest state; empty while there is no object.
    public synchronized Optional<Slice> read() throws IOException {
        seen = Optional.empty();
        return bytes(load());
    }

    /// Replaces the object by what a change makes of its newest state; durable on return.
    ///
    /// @param change given the state, or nothing while there is no object; called again when
    ///   somebody else was faster. What it throws comes through, and nothing is written
    /// @return what was written
    /// @throws Problem `UNAVAILABLE` when others are faster all the time
    public synchronized Slice update(Function<Optional<Slice>, Slice> change) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Optional<ObjectStore.Tagged> current = load();
            byte[] bytes = change.apply(bytes(current)).bytes();
            // Until this write is decided, what is there is not known.
            seen = Optional.empty();
            if (put(current, bytes)) {
                return Slice.of(bytes);
            }
        }
        throw Problem.unavailable("object is being changed by many at once", key).fix("try again");
    }

    private Optional<ObjectStore.Tagged> load() throws IOException {
        if (seen.isEmpty()) {
            seen = Optional.of(store.get(key));
        }
        return seen.get();
    }

    private static Optional<Slice> bytes(Optional<ObjectStore.Tagged> object) {
        return object.map(known -> Slice.of(known.bytes()));
    }

    private boolean put(Optional<ObjectStore.Tagged> current, byte[] bytes) throws IOException {
        try {
            Optional<String> tag =
                    current.isPresent()
                            ? store.putIfMatch(key, bytes, current.get().tag())
                            : store.putIfAbsent(key, bytes);
            tag.ifPresent(
                    known -> seen = Optional.of(Optional.of(new ObjectStore.Tagged(bytes, known))));
            return tag.isPresent();
        } catch (IOException unknown) {
            if (isNow(bytes)) {
                return true;
            }
            throw unknown;
        }
    }

    private boolean isNow(byte[] bytes) {
        try {
            return load().filter(object -> Arrays.equals(object.bytes(), bytes)).isPresent();
        } catch (IOException unreachable) {
            return false;
        }
    }
}
