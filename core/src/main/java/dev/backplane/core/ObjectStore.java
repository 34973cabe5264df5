package dev.backplane.core;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The only place where durable state lives: immutable objects, and a few small ones that change by
/// conditional write. A local directory and an S3 bucket are the same to everything above.
///
/// Keys are what [#requireKey] lets through; no key is a folder of another one (`a` and `a/b`).
/// Reads see the latest completed write (strong consistency). Thread-safe, and several processes
/// may use one store. I/O failures are [IOException]s: the caller knows whether to retry. A write
/// that failed may have happened all the same (the answer was lost), but never by half.
public interface ObjectStore extends AutoCloseable {
    /// An object's bytes at a known state.
    ///
    /// @param tag opaque; changes whenever the bytes do
    record Tagged(byte[] bytes, String tag) {}

    record Listed(String key, long size) {}

    /// Writes the object if there is none under the key; durable on return.
    ///
    /// @return the new tag, or empty when an object exists (nothing is written)
    Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException;

    /// As [#putIfAbsent(String, byte[])], from a file. Nobody may write to the file afterwards (a
    /// directory store links it instead of copying it); deleting it is fine.
    Optional<String> putIfAbsent(String key, Path file) throws IOException;

    /// Replaces the object if its tag is still `tag`; durable on return.
    ///
    /// @return the new tag, or empty when the object changed or is gone (nothing is written)
    Optional<String> putIfMatch(String key, byte[] bytes, String tag) throws IOException;

    Optional<Tagged> get(String key) throws IOException;

    /// Bytes `offset` to `offset + length`, or fewer (even none) at the end of the object.
    ///
    /// @throws java.nio.file.NoSuchFileException when there is no such object
    byte[] getRange(String key, long offset, int length) throws IOException;

    /// The whole object as a local file: the object itself where the store is a directory, else a
    /// copy written to `target`, complete and synced when this returns.
    ///
    /// @throws java.nio.file.NoSuchFileException when there is no such object
    Path fetch(String key, Path target) throws IOException;

    /// All objects whose key starts with `prefix` (which need not end at a `/`), in key order.
    List<Listed> list(String prefix) throws IOException;

    /// Removes the object; succeeds when there is none.
    void delete(String key) throws IOException;

    /// Removes all objects whose key starts with `prefix`, in key order. When it fails, those
    /// before are gone.
    default void deleteAll(String prefix) throws IOException {
        for (Listed object : list(prefix)) {
            delete(object.key());
        }
    }

    @Override
    void close();

    /// Checks a key: 1 to 512 characters, `/`-separated parts of 1 to 200 characters
    /// `[A-Za-z0-9._-]`, of which the first is not a dot. This is what every file system and every
    /// S3 service takes.
    ///
    /// @return the key
    /// @throws Problem `INVALID`
    static String requireKey(String key) {
        if (!KeyRules.isKey(key)) {
            throw KeyRules.invalid("object key", key);
        }
        return key;
    }

    /// Whether [#requireKey] lets the text through.
    static boolean isKey(String text) {
        return KeyRules.isKey(text);
    }

    /// Checks what [#list] takes: the beginning of a key, which may be empty.
    ///
    /// @return the prefix
    /// @throws Problem `INVALID`
    static String requirePrefix(String prefix) {
        if (!KeyRules.isPrefix(prefix)) {
            throw KeyRules.invalid("object key prefix", prefix);
        }
        return prefix;
    }
}
