package dev.backplane.gateway.call;

import dev.backplane.gateway.limit.Standing;

/// Told of a call before anything of its answer leaves, by one thread at a time: what is known so
/// early ends in headers, whatever becomes of the call.
public interface CallListener {
    CallListener NONE =
            new CallListener() {
                @Override
                public void began(String trace, String span) {}

                @Override
                public void stands(Standing standing) {}

                @Override
                public void answers(Gateway.Outcome outcome) {}
            };

    /// The call has a span. Comes first, also for a call that is refused.
    void began(String trace, String span);

    /// How the call stands to its limits, whether they admit it or not.
    void stands(Standing standing);

    /// The answer begins: who gives it, and what the provider was not told.
    void answers(Gateway.Outcome outcome);
}
