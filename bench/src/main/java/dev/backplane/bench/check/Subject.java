package dev.backplane.bench.check;

import java.io.IOException;
import java.net.URI;

/// The server under test: started and killed again and again over the same data.
public interface Subject extends AutoCloseable {
    /// Starts it and waits until it serves.
    ///
    /// @return where
    /// @throws dev.backplane.core.Problem when it does not come up
    URI start() throws IOException;

    /// Ends it at once, as `kill -9` does: no handler runs, nothing is flushed.
    void kill() throws IOException;

    @Override
    void close() throws IOException;
}
