package dev.backplane.store.log;

import java.util.List;
import java.util.function.Supplier;

/// Keeps the full-text index of the newest generations close behind the log: a search finds it
/// made, and so does the compactor, which takes it over.
///
/// It works beside the senders and holds nobody up: whoever searches while it is behind does the
/// rest itself. Only the newest generations are followed, so that a store whose compaction is
/// behind does not hold an index in memory for every waiting one.
final class TextFollower implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TextFollower.class.getName());
    private static final int FOLLOWED = 2;

    private final Supplier<List<Generation>> generations;
    private final Object signal = new Object();
    private final Thread thread;
    private boolean appended;
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

    private void follow() {
        while (await()) {
            List<Generation> all = generations.get();
            for (Generation newest : all.subList(Math.max(0, all.size() - FOLLOWED), all.size())) {
                try {
                    newest.text().catchUp();
                } catch (RuntimeException failed) {
                    // The next search tries again and says what is wrong to whoever asks.
                    LOG.log(System.Logger.Level.WARNING, "indexing fresh text failed", failed);
                }
            }
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
