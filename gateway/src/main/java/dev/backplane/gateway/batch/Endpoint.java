package dev.backplane.gateway.batch;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.model.Usage;

/// A path that answers the requests of batches, as it answers those of clients. Thread-safe; a
/// request ends early when its thread is interrupted.
public interface Endpoint {
    /// An answer as a client would get it.
    ///
    /// @param status of HTTP
    record Reply(int status, Slice body, Usage usage) {}

    /// Such as `/v1/chat/completions`.
    String path();

    /// @throws Problem why there is no answer
    Reply answer(Origin origin, Slice body);

    /// The answer that a client gets instead.
    Reply refuse(Problem problem, String requestId);
}
