package dev.backplane.store.database;

import dev.backplane.core.HybridClock;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.store.Progress;
import dev.backplane.store.database.Compactor.Outcome;
import dev.backplane.store.database.State.Living;
import dev.backplane.store.log.Generation;
import dev.backplane.store.log.Log;
import dev.backplane.store.segment.SegmentBuilder.Effort;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/// The background thread that keeps the log short and the segments few.
///
/// While senders are at it, what it makes is made quickly and will be merged again. A store that
/// nothing has been added to for a while ([StoreOptions#flushAfter]) is brought into its small form
/// without being asked: few segments, each as small as it gets. That work is given up as soon as
/// there is something to move from the log, and all work when the store is closed.
///
/// A failure (a full disk, a bucket that does not answer) is logged and counted, and tried again
/// after a pause; the log keeps what could not be moved, and appends go on as long as it has room.
final class Compaction implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Compaction.class.getName());
    private static final long TICK_MILLIS = 1_000;
    private static final long PAUSE_MILLIS = 5_000;

    private final StoreOptions options;
    private final States states;
    private final Compactor compactor;
    private final Meter.Counter failures;
    private final Meter.Histogram durations;
    private final AtomicLong activeSince = new AtomicLong(System.nanoTime());

    /// Of the log when it was last looked at, and since when it has been so.
    private long changes;

    private long restingSince = System.nanoTime();
    private final Object work = new Object();
    private final Object signal = new Object();
    private boolean woken;
    private boolean closing;
    private Optional<Thread> thread = Optional.empty();

    Compaction(
            StoreOptions options, ObjectStore objects, States states, long version, Meter meter) {
        this.options = options;
        this.states = states;
        this.compactor =
                new Compactor(
                        objects,
                        options,
                        states.cache(),
                        HybridClock.millisOf(version),
                        states.current().manifest().segments());
        this.failures =
                meter.counter(
                        "backplane_store_compaction_failures_total",
                        "Compactions that failed and were tried again");
        this.durations =
                meter.histogram(
                        "backplane_store_compaction_seconds", "Time to make and install a segment");
    }

    private Optional<Log> log = Optional.empty();

    void start(Log opened) {
        log = Optional.of(opened);
        Thread compaction = Thread.ofPlatform().daemon().name("compaction").unstarted(this::run);
        thread = Optional.of(compaction);
        compaction.start();
    }

    /// There may be something to do.
    void wake() {
        activeSince.set(System.nanoTime());
        synchronized (signal) {
            woken = true;
            signal.notifyAll();
        }
    }

    private void run() {
        long pause = TICK_MILLIS;
        while (await(pause)) {
            try {
                log.ifPresent(this::sealOld);
                while (!isClosing() && step()) {
                    // one more
                }
                while (!isClosing() && isAtRest() && tidy()) {
                    // one more
                }
                pause = TICK_MILLIS;
            } catch (GivenUp _) {
                pause = TICK_MILLIS;
            } catch (IOException | RuntimeException | Error e) {
                failures.increment();
                LOG.log(System.Logger.Level.WARNING, "compaction failed; it will be retried", e);
                pause = PAUSE_MILLIS;
            }
        }
    }

    private boolean await(long millis) {
        synchronized (signal) {
            long deadline = System.nanoTime() + millis * 1_000_000;
            long left = millis;
            while (!woken && !closing && left > 0) {
                try {
                    signal.wait(left);
                } catch (InterruptedException e) {
                    return false;
                }
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
            woken = false;
            return !closing;
        }
    }

    private boolean isClosing() {
        synchronized (signal) {
            return closing;
        }
    }

    private void sealOld(Log opened) {
        long age = System.nanoTime() - activeSince.get();
        if (age > options.flushAfter().toNanos()) {
            activeSince.set(System.nanoTime());
            opened.seal();
        }
    }

    /// Ends work of which nothing has been installed yet.
    private static final class GivenUp extends RuntimeException {
        private static final long serialVersionUID = 1;

        GivenUp() {
            super("something else is more urgent");
        }
    }

    private static Progress until(BooleanSupplier more) {
        return (_, _, _) -> {
            if (more.getAsBoolean()) {
                throw new GivenUp();
            }
        };
    }

    /// Does the most urgent thing.
    ///
    /// @return whether there was one
    private boolean step() throws IOException {
        synchronized (work) {
            Progress progress = until(this::isClosing);
            return flush(Effort.QUICK, progress)
                    || merge(compactor::mergeCandidates, false, progress);
        }
    }

    private boolean isAtRest() {
        long now = System.nanoTime();
        long seen = log.map(opened -> Fresh.changes(opened.generations())).orElse(0L);
        if (seen != changes) {
            changes = seen;
            restingSince = now;
        }
        return now - restingSince > options.flushAfter().toNanos();
    }

    /// @return whether there was anything to do
    private boolean tidy() throws IOException {
        synchronized (work) {
            return merge(
                    compactor::mergeAtRest, true, until(() -> isClosing() || isFlushWaiting()));
        }
    }

    private boolean isFlushWaiting() {
        return log.map(opened -> opened.generations().size() > 1).orElse(false);
    }

    /// Everything there is to do now.
    void everything(Progress progress) {
        synchronized (work) {
            try {
                while (flush(Effort.THOROUGH, progress)
                        || merge(compactor::mergeEverything, true, progress)) {
                    // one more
                }
            } catch (IOException e) {
                throw Problem.unavailable("compaction failed", "store")
                        .fix("check disk space and the object store; nothing was lost")
                        .causedBy(e);
            }
        }
    }

    private boolean flush(Effort effort, Progress progress) throws IOException {
        long start = System.nanoTime();
        states.settle();
        dropFlushed();
        try (States.Lease lease = states.acquire()) {
            if (lease.state().generations().size() < 2) {
                return false;
            }
            Generation generation = lease.state().generations().getFirst();
            Outcome outcome = compactor.flush(lease.state(), effort, progress);
            states.install(outcome, Optional.of(generation));
        }
        dropFlushed();
        durations.recordNanos(System.nanoTime() - start);
        return true;
    }

    /// Removes the log files that segments stand in for.
    private void dropFlushed() throws IOException {
        Log opened = log.orElseThrow();
        long flushed = states.current().manifest().flushed();
        for (Generation generation : opened.generations()) {
            if (generation.number() <= flushed) {
                opened.drop(generation);
            }
        }
    }

    /// @param last as in [Compactor#merge]
    private boolean merge(Function<State, List<Living>> choice, boolean last, Progress progress)
            throws IOException {
        long start = System.nanoTime();
        states.settle();
        try (States.Lease lease = states.acquire()) {
            List<Living> candidates = choice.apply(lease.state());
            if (candidates.isEmpty()) {
                return false;
            }
            states.install(compactor.merge(candidates, last, progress), Optional.empty());
        }
        durations.recordNanos(System.nanoTime() - start);
        return true;
    }

    @Override
    public void close() {
        synchronized (signal) {
            closing = true;
            signal.notifyAll();
        }
        thread.ifPresent(compaction -> {
            boolean interrupted = false;
            while (compaction.isAlive()) {
                try {
                    compaction.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
