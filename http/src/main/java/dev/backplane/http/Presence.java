package dev.backplane.http;

/// Whether whoever sent a request still waits for its answer. Thread-safe.
///
/// A client is gone as soon as it has closed or reset its connection (HTTP/1) or its stream
/// (HTTP/2). One that ends only its own side of an HTTP/1 connection counts as gone, because it
/// looks the same until something is written to it; nginx and Go's server do it likewise.
public interface Presence {
    /// For work that no connection waits for.
    Presence LASTING =
            new Presence() {
                @Override
                public boolean gone() {
                    return false;
                }

                @Override
                public Watch whenGone(Runnable action) {
                    return () -> {};
                }
            };

    boolean gone();

    /// Runs the action once, when the client goes; at once and on this thread if it has gone.
    ///
    /// @param action quick, because it has a thread that others wait for; it may still run while
    ///   the watch is being closed
    Watch whenGone(Runnable action);

    /// Until it is closed, the action may run.
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
