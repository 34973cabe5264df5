package dev.backplane.core;

import java.util.List;

/// Where spans go. Thread-safe.
public interface SpanSink {
    /// Takes all events or none; when it returns they are durable and visible to every reader.
    ///
    /// Events already taken before (same key, same fields, nothing newer in between) are
    /// acknowledged again without being stored again.
    ///
    /// @throws Problem `UNAVAILABLE` with a time to retry after when the store cannot take them
    ///   now; nothing was stored, or it was and will be recognised when it comes again
    void append(List<SpanEvent> events);
}
