package dev.backplane.gateway.batch;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.CallListener;
import dev.backplane.gateway.call.Origin;
import dev.backplane.http.Presence;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Makes the calls of one batch, some at a time, each on a thread of its own.
///
/// A call that was told to wait (a limit here or at the provider, a provider that cannot answer) is
/// made again later, and those behind it wait as well ([Pace]). It takes neither memory nor a place
/// among the calls of all batches meanwhile.
final class LineCalls {
    private static final System.Logger LOG = System.getLogger(LineCalls.class.getName());

    /// A provider that cannot answer is asked so often; where there is a limit, ours or the
    /// provider's, as often as it takes.
    private static final int UNAVAILABLE_MAX = 15;

    /// From so many failures on, the pause before an answer is stored again grows no more: some two
    /// seconds.
    private static final int UNSTORED_MAX = 2;

    /// Reads a request's line.
    interface Source {
        Slice line(int position) throws IOException;
    }

    private final Batch batch;
    private final Endpoint endpoint;
    private final Gate gate;
    private final Source source;
    private final LineIndex index;
    private final Results results;
    private final Consumer<ResultLine> done;
    private final Semaphore ofAll;
    private final int atOnce;
    private final Pace pace = new Pace();

    /// Guarded by this, as what follows; those that do not call at the moment are in both.
    private final Set<Thread> running = new HashSet<>();

    private final Set<Thread> waiting = new HashSet<>();
    private volatile boolean stopped;

    /// @param ofAll places for the calls of all batches
    /// @param atOnce how many there are
    /// @param done told what is durable
    LineCalls(
            Batch batch,
            Endpoint endpoint,
            Gate gate,
            Source source,
            LineIndex index,
            Results results,
            Semaphore ofAll,
            int atOnce,
            Consumer<ResultLine> done) {
        this.batch = batch;
        this.endpoint = endpoint;
        this.gate = gate;
        this.source = source;
        this.index = index;
        this.results = results;
        this.ofAll = ofAll;
        this.atOnce = atOnce;
        this.done = done;
    }

    /// Begins a call when there is a place for it.
    ///
    /// @return false if there was none in time, or this was stopped; then nothing is begun
    synchronized boolean begin(int position, Duration patience) throws InterruptedException {
        await(patience, () -> stopped || running.size() < atOnce);
        if (stopped || running.size() >= atOnce) {
            return false;
        }
        Thread thread = Thread.ofVirtual().name("batch-line").unstarted(() -> run(position));
        running.add(thread);
        thread.start();
        return true;
    }

    /// Waits until the calls that were begun have ended, or this is stopped.
    synchronized boolean awaitAll(Duration patience) throws InterruptedException {
        return await(patience, () -> stopped || running.isEmpty());
    }

    /// Waits until the calls that were begun have ended.
    ///
    /// @return whether they have
    synchronized boolean awaitEnd(Duration patience) throws InterruptedException {
        return await(patience, running::isEmpty);
    }

    private boolean await(Duration patience, BooleanSupplier condition)
            throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /// Begins nothing more; what waits to be tried is given up.
    synchronized void stop() {
        stopped = true;
        waiting.forEach(Thread::interrupt);
        notifyAll();
    }

    /// Ends the calls that were begun, too.
    synchronized void interrupt() {
        stop();
        running.forEach(Thread::interrupt);
    }

    /// From now on a stop interrupts this thread.
    ///
    /// @return false if this was stopped
    private synchronized boolean waits() {
        return !stopped && waiting.add(Thread.currentThread());
    }

    /// From now on a stop lets this thread finish.
    ///
    /// @return false if this was stopped
    private synchronized boolean calls() {
        waiting.remove(Thread.currentThread());
        return !stopped;
    }

    private synchronized void ended() {
        running.remove(Thread.currentThread());
        waiting.remove(Thread.currentThread());
        notifyAll();
    }

    private void run(int position) {
        try {
            line(position);
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | IOException failed) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "batch {0}, line {1}: will be tried again: {2}",
                    batch.id(),
                    index.number(position),
                    failed.getMessage());
        } finally {
            ended();
        }
    }

    private void line(int position) throws InterruptedException, IOException {
        String id = "batch_req_" + random() + random();
        Tries tries = new Tries();
        while (waits()) {
            pace.await();
            ofAll.acquire();
            try {
                Optional<ResultLine> result =
                        calls() ? attempt(position, id, tries) : Optional.empty();
                if (result.isPresent()) {
                    keep(result.get());
                    done.accept(result.get());
                    return;
                }
            } finally {
                ofAll.release();
            }
        }
    }

    /// How often a request has failed so far.
    private static final class Tries {
        private int failed;
        private int unavailable;

        /// @return whether it is to be tried again
        boolean again(Problem problem) {
            failed++;
            return switch (problem.kind()) {
                case LIMITED -> true;
                case UNAVAILABLE, TIMEOUT -> ++unavailable < UNAVAILABLE_MAX;
                case INVALID,
                        UNAUTHENTICATED,
                        FORBIDDEN,
                        NOT_FOUND,
                        SLOW_SENDER,
                        CONFLICT,
                        TOO_LARGE,
                        UNSUPPORTED,
                        BLOCKED,
                        EXHAUSTED,
                        INTERNAL,
                        NOT_IMPLEMENTED,
                        CONFIG ->
                        false;
            };
        }
    }

    private static String random() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /// @return nothing if it is to be tried again, or was stopped
    private Optional<ResultLine> attempt(int position, String id, Tries tries) throws IOException {
        RequestLine request = request(position);
        Origin origin = origin(id, request.customId(), index.number(position));
        Endpoint.Reply reply;
        try {
            gate.check(batch.order());
            reply = endpoint.answer(origin, request.body());
        } catch (RuntimeException failed) {
            if (stopped) {
                return Optional.empty();
            }
            Problem problem =
                    failed instanceof Problem known
                            ? known
                            : Problem.internal("request failed unexpectedly", endpoint.path())
                                    .causedBy(failed);
            if (tries.again(problem)) {
                pace.pause(tries.failed, problem.retryAfter().orElse(Duration.ZERO));
                return Optional.empty();
            }
            reply = endpoint.refuse(problem, id);
        }
        return Optional.of(ResultLine.of(position, id, request.customId(), reply));
    }

    private RequestLine request(int position) throws IOException {
        long number = index.number(position);
        return RequestLine.read(source.line(position), number, endpoint.path(), _ -> {})
                .orElseThrow(() -> new IOException("input file has changed"));
    }

    private Origin origin(String id, String customId, long number) {
        Order order = batch.order();
        return new Origin(
                order.project(),
                id,
                order.key(),
                order.userAgent(),
                "",
                order.session().isEmpty() ? batch.id() : order.session(),
                order.tags(),
                CallListener.NONE,
                Presence.LASTING,
                Optional.of(new Origin.InBatch(batch.id(), customId, number)));
    }

    /// The answer is paid for: it is kept as soon as the store takes it.
    private void keep(ResultLine result) throws InterruptedException, IOException {
        for (int failed = 1; ; failed++) {
            try {
                results.append(result);
                return;
            } catch (IOException unreachable) {
                if (results.isOver()) {
                    throw unreachable;
                }
                pace.pause(Math.min(failed, UNSTORED_MAX), Duration.ZERO);
                pace.await();
            }
        }
    }
}
