package dev.backplane.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that shows what the test says. Thread-safe.
public final class ManualTime implements InstantSource {
    private final AtomicReference<Instant> now;

    public ManualTime(Instant start) {
        now = new AtomicReference<>(start);
    }

    /// Starts at a fixed moment in 2026.
    public ManualTime() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    /// Goes on by `duration`, or back if it is negative.
    public void advance(Duration duration) {
        now.updateAndGet(instant -> instant.plus(duration));
    }

    public void set(Instant instant) {
        now.set(instant);
    }
}
