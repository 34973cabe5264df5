package dev.backplane.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Bytes of known length that can be read any number of times and need not be in memory.
///
/// Text is held as UTF-8, except that a lone surrogate (legal in JSON escapes, not in UTF-8) is
/// kept as its three-byte encoding so that it can be given back; see [Wtf8].
///
/// Implementations are safe for use by several threads.
public interface Content {
    /// Length in bytes.
    long size();

    /// Opens a fresh stream over all bytes; the caller closes it.
    InputStream open();

    /// Writes all bytes to `out` without holding more than a block of them.
    default void writeTo(OutputStream out) throws IOException {
        try (InputStream in = open()) {
            in.transferTo(out);
        }
    }

    /// All bytes in memory.
    ///
    /// @throws Problem `TOO_LARGE` if there are more than `limit` bytes
    default Slice read(int limit) {
        if (size() > limit) {
            throw Problem.tooLarge("content of " + size() + " bytes", "read into memory")
                    .fix("read it as a stream; the limit here is " + limit + " bytes");
        }
        try (InputStream in = open()) {
            return Slice.of(in.readAllBytes());
        } catch (IOException e) {
            throw Problem.unavailable("content could not be read", "content").causedBy(e);
        }
    }
}
