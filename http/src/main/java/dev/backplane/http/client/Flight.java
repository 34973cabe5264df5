package dev.backplane.http.client;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/// One exchange between the thread that waits for it and Jetty's, which only tell it what happened:
/// a connection was found, the head is here, there may be more of the body, it is over.
///
/// All waiting is [#await]. Jetty's threads never wait here. A lock and not `synchronized`: a
/// virtual thread that waits on a monitor is woken by way of another thread, and this is on the way
/// of every call. Waits have no time of their own, but [Clocks] that look at all of them.
///
/// What comes of a body is taken by the thread that selects, as it comes, until the [Inbox] is
/// full: it asks for more where it stands, while the reading thread would have to wake it up for
/// that. The source belongs to that thread while `pumping`, else to the one that reads.
final class Flight {
    private static final Duration REST_PATIENCE = Duration.ofMillis(50);
    private static final int REST_READS_MAX = 64;

    private final Request request;
    private final Timeouts timeouts;
    private final Clocks clocks;
    private final String where;
    private final long totalEnd;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private boolean begun;
    private Optional<Response> head = Optional.empty();
    private Optional<Throwable> failure = Optional.empty();
    private boolean complete;
    private boolean drained;
    private boolean closed;
    private boolean sent;
    private boolean unbegun;
    private long firstEnd;
    private final Inbox inbox = new Inbox();
    private boolean pumping;
    private boolean ended;

    /// Until when somebody waits who was not told of anything, if `waiting`.
    private volatile long wakeAt;

    private volatile boolean waiting;

    // Set before the head is.
    private Optional<Content.Source> source = Optional.empty();

    Flight(Request request, Timeouts timeouts, Clocks clocks, String where) {
        this.request = request;
        this.timeouts = timeouts;
        this.clocks = clocks;
        this.where = where;
        this.totalEnd = end(timeouts.total());
        request.onRequestBegin(_ -> begun());
        request.onResponseContentSource(this::arrived);
    }

    /// Sends the request and waits for the head of the answer.
    ClientResponse take() {
        if (locked(() -> closed)) {
            throw cancelled();
        }
        long connectEnd = end(timeouts.connect());
        send();
        sent();
        return locked(() -> {
            await(Wait.HEAD, timeouts.connect(), connectEnd);
            return new ClientResponse(head.orElseThrow(this::failed), this);
        });
    }

