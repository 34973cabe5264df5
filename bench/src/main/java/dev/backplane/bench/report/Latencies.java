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

    /// Those of both. Whoever adds to either meanwhile may be missed.
    public Latencies and(Latencies others) {
        Latencies both = new Latencies();
        for (Latencies some : new Latencies[] {this, others}) {
            long[] copy = some.copy();
            both.nanos = Arrays.copyOf(both.nanos, both.count + copy.length + 1);
            System.arraycopy(copy, 0, both.nanos, both.count, copy.length);
            both.count += copy.length;
        }
        return both;
    }

    private synchronized long[] copy() {
        return Arrays.copyOf(nanos, count);
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
