package dev.backplane.engine.embed;

import dev.backplane.core.Problem;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Whose turn it is: one thread at a time, in the order they came. Whoever waits asks now and then
/// whether it still has to. Thread-safe.
final class Turns {
    private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /// The first one has the turn.
    private final Deque<Thread> threads = new ArrayDeque<>();

    /// Waits for the turn, which is to be given back.
    ///
    /// @param cancelled whether nobody wants it any more; what it throws ends the waiting
    /// @throws Problem `UNAVAILABLE` when it was cancelled
    void take(BooleanSupplier cancelled) {
        Thread me = Thread.currentThread();
        boolean taken = false;
        synchronized (this) {
            threads.addLast(me);
        }
        try {
            while (!await(me)) {
                if (cancelled.getAsBoolean()) {
                    throw cancelled();
                }
            }
            taken = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled();
        } finally {
            if (!taken) {
                leave(me);
            }
        }
    }

    /// Waits a little, and says whether it is the thread's turn.
    private synchronized boolean await(Thread thread) throws InterruptedException {
        long end = System.nanoTime() + ASK_NANOS;
        long left = ASK_NANOS;
        while (threads.getFirst() != thread && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = end - System.nanoTime();
        }
        return threads.getFirst() == thread;
    }

    /// Gives the turn back.
    void give() {
        leave(Thread.currentThread());
    }

    private synchronized void leave(Thread thread) {
        threads.remove(thread);
        notifyAll();
    }

    static Problem cancelled() {
        return Problem.unavailable("the request was cancelled", "embeddings").fix("send it again");
    }
}
