package dev.backplane.gateway.batch;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// When the requests of a batch may go on: if one was told to wait, all do. Thread-safe.
final class Pace {
    private static final long FIRST_MILLIS = 500;
    private static final long MOST_MILLIS = 60_000;

    private long goesOn = System.nanoTime();

    /// Waits as long as another has been told to.
    void await() throws InterruptedException {
        for (long left = left(); left > 0; left = left()) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    private synchronized long left() {
        return goesOn - System.nanoTime();
    }

    /// @param failed how often the request has failed so far, at least 1
    /// @param least that it was told, or zero
    synchronized void pause(int failed, Duration least) {
        int doublings = least.isZero() ? Math.min(failed, 20) : 1;
        long most = Math.min(MOST_MILLIS, FIRST_MILLIS << doublings);
        long drawn = ThreadLocalRandom.current().nextLong(most / 2, most);
        long nanos = Math.max(least.toNanos(), TimeUnit.MILLISECONDS.toNanos(drawn));
        long then = System.nanoTime() + nanos;
        if (then - goesOn > 0) {
            goesOn = then;
        }
    }
}
