package dev.backplane.tensor.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Threads that wait for the next piece of work by looking for it, since a token's hundred products
/// come microseconds apart and waking a thread takes longer than many of them. Who finds nothing
/// for some time goes to sleep.
///
/// A task splits its work by worker number, or has each worker take piece after piece. The caller
/// is worker 0. Only one thread may call [#run] at a time.
public final class WorkerPool implements AutoCloseable {
    private static final long SPIN_NANOS = 50_000;
    private static final int LOOKS_PER_CLOCK = 64;

    /// A piece of work, done by all workers at once.
    public interface Task {
        /// @param worker this one's number, below `workers`
        void run(int worker, int workers);
    }

    private final Worker[] workers;
    private final AtomicInteger missing = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile Task task = (_, _) -> {};
    private volatile Thread caller = Thread.currentThread();
    private volatile boolean callerSleeps;
    private volatile boolean closed;

    /// A pool of so many workers, the caller included: `threads - 1` are started.
    public WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1");
        }
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
        }
        for (Worker worker : workers) {
            worker.thread.start();
        }
    }

    public int size() {
        return workers.length + 1;
    }

    /// Has all workers do the task and returns when they have.
    ///
    /// @throws IllegalStateException when a worker failed; the failure is its cause
    public void run(Task task) {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
        caller = Thread.currentThread();
        this.task = task;
        missing.set(workers.length);
        turn.incrementAndGet();
        for (Worker worker : workers) {
            if (worker.sleeps) {
                LockSupport.unpark(worker.thread);
            }
        }
        attempt(task, 0);
        await();
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw new IllegalStateException("a worker failed", thrown);
        }
    }

    private void attempt(Task piece, int worker) {
        try {
            piece.run(worker, workers.length + 1);
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    private void await() {
        long until = System.nanoTime() + SPIN_NANOS;
        for (int looks = 1; missing.get() > 0; looks++) {
            if (looks % LOOKS_PER_CLOCK != 0 || System.nanoTime() < until) {
                Thread.onSpinWait();
                continue;
            }
            callerSleeps = true;
            if (missing.get() > 0) {
                LockSupport.park(this);
            }
            callerSleeps = false;
        }
    }

    @Override
    public void close() {
        closed = true;
        turn.incrementAndGet();
        for (Worker worker : workers) {
            LockSupport.unpark(worker.thread);
        }
    }

    private final class Worker {
        private final int number;
        private final Thread thread;
        private volatile boolean sleeps;

        Worker(int number) {
            this.number = number;
            this.thread =
                    Thread.ofPlatform().daemon().name("tensor-" + number).unstarted(this::work);
        }

        private void work() {
            int seen = 0;
            while (true) {
                awaitTurn(seen);
                if (closed) {
                    return;
                }
                seen = turn.get();
                attempt(task, number);
                if (missing.decrementAndGet() == 0 && callerSleeps) {
                    LockSupport.unpark(caller);
                }
            }
        }

        private void awaitTurn(int seen) {
            long until = System.nanoTime() + SPIN_NANOS;
            for (int looks = 1; turn.get() == seen; looks++) {
                if (looks % LOOKS_PER_CLOCK != 0 || System.nanoTime() < until) {
                    Thread.onSpinWait();
                    continue;
                }
                sleeps = true;
                if (turn.get() == seen) {
                    LockSupport.park(WorkerPool.this);
                }
                sleeps = false;
            }
        }
    }
}