    private void send() {
        clocks.watch(this);
        try {
            request.send(this::completed);
        } catch (RuntimeException unsent) {
            clocks.forget(this);
            throw unsent;
        }
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    private void changed(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Who closed in the meantime left the abort to this thread: Jetty fails one that comes while a
    /// request is being queued.
    private void sent() {
        boolean wanted =
                locked(() -> {
                    sent = true;
                    return !closed;
                });
        if (wanted) {
            return;
        }
        abort(new CancellationException("closed"));
        throw cancelled();
    }

    private static long end(Duration patience) {
        return System.nanoTime() + patience.toNanos();
    }

    /// The head is not what was waited for: the clock of the first byte goes on until [#begin].
    void awaitBeginning() {
        changed(() -> unbegun = true);
    }

    void begin() {
        changed(() -> unbegun = false);
    }

    // ---- from Jetty's threads

    /// Starts the clock of the first byte. Who waits need not wake up for it, unless that clock
    /// ends before what they wait for now.
    private void begun() {
        lock.lock();
        try {
            begun = true;
            firstEnd = end(timeouts.first());
            if (firstEnd - wakeAt < 0) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// What came with the head is there when who waits for the head wakes up.
    private void arrived(Response response, Content.Source content) {
        lock.lock();
        try {
            source = Optional.of(content);
            head = Optional.of(response);
            pumping = true;
        } finally {
            lock.unlock();
        }
        new Pump(content).run();
        changed(() -> {});
    }

    /// Takes what there is. By the thread that the source belongs to. Never waits, so that the
    /// selecting thread need not hand it on.
    private final class Pump implements Invocable.Task {
        private final Content.Source content;

        Pump(Content.Source content) {
            this.content = content;
        }

        /// Asks for more without looking first whether there is any: asking looks, too.
        @Override
        public void run() {
            Content.Chunk next = content.read();
            boolean more = next == null || offer(next);
            if (next != null) {
                next.release();
            }
            if (more) {
                content.demand(this);
            }
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }

    /// @return whether there is room for more
    private boolean offer(Content.Chunk next) {
        lock.lock();
        try {
            if (closed) {
                pumping = false;
                return false;
            }
            if (Content.Chunk.isFailure(next)) {
                failure = Optional.ofNullable(next.getFailure());
            } else {
                inbox.add(next.getByteBuffer());
            }
            ended = next.isLast();
            pumping = !ended && failure.isEmpty() && !inbox.isFull();
            changed.signalAll();
            return pumping;
        } finally {
            lock.unlock();
        }
    }

    private void completed(Result result) {
        clocks.forget(this);
        changed(() -> {
            complete = true;
            if (head.isEmpty() && result.isSucceeded()) {
                head = Optional.of(result.getResponse());
            }
            failure = failure.or(() -> Optional.ofNullable(result.getFailure()));
        });
    }

    /// Wakes who waits, if it is time to.
    void look(long now) {
        if (waiting && wakeAt - now <= 0) {
            changed(() -> {});
        }
    }

    // ---- the waiting thread

    private enum Wait {
        HEAD,
        MORE
    }

    /// What a flight waits for at most, and what it says when that did not come.
    private enum Phase {
        CONNECTING("no connection within "),
        FIRST("no answer within "),
        UNBEGUN("answer did not begin within "),
        IDLE("answer stood still for ");

        private final String late;

        Phase(String late) {
            this.late = late;
        }
    }

    private boolean isOver(Wait wait) {
        return switch (wait) {
            case HEAD -> head.isPresent() || complete;
            // An answer that is complete has its end still to come, unless it failed.
            case MORE -> !inbox.isEmpty() || !pumping || failure.isPresent();
        };
    }

    private Phase phase(Wait wait) {
        return switch (wait) {
            case HEAD -> begun ? Phase.FIRST : Phase.CONNECTING;
            case MORE -> unbegun ? Phase.UNBEGUN : Phase.IDLE;
        };
    }

    /// With the lock held.
    ///
    /// @param patience where the clock of the first byte does not go
    /// @param end of the patience, by [System#nanoTime]
    private void await(Wait wait, Duration patience, long end) {
        while (!closed && !isOver(wait)) {
            Phase phase = phase(wait);
            boolean first = phase == Phase.FIRST || phase == Phase.UNBEGUN;
            long phaseEnd = first ? firstEnd : end;
            long now = System.nanoTime();
            if (phaseEnd - now <= 0 && phaseEnd - totalEnd <= 0) {
                throw late(phase.late + text(first ? timeouts.first() : patience));
            }
            checkTotal(now);
            wakeAt = now + Math.min(phaseEnd - now, totalEnd - now);
            waiting = true;
            try {
                changed.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                closed = true;
                abort(new CancellationException("interrupted"));
            } finally {
                waiting = false;
            }
        }
        if (closed) {
            throw cancelled();
        }
    }

    /// Also asked where nothing has to be waited for: an answer that never stops is always there.
    private void checkTotal(long now) {
        if (totalEnd - now <= 0) {
            throw late("not done within " + text(timeouts.total()));
        }
    }

    private Problem late(String what) {
        Problem problem = Problem.timeout(what, where).fix("try again, or raise the time-out");
        abort(problem);
        return problem;
    }

    private Problem cancelled() {
        return Problem.of(Problem.Kind.UNAVAILABLE, "call was cancelled", where);
    }

    /// Whether the abort came in time does not matter: either way the exchange is over.
    private void abort(Throwable why) {
        CompletableFuture<Boolean> _ = request.abort(why);
    }

    private static String text(Duration duration) {
        return duration.toMillis() % 1_000 == 0
                ? duration.toSeconds() + " s"
                : duration.toMillis() + " ms";
    }

    private Problem failed() {
        Throwable cause = failure.orElseGet(() -> new IllegalStateException("no answer"));
        if (cause instanceof Problem problem) {
            return problem;
        }
        String what = begun ? "answer was cut off: " : "cannot connect: ";
        return Problem.unavailable(what + reason(cause), where)
                .fix(begun ? "try again" : "check that the address is right and answers")
                .causedBy(cause);
    }

    /// Messages of Jetty's exceptions may quote what the other side sent; their types are enough.
    private static String reason(Throwable cause) {
        return switch (cause) {
            case java.net.ConnectException _ -> "connection refused";
            case java.net.UnknownHostException _ -> "host is not known";
            case java.nio.channels.UnresolvedAddressException _ -> "host is not known";
            case java.util.concurrent.RejectedExecutionException _ -> "too many calls wait already";
            case java.io.EOFException _ -> "connection was closed";
            case java.nio.channels.ClosedChannelException _ -> "connection was closed";
            default -> cause.getClass().getSimpleName();
        };
    }

    /// Blocks until there is a byte.
    ///
    /// @return the count, or -1 at the end
    int read(byte[] bytes, int offset, int length) {
        return read(bytes, offset, length, timeouts.idle());
    }

    private int read(byte[] bytes, int offset, int length, Duration patience) {
        checkTotal(System.nanoTime());
        while (true) {
            lock.lock();
            try {
                if (!inbox.isEmpty() && !closed) {
                    return inbox.take(bytes, offset, length);
                }
                if (ended || source.isEmpty()) {
                    end();
                    return -1;
                }
                requireWhole();
                if (pumping) {
                    await(Wait.MORE, patience, end(patience));
                    continue;
                }
                pumping = true;
            } finally {
                lock.unlock();
            }
            new Pump(source.get()).run();
        }
    }

    /// With the lock held.
    private void end() {
        drained = true;
        requireWhole();
    }

    /// With the lock held. What has come before the answer failed is still read.
    private void requireWhole() {
        if (closed) {
            throw cancelled();
        }
        if (failure.isPresent()) {
            throw failed();
        }
    }

    /// Passes over the rest, so that the connection can be used again; if the rest does not come
    /// soon, it is not worth it.
    void finish() {
        byte[] waste = new byte[1 << 10];
        try {
            for (int i = 0; i < REST_READS_MAX; i++) {
                if (read(waste, 0, waste.length, REST_PATIENCE) < 0) {
                    return;
                }
            }
        } catch (Problem late) {
            // The answer was complete; that its connection is lost is all there is to it.
        }
        close();
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            inbox.clear();
            if (!sent || complete || drained) {
                return;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        abort(new CancellationException("closed"));
    }
}
