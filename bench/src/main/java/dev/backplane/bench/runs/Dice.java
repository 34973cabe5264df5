package dev.backplane.bench.runs;

import java.util.List;

/// Reproducible randomness: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014). Written out here because a published workload must not change with
/// the JDK. Not thread-safe.
public final class Dice {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    public Dice(long seed) {
        state = seed;
    }

    /// A generator of its own for one part of the work, independent of how much this one was used.
    public static Dice of(long seed, long part, long index) {
        return new Dice(mix(mix(mix(seed + GOLDEN) + part) + index));
    }

    public long next() {
        state += GOLDEN;
        return mix(state);
    }

    private static long mix(long z) {
        long first = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long second = (first ^ (first >>> 27)) * 0x94D049BB133111EBL;
        return second ^ (second >>> 31);
    }

    /// Uniform from 0 (inclusive) to `bound` (exclusive).
    public int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(next(), bound);
    }

    /// Uniform from `low` to `high`, both inclusive.
    public int between(int low, int high) {
        return low + below(high - low + 1);
    }

    /// Uniform from 0 (inclusive) to 1 (exclusive).
    public double fraction() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    public boolean chance(double probability) {
        return fraction() < probability;
    }

    public <T> T pick(List<T> list) {
        return list.get(below(list.size()));
    }

    /// A rank below `count`, rank r with a weight of about 1 / (r + 1): how often words occur.
    public int zipf(int count) {
        return Math.min(count - 1, (int) Math.pow(count + 1.0, fraction()) - 1);
    }

    /// Heavy tail: at least `low`, at most `high`, with `P(x > t)` about `(low / t)^shape`.
    public long pareto(double low, double high, double shape) {
        return (long) Math.min(high, low / Math.pow(1 - fraction(), 1 / shape));
    }

    /// Around `median`, with a long tail to the right; `spread` is the sigma of its logarithm.
    public double lognormal(double median, double spread) {
        double radius = Math.sqrt(-2 * Math.log(1 - fraction()));
        return median * Math.exp(spread * radius * Math.cos(2 * Math.PI * fraction()));
    }

    /// `digits` lower-case hexadecimal digits, at most 16.
    public String hex(int digits) {
        return "%016x".formatted(next()).substring(0, digits);
    }
}
