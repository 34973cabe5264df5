package dev.backplane.gateway.route;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.http.client.Timeouts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Asks every target at intervals which models it has: one that does not answer is found before a
/// client finds it, and one that is back is used again without a client's call being risked for it.
/// That a target answers is no proof that it works, so it takes nothing back of what calls have
/// shown while its breaker is closed.
public final class Probes implements AutoCloseable {
    private static final Timeouts TIMEOUTS =
            new Timeouts(
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(8));

    private final Supplier<List<Target>> targets;
    private final Duration interval;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private Probes(Supplier<List<Target>> targets, Duration interval) {
        this.targets = targets;
        this.interval = interval;
        this.thread = Thread.ofVirtual().name("probes").unstarted(this::run);
    }

    /// @param targets those of the moment
    public static Probes start(Supplier<List<Target>> targets, Duration interval) {
        Probes probes = new Probes(targets, interval);
        probes.thread.start();
        return probes;
    }

    private void run() {
        try {
            while (!closed.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
                round(targets.get());
            }
        } catch (InterruptedException interrupted) {
            // Only by close, which waits for the end.
        }
    }

    /// Asks all of them at the same time, so that one that does not answer holds up no other.
    static void round(List<Target> targets) throws InterruptedException {
        List<Thread> asking = new ArrayList<>();
        for (Target target : targets) {
            asking.add(Thread.ofVirtual().name("probe").start(() -> ask(target)));
        }
        try {
            for (Thread thread : asking) {
                thread.join();
            }
        } finally {
            asking.forEach(Thread::interrupt);
        }
    }

    private static void ask(Target target) {
        Breaker breaker = target.breaker();
        if (!breaker.enter()) {
            return;
        }
        boolean probing = breaker.state() == Breaker.State.PROBING;
        try {
            target.provider().models(new CallContext("", TIMEOUTS));
        } catch (Problem problem) {
            if (absent(problem) && !Thread.currentThread().isInterrupted()) {
                breaker.failed();
            } else {
                breaker.abandoned();
            }
            return;
        }
        if (probing) {
            breaker.succeeded();
        } else {
            breaker.abandoned();
        }
    }

    /// Other failures, such as that of a key or of a path that is not there, say that somebody is.
    private static boolean absent(Problem problem) {
        return problem.kind() == Problem.Kind.UNAVAILABLE || problem.kind() == Problem.Kind.TIMEOUT;
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
