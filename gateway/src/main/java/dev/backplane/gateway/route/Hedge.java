package dev.backplane.gateway.route;

import java.time.Duration;

/// A second attempt, at another target, while the first is silent: of two requests the faster one
/// is answered by, which cuts the slowest answers off the tail (Dean and Barroso, "The Tail at
/// Scale", CACM 56(2), 2013, "hedged requests").
///
/// The model that loses may cost money, so hedges are rationed: every call of the route earns a
/// part of a hedge, and one can be made when there is a whole. A few may be saved up, so that a
/// quiet hour does not pay for a storm. Thread-safe.
public final class Hedge {
    private static final int WHOLE = 100;
    private static final int SAVED_MAX = 10 * WHOLE;

    private final Duration after;
    private final int percent;
    private int saved = WHOLE;

    /// @param after the silence that is waited for
    /// @param percent of the calls that may be hedged, 1 to 100
    public Hedge(Duration after, int percent) {
        if (after.isNegative() || percent < 1 || percent > WHOLE) {
            throw new IllegalArgumentException("percent must be 1 to 100, after not negative");
        }
        this.after = after;
        this.percent = percent;
    }

    public Duration after() {
        return after;
    }

    public int percent() {
        return percent;
    }

    /// A call was made that may come to be hedged.
    public synchronized void earn() {
        saved = Math.min(saved + percent, SAVED_MAX);
    }

    /// Whether a hedge may be made now.
    public synchronized boolean spend() {
        boolean enough = saved >= WHOLE;
        saved -= enough ? WHOLE : 0;
        return enough;
    }
}
