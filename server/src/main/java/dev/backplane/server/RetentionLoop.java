package dev.backplane.server;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Project;
import dev.backplane.server.auth.Registry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/// Forgets traces and conversations that nothing was added to for as long as their project's
/// retention, and what else has expired, now and every ten minutes.
final class RetentionLoop implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RetentionLoop.class.getName());
    private static final Duration INTERVAL = Duration.ofMinutes(10);

    /// What the retention of projects is for.
    ///
    /// @param projects that may have some
    /// @param expire forgets what is older, of a project, which may have none
    record Kept(
            Supplier<? extends Collection<String>> projects, BiConsumer<String, Instant> expire) {}

    private final List<Kept> kept;
    private final List<Runnable> sweeps;
    private final Registry registry;
    private final int defaultDays;
    private final InstantSource clock;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;

    /// @param sweeps that remove what has expired, of parts that are no traces
    /// @param defaultDays for projects that have no setting of their own; 0 keeps for ever
    private RetentionLoop(
            List<Kept> kept,
            List<Runnable> sweeps,
            Registry registry,
            int defaultDays,
            InstantSource clock) {
        this.kept = List.copyOf(kept);
        this.sweeps = List.copyOf(sweeps);
        this.registry = registry;
        this.defaultDays = defaultDays;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("retention").unstarted(this::run);
    }

    static RetentionLoop start(
            List<Kept> kept,
            List<Runnable> sweeps,
            Registry registry,
            int defaultDays,
            InstantSource clock) {
        RetentionLoop loop = new RetentionLoop(kept, sweeps, registry, defaultDays, clock);
        loop.thread.start();
        return loop;
    }

    private void run() {
        try {
            do {
                kept.forEach(each -> tried(() -> expire(each)));
                sweeps.forEach(RetentionLoop::tried);
            } while (!stopped.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void expire(Kept each) {
        Map<String, Project> settings = registry.state().projects();
        // Asking for all projects may be dear, and without a default only those with a setting
        // of their own matter.
        Collection<String> projects = defaultDays == 0 ? settings.keySet() : each.projects().get();
        for (String project : projects) {
            int own = settings.getOrDefault(project, new Project(project, 0, 0)).retentionDays();
            int days = own == 0 ? defaultDays : own;
            if (days > 0) {
                Instant before = clock.instant().minus(days, ChronoUnit.DAYS);
                tried(() -> each.expire().accept(project, before));
            }
        }
    }

    private static void tried(Runnable step) {
        try {
            step.run();
        } catch (Problem problem) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "retention will be tried again: {0}",
                    problem.getMessage());
        } catch (RuntimeException defect) {
            // It must not keep the other parts from what has expired.
            LOG.log(System.Logger.Level.ERROR, "retention will be tried again", defect);
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
