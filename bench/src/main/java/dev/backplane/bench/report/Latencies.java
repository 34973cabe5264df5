package dev.backplane.bench.report;

import java.util.Arrays;

/// Latencies of one kind, kept one by one: quantiles are exact. Thread-safe.
public final class Latencies {
    private long[] nanos = new long[256];
    private int count;

    public synchronized void add(long latencyNanos) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = latencyNanos;
    }

    public synchronized long count() {
        return count;
    }

    /// The smallest latency that at least `fraction` of all do not exceed, in milliseconds; NaN
    /// when there is none.
    public synchronized double quantileMillis(double fraction) {
        if (count == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int index = (int) Math.ceil(fraction * count) - 1;
        return sorted[Math.max(0, index)] / 1e6;
    }
}
