package dev.backplane.gateway.batch;

import dev.backplane.core.Problem;

/// Whether a batch may make calls: keys are revoked and quotas are used up while it runs.
/// Thread-safe.
public interface Gate {
    /// Asked before each request.
    ///
    /// @throws Problem `FORBIDDEN`, or `LIMITED` for a while
    void check(Order order);

    /// Asked once, when the requests are known.
    ///
    /// @throws Problem `NOT_FOUND` or `FORBIDDEN`
    void check(Order order, String model);
}
