package dev.backplane.bench.gateway;

import dev.backplane.bench.gateway.ChatRequests.Request;
import dev.backplane.bench.report.Latencies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Sends requests at a constant rate, whatever becomes of them, and measures each from the moment
/// at which it *was to be* sent: a server that stands still is charged for every request that
/// should have come meanwhile (no coordinated omission).
///
/// One thread keeps the time and writes, another reads. A request that finds no idle connection
/// opens one; beyond [#CONNECTIONS_MAX] it waits, which counts. Connections are kept from run to
/// run. For one caller at a time.
final class OpenLoop implements AutoCloseable {
    static final int CONNECTIONS_MAX = 2_000;
    private static final Duration REST = Duration.ofSeconds(15);

    /// More than this many seconds of requests waiting for a connection end the run.
    private static final int WAITING_SECONDS_MAX = 2;

    /// @param requests sent in turn
    record Load(List<Request> requests, boolean stream, double perSecond, Duration length) {
        Load {
            requests = List.copyOf(requests);
        }
    }

    /// @param first latencies to the first byte of the body
    /// @param whole latencies to the last
    /// @param failed answers that were not as they should be, or did not come
    /// @param complaint of one of these, or empty
    /// @param seconds from the first request's time to the last answer
    /// @param overrun whether the run was ended early, because the server could not keep up
    record Result(
            Latencies first,
            Latencies whole,
            long sent,
            long failed,
            String complaint,
            double seconds,
            boolean overrun) {
        /// Answers a second. The time that an answer takes by itself is left out: a long stream is
        /// no slow server.
        double perSecond() {
            return whole.count() / Math.max(1e-9, seconds - whole.quantileMillis(0) / 1e3);
        }
    }

    private record Waiting(Request request, long number, long due) {}

    private final URI url;
    private final Selector selector;
    private final Thread reader;
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private volatile boolean closed;

    /// Of requests, each another.
    private final AtomicLong numbers;

    // Guarded by this.
    private final ArrayDeque<LoadConnection> idle = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int connections;
    private long inFlight;
    private Latencies first = new Latencies();
    private Latencies whole = new Latencies();
    private boolean stream;
    private long failed;
    private String complaint = "";
    private long lastNanos;

    /// @param numbers of requests, shared with whatever else sends to the same server
    OpenLoop(URI url, AtomicLong numbers) throws IOException {
        this.url = url;
        this.numbers = numbers;
        this.selector = Selector.open();
        this.reader = Thread.ofPlatform().name("load-reader").daemon().start(this::read);
    }

    Result run(Load load) throws IOException {
        synchronized (this) {
            first = new Latencies();
            whole = new Latencies();
            stream = load.stream();
            failed = 0;
            complaint = "";
        }
        long count = Math.round(load.perSecond() * load.length().toNanos() / 1e9);
        double interval = 1e9 / load.perSecond();
        long start = System.nanoTime();
        long sent = 0;
        boolean overrun = false;
        while (sent < count && !overrun) {
            long due = start + Math.round(sent * interval);
            awaitTime(due);
            Request request = load.requests().get((int) (sent % load.requests().size()));
            overrun = dispatch(request, due) > load.perSecond() * WAITING_SECONDS_MAX;
            sent++;
        }
        awaitAnswers();
        synchronized (this) {
            double seconds = Math.max(1, lastNanos - start) / 1e9;
            return new Result(first, whole, sent, failed, complaint, seconds, overrun);
        }
    }

    private static void awaitTime(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /// @return how many requests wait for a connection
    private int dispatch(Request request, long due) throws IOException {
        LoadConnection connection;
        synchronized (this) {
            inFlight++;
            connection = idle.pollLast();
            if (connection == null && connections >= CONNECTIONS_MAX) {
                waiting.add(new Waiting(request, numbers.getAndIncrement(), due));
                return waiting.size();
            }
            connections += connection == null ? 1 : 0;
        }
        if (connection == null) {
            try {
                connection = LoadConnection.open(url, selector);
            } catch (IOException e) {
                refused(e);
                return 0;
            }
            selector.wakeup();
        }
        send(connection, request, numbers.getAndIncrement(), due);
        return 0;
    }

    /// A server that takes no connection has failed the request.
    private synchronized void refused(IOException why) {
        connections--;
        fail(why);
    }

    private void fail(Exception why) {
        failed++;
        complaint = String.valueOf(why.getMessage());
        ended(System.nanoTime());
    }

    private void send(LoadConnection connection, Request request, long sequence, long due) {
        try {
            connection.send(request, sequence, due);
        } catch (IOException e) {
            lost(connection, e);
        }
    }

    /// What has not come by then is a failure.
    private void awaitAnswers() {
        long until = System.nanoTime() + REST.toNanos();
        synchronized (this) {
            while (inFlight > 0 && System.nanoTime() < until) {
                try {
                    TimeUnit.MILLISECONDS.timedWait(this, 100);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            if (inFlight > 0) {
                failed += inFlight;
                complaint = "no answer within " + REST.toSeconds() + " s of the end";
            }
        }
    }

    // ---- the reading thread

    private void read() {
        try (selector) {
            while (!closed) {
                selector.select(this::ready);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("load cannot be read", e);
        }
    }

    private void ready(SelectionKey key) {
        LoadConnection connection = (LoadConnection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.writable();
            }
            if (key.isReadable() && connection.readable(in)) {
                answered(connection, System.nanoTime());
            }
        } catch (IOException | IllegalStateException e) {
            lost(connection, e);
        }
    }

    private void answered(LoadConnection connection, long now) {
        Waiting next;
        synchronized (this) {
            String wrong = connection.complaint(stream);
            if (wrong.isEmpty()) {
                whole.add(now - connection.dueNanos());
                first.add(connection.firstByteNanos() - connection.dueNanos());
            } else {
                failed++;
                complaint = wrong;
            }
            connection.done();
            ended(now);
            next = waiting.poll();
            if (next == null) {
                idle.add(connection);
            }
        }
        if (next != null) {
            send(connection, next.request(), next.number(), next.due());
        }
    }

    private void lost(LoadConnection connection, Exception why) {
        synchronized (this) {
            if (!connection.lose()) {
                // The sender and the reader both notice.
                return;
            }
            connections--;
            idle.remove(connection);
            if (connection.busy()) {
                connection.done();
                fail(why);
            }
        }
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException("connection cannot be closed", e);
        }
    }

    private synchronized void ended(long now) {
        inFlight--;
        lastNanos = now;
        if (inFlight == 0) {
            notifyAll();
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
