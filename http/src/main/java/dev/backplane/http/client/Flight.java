package dev.backplane.http.client;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.io.Content;

/// One exchange between the thread that waits for it and Jetty's, which only tell it what happened:
/// a connection was found, the head is here, there may be more of the body, it is over.
///
/// All waiting is [#await]. Jetty's threads never wait here. A lock and not `synchronized`: a
/// virtual thread that waits on a monitor is woken by way of another thread, and this is on the way
/// of every call. Waits have no time of their own, but [Clocks] that look at all of them.
///
/// What comes of a body is taken by the thread that selects, as it comes, up to [#CHUNKS_MAX]: it
/// asks for more where it stands, while the reading thread would have to wake it up for that. The
/// source belongs to that thread while `pumping`, else to the one that reads.
final class Flight {
    private static final Duration REST_PATIENCE = Duration.ofMillis(50);
    private static final int REST_READS_MAX = 64;

    /// Each may hold on to a buffer of the client's pool.
    private static final int CHUNKS_MAX = 2;

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
    private final Deque<Content.Chunk> chunks = new ArrayDeque<>(CHUNKS_MAX);
    private boolean pumping;

    /// Until when somebody waits who was not told of anything.
    private volatile long wakeAt;

    // Of the reading thread, when it has seen the head.
    private Optional<Content.Source> source = Optional.empty();
    private Content.Chunk chunk = Content.Chunk.EMPTY;

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
        Phase connecting =
                new Phase(end(timeouts.connect()), timeouts.connect(), "no connection within ");
        request.send(this::completed);
        sent();
        return locked(() -> {
            await(this::hasHead, () -> begun ? first("no answer within ") : connecting);
            return new ClientResponse(head.orElseThrow(this::failed), this);
        });
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
        pump(content);
        changed(() -> {});
    }

    /// Takes what there is. By the thread that the source belongs to.
    private void pump(Content.Source content) {
        boolean more = true;
        while (more) {
            Content.Chunk next = content.read();
            if (next == null) {
                content.demand(() -> pump(content));
                return;
            }
            more = offer(next);
        }
    }

    /// @return whether there is room for more
    private boolean offer(Content.Chunk next) {
        lock.lock();
        try {
            if (closed) {
                next.release();
                pumping = false;
                return false;
            }
            chunks.add(next);
            pumping = chunks.size() < CHUNKS_MAX && !next.isLast();
            changed.signalAll();
            return pumping;
        } finally {
            lock.unlock();
        }
    }

    private void completed(Result result) {
        changed(() -> {
            complete = true;
            if (head.isEmpty() && result.isSucceeded()) {
                head = Optional.of(result.getResponse());
            }
            failure = Optional.ofNullable(result.getFailure());
        });
    }

    /// Wakes who waits, if it is time to.
    void look(long now) {
        if (wakeAt - now <= 0) {
            changed(() -> {});
        }
    }

    // ---- the waiting thread

    private boolean hasHead() {
        return head.isPresent() || complete;
    }

    /// An answer that is complete has its last chunk still to come, unless it failed.
    private boolean isReadable() {
        return !chunks.isEmpty() || !pumping || failure.isPresent();
    }

    /// What is waited for at most.
    ///
    /// @param end by [System#nanoTime]
    /// @param late what to say then, before the patience
    private record Phase(long end, Duration patience, String late) {}

    private Phase first(String late) {
        return new Phase(firstEnd, timeouts.first(), late);
    }

    /// With the lock held.
    ///
    /// @param phase that the flight is in when it is asked
    private void await(BooleanSupplier condition, Supplier<Phase> phase) {
        while (!closed && !condition.getAsBoolean()) {
            long now = System.nanoTime();
            Phase current = phase.get();
            if (current.end() - now <= 0 && current.end() - totalEnd <= 0) {
                throw late(current.late() + text(current.patience()));
            }
            checkTotal(now);
            long left = Math.min(current.end() - now, totalEnd - now);
            wakeAt = now + left;
            clocks.watch(this);
            try {
                changed.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                closed = true;
                abort(new CancellationException("interrupted"));
            } finally {
                clocks.forget(this);
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
        while (!chunk.hasRemaining()) {
            if (chunk.isLast() || source.isEmpty()) {
                end();
                return -1;
            }
            checkTotal(System.nanoTime());
            next(source.get(), patience);
        }
        int count = chunk.get(bytes, offset, length);
        if (!chunk.hasRemaining() && !chunk.isLast()) {
            chunk.release();
            chunk = Content.Chunk.EMPTY;
        }
        return count;
    }

    private void next(Content.Source content, Duration patience) {
        Optional<Content.Chunk> next = taken();
        while (next.isEmpty()) {
            if (claimed()) {
                pump(content);
            } else {
                awaitMore(patience);
            }
            next = taken();
        }
        if (Content.Chunk.isFailure(next.get())) {
            Throwable cause = next.get().getFailure();
            throw locked(() -> {
                failure = Optional.ofNullable(cause);
                return failed();
            });
        }
        chunk = next.get();
    }

    /// What has come before the answer failed is still read.
    private Optional<Content.Chunk> taken() {
        lock.lock();
        try {
            Optional<Content.Chunk> first = Optional.ofNullable(chunks.poll());
            if (first.isEmpty() && failure.isPresent() && !closed) {
                throw failed();
            }
            return first;
        } finally {
            lock.unlock();
        }
    }

    /// Makes the source this thread's, if nobody has it who will fill the queue.
    private boolean claimed() {
        lock.lock();
        try {
            boolean free = !pumping && !closed;
            pumping = pumping || free;
            return free;
        } finally {
            lock.unlock();
        }
    }

    private void awaitMore(Duration patience) {
        Phase more = new Phase(end(patience), patience, "answer stood still for ");
        lock.lock();
        try {
            await(this::isReadable, () -> unbegun ? first("answer did not begin within ") : more);
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            drained = true;
            if (closed) {
                throw cancelled();
            }
            if (failure.isPresent()) {
                throw failed();
            }
        } finally {
            lock.unlock();
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
            chunks.forEach(Content.Chunk::release);
            chunks.clear();
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
