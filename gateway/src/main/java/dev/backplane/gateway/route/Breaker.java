package dev.backplane.gateway.route;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Keeps calls away from a target that fails: after [#FAILURES] failures in a row it is open for a
/// while, then lets one call through to see; each time that fails the while doubles. As every call
/// passes here, it also knows how many are under way. Thread-safe.
public final class Breaker {
    static final int FAILURES = 5;
    static final Duration FIRST = Duration.ofSeconds(5);
    static final Duration LAST = Duration.ofMinutes(2);

    /// What a target is like at the moment.
    public enum State {
        CLOSED,
        OPEN,
        /// One call is finding out.
        PROBING
    }

    private final LongSupplier nanos;
    private int failures;
    private int running;
    private long openUntil;
    private Duration pause = FIRST;
    private State state = State.CLOSED;

    /// @param nanos a clock such as [System#nanoTime]
    public Breaker(LongSupplier nanos) {
        this.nanos = nanos;
    }

    public synchronized State state() {
        return state;
    }

    /// Calls that have entered and not yet ended.
    public synchronized int running() {
        return running;
    }

    /// Whether a call may be made now; if so, [#succeeded], [#failed] or [#abandoned] must follow.
    public synchronized boolean enter() {
        boolean due = state == State.OPEN && nanos.getAsLong() - openUntil >= 0;
        if (due) {
            state = State.PROBING;
        }
        boolean may = due || state == State.CLOSED;
        running += may ? 1 : 0;
        return may;
    }

    public synchronized void succeeded() {
        running--;
        failures = 0;
        pause = FIRST;
        state = State.CLOSED;
    }

    public synchronized void failed() {
        running--;
        failures++;
        if (state == State.PROBING || failures == FAILURES) {
            state = State.OPEN;
            openUntil = nanos.getAsLong() + pause.toNanos();
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LAST) < 0 ? doubled : LAST;
        }
    }

    /// The call ended for a reason that says nothing about the target.
    public synchronized void abandoned() {
        running--;
        if (state == State.PROBING) {
            state = State.OPEN;
        }
    }
}
