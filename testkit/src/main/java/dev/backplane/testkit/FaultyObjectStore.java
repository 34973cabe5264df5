package dev.backplane.testkit;

import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/// An object store that breaks in the ways that networks, disks and other writers break one.
///
/// Whether a call is hit depends on the seed, the operation, the key and how often that operation
/// was called with that key: not on the order in which threads happen to run. Starts without any
/// fault; thread-safe.
public final class FaultyObjectStore implements ObjectStore {
    public enum Fault {
        /// The call fails and nothing happened.
        FAIL_BEFORE,
        /// The call happened, but its answer is lost: the caller sees an [IOException].
        FAIL_AFTER,
        /// The call takes up to [#SLOW_MILLIS_MAX] longer.
        SLOW,
        /// A conditional write answers that somebody else was faster; nothing is written. When the
        /// caller looks, that somebody has undone it.
        CONFLICT
    }

    public static final int SLOW_MILLIS_MAX = 20;

    private final ObjectStore store;
    private final long seed;
    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    private final Map<Fault, AtomicLong> injected = new EnumMap<>(Fault.class);
    private final Map<String, AtomicLong> calls = new ConcurrentHashMap<>();
    private final BlockingQueue<Fault> next = new LinkedBlockingQueue<>();
    private final Map<String, Runnable> steps = new ConcurrentHashMap<>();
    private volatile boolean on = true;
    private volatile boolean outage;

    public FaultyObjectStore(ObjectStore store, long seed) {
        this.store = store;
        this.seed = seed;
        for (Fault fault : Fault.values()) {
            injected.put(fault, new AtomicLong());
        }
    }

    /// Sets how often a fault hits, 0 to 1. Call it before the store is shared between threads.
    public FaultyObjectStore with(Fault fault, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability must be 0 to 1: " + probability);
        }
        probabilities.put(fault, probability);
        return this;
    }

    /// Suspends or resumes the random faults.
    public void switchOn(boolean on) {
        this.on = on;
    }

    /// While true, every call fails before it does anything: the network is gone, the disk full.
    public void outage(boolean outage) {
        this.outage = outage;
    }

    /// Hits the next call that the fault can hit, whatever the probabilities.
    public void failNext(Fault fault) {
        next.add(fault);
    }

    /// Runs a step when the next call of an operation has happened and its caller does not know
    /// yet: what somebody else does in between.
    ///
    /// @param operation a method's name
    public void afterNext(String operation, Runnable step) {
        steps.put(operation, step);
    }

    /// How often a fault has hit.
    public long injected(Fault fault) {
        return count(fault).get();
    }

    private AtomicLong count(Fault fault) {
        AtomicLong count = injected.get(fault);
        if (count == null) {
            throw new IllegalArgumentException("unknown fault " + fault);
        }
        return count;
    }

    private interface Call<R> {
        R run() throws IOException;
    }

    private <R> R call(String operation, String key, Call<R> call) throws IOException {
        RandomGenerator random = randomFor(operation, key);
        if (outage) {
            throw failed("outage", operation, key);
        }
        if (hits(Fault.SLOW, random)) {
            sleep(random.nextInt(SLOW_MILLIS_MAX + 1));
        }
        if (hits(Fault.FAIL_BEFORE, random)) {
            throw failed("before it had an effect", operation, key);
        }
        R result = call.run();
        Optional.ofNullable(steps.remove(operation)).ifPresent(Runnable::run);
        if (hits(Fault.FAIL_AFTER, random)) {
            throw failed("after it had its effect", operation, key);
        }
        return result;
    }

    private Optional<String> conditional(String operation, String key, Call<Optional<String>> call)
            throws IOException {
        RandomGenerator random = randomFor("conflict " + operation, key);
        return call(
                operation,
                key,
                () -> !outage && hits(Fault.CONFLICT, random) ? Optional.empty() : call.run());
    }

    private RandomGenerator randomFor(String operation, String key) {
        String name = operation + " " + key;
        long nth = calls.computeIfAbsent(name, _ -> new AtomicLong()).incrementAndGet();
        return Gen.random(seed * 31 + name.hashCode() * 0x9E3779B97F4A7C15L + nth);
    }

    /// Draws in any case, so that switching one fault on does not move the others.
    private boolean hits(Fault fault, RandomGenerator random) {
        boolean drawn = random.nextDouble() < probabilities.getOrDefault(fault, 0.0);
        boolean hit = next.peek() == fault && next.remove(fault) || on && drawn;
        if (hit) {
            count(fault).incrementAndGet();
        }
        return hit;
    }

    private static IOException failed(String when, String operation, String key) {
        return new IOException("injected fault: " + operation + " " + key + " failed, " + when);
    }

    private static void sleep(int millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException {
        return conditional("putIfAbsent", key, () -> store.putIfAbsent(key, bytes));
    }

    @Override
    public Optional<String> putIfAbsent(String key, Path file) throws IOException {
        return conditional("putIfAbsent", key, () -> store.putIfAbsent(key, file));
    }

    @Override
    public Optional<String> putIfMatch(String key, byte[] bytes, String tag) throws IOException {
        return conditional("putIfMatch", key, () -> store.putIfMatch(key, bytes, tag));
    }

    @Override
    public Optional<Tagged> get(String key) throws IOException {
        return call("get", key, () -> store.get(key));
    }

    @Override
    public byte[] getRange(String key, long offset, int length) throws IOException {
        return call("getRange", key, () -> store.getRange(key, offset, length));
    }

    @Override
    public Path fetch(String key, Path target) throws IOException {
        return call("fetch", key, () -> store.fetch(key, target));
    }

    @Override
    public List<Listed> list(String prefix) throws IOException {
        return call("list", prefix, () -> store.list(prefix));
    }

    @Override
    public void delete(String key) throws IOException {
        call(
                "delete",
                key,
                () -> {
                    store.delete(key);
                    return key;
                });
    }

    @Override
    public void close() {
        store.close();
    }
}
