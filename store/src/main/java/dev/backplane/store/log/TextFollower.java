package dev.backplane.store.log;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/// Keeps the full-text index of the newest generations close behind the log: a search has little to
/// read by itself, and the compactor, which takes the index over, finds it made.
///
/// It works beside the senders. Where they are faster for long, they are held up for a while, so
/// that there is seldom more than [#LAG_BYTES_MAX] to read beside the index. Only the newest
/// generations are followed: a store whose compaction is behind does not hold an index in memory
/// for every waiting one.
final class TextFollower implements AutoCloseable {
    /// Some milliseconds of reading for a search.
    static final long LAG_BYTES_MAX = 2 << 20;

    /// The index may have a text of any size to do, and may fail; appending goes on all the same.
    private static final Duration HOLD_UP_MAX = Duration.ofMillis(100);

    private static final System.Logger LOG = System.getLogger(TextFollower.class.getName());
    private static final int FOLLOWED = 2;

    private final Supplier<List<Generation>> generations;
    private final Object signal = new Object();
    private final Thread thread;

    /// At first for what an earlier process left.
    private boolean appended = true;

    private boolean closing;

    /// @param generations oldest first
    TextFollower(Supplier<List<Generation>> generations) {
        this.generations = generations;
        this.thread = Thread.ofPlatform().daemon().name("log-text").unstarted(this::follow);
    }

    void start() {
        thread.start();
    }

    /// There is something new.
    void appended() {
        synchronized (signal) {
            appended = true;
            signal.notifyAll();
        }
    }

    /// Waits while the index is far behind, but not for long.
    void awaitRoom() {
        if (lagBytes() <= LAG_BYTES_MAX) {
            return;
        }
        long deadline = System.nanoTime() + HOLD_UP_MAX.toNanos();
        synchronized (signal) {
            long left = HOLD_UP_MAX.toMillis();
            while (left > 0 && !closing && lagBytes() > LAG_BYTES_MAX) {
                try {
                    signal.wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        }
    }

    private long lagBytes() {
        return newest().stream().mapToLong(generation -> generation.text().lagBytes()).sum();
    }

    private List<Generation> newest() {
        List<Generation> all = generations.get();
        return all.subList(Math.max(0, all.size() - FOLLOWED), all.size());
    }

    private void follow() {
        while (await()) {
            for (Generation generation : newest()) {
                try {
                    while (generation.text().step()) {
                        stepped();
                    }
                } catch (RuntimeException failed) {
                    // The next search tries again and says what is wrong to whoever asks.
                    LOG.log(System.Logger.Level.WARNING, "indexing fresh text failed", failed);
                }
            }
        }
    }

    private void stepped() {
        synchronized (signal) {
            signal.notifyAll();
        }
    }

    private boolean await() {
        synchronized (signal) {
            try {
                while (!appended && !closing) {
                    signal.wait();
                }
            } catch (InterruptedException e) {
                return false;
            }
            appended = false;
            return !closing;
        }
    }

    @Override
    public void close() {
        synchronized (signal) {
            closing = true;
            signal.notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
