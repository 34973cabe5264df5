package dev.backplane.core;

import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/// A hybrid logical clock: versions that grow strictly within a process and follow wall time across
/// processes (Kulkarni et al., "Logical Physical Clocks", 2014).
///
/// A version is milliseconds since 1970 in the upper 44 bits and a counter in the lower 20, so it
/// sorts as a long and reads as a time. Thread-safe.
public final class HybridClock {
    private static final int COUNTER_BITS = 20;

    private final InstantSource time;
    private final AtomicLong last = new AtomicLong();

    public HybridClock(InstantSource time) {
        this.time = time;
    }

    public static HybridClock system() {
        return new HybridClock(InstantSource.system());
    }

    /// A version later than every one returned or [observed][#observe] before.
    public long next() {
        long wall = versionAt(time.millis());
        return last.updateAndGet(previous -> Math.max(previous + 1, wall));
    }

    /// Learns of a version made elsewhere (another process, an earlier run).
    public void observe(long version) {
        last.accumulateAndGet(version, Math::max);
    }

    public long millis() {
        return time.millis();
    }

    /// The first version that can be made at a wall time.
    public static long versionAt(long millis) {
        return millis << COUNTER_BITS;
    }

    /// The wall time in milliseconds that a version was made at.
    public static long millisOf(long version) {
        return version >>> COUNTER_BITS;
    }
}
