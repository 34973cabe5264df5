package dev.backplane.gateway.limit;

import java.util.List;

/// An admitted call: what it has reserved until it is settled. For one thread.
public final class Ticket {
    /// An account and the second in which tokens were reserved.
    record Held(Account account, long second) {}

    private final Limiter limiter;
    private final List<Held> held;
    private final Cost estimate;
    private final Standing standing;
    private boolean settled;

    Ticket(Limiter limiter, List<Held> held, Cost estimate, Standing standing) {
        this.limiter = limiter;
        this.held = List.copyOf(held);
        this.estimate = estimate;
        this.standing = standing;
    }

    public Standing standing() {
        return standing;
    }

    /// What was reserved.
    public Cost estimate() {
        return estimate;
    }

    /// Replaces the reservation by what the call took; a second time, nothing happens.
    ///
    /// @return the settlement's number, for [Limiter#replay]; 0 if nobody keeps count
    public long settle(Cost actual) {
        if (settled || held.isEmpty()) {
            return 0;
        }
        settled = true;
        return limiter.settle(held, estimate, actual);
    }
}
