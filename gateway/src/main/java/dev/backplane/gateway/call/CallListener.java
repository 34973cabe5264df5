package dev.backplane.gateway.call;

import dev.backplane.gateway.limit.Standing;

/// Told of a call before anything of its answer leaves, on the call's own thread: what is known so
/// early ends in headers, whatever becomes of the call.
public interface CallListener {
    CallListener NONE =
            new CallListener() {
                @Override
                public void began(String trace, String span) {}

                @Override
                public void stands(Standing standing) {}
            };

    /// The call has a span. Comes first, also for a call that is refused.
    void began(String trace, String span);

    /// How the call stands to its limits, whether they admit it or not.
    void stands(Standing standing);
}
