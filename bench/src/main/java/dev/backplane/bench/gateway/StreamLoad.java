package dev.backplane.bench.gateway;

import dev.backplane.bench.gateway.ChatRequests.Request;
import dev.backplane.bench.report.Latencies;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// Streams side by side, one a connection, each of which the model server sends at its own pace
/// whether it is read or not. Measures when events come: the time since the one before it, and how
/// much later it is than its place in the stream says. One thread does everything.
final class StreamLoad {
    private static final Duration REST = Duration.ofSeconds(30);

    /// @param gaps between two events of a stream
    /// @param lateness of events, counted from the stream's first
    /// @param stalls gaps above the limit
    /// @param complaint of a stream that failed, or empty
    record Result(
            Latencies gaps,
            Latencies lateness,
            long stalls,
            long events,
            long failed,
            String complaint) {}

    private final URI url;
    private final List<Request> requests;
    private final long intervalNanos;
    private final long stallNanos;
    private final AtomicLong numbers;
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private final Latencies gaps = new Latencies();
    private final Latencies lateness = new Latencies();
    private long stalls;
    private long events;
    private long failed;
    private String complaint = "";
    private int open;

    /// @param interval between two tokens, as the model server sends them
    /// @param stall what is counted as standing still
    StreamLoad(
            URI url,
            List<Request> requests,
            Duration interval,
            Duration stall,
            AtomicLong numbers) {
        this.url = url;
        this.requests = requests;
        this.intervalNanos = interval.toNanos();
        this.stallNanos = stall.toNanos();
        this.numbers = numbers;
    }

    /// A stream, and when its events came.
    private final class Stream {
        private final LoadConnection connection;
        private long first;
        private long last;
        private long seen;

        Stream(LoadConnection connection) {
            this.connection = connection;
        }

        /// @return whether it has ended
        boolean read() throws IOException {
            boolean complete = connection.readable(in);
            long now = System.nanoTime();
            long count = connection.events();
            if (count > seen) {
                if (seen == 0) {
                    first = now;
                } else {
                    gaps.add(now - last);
                    stalls += now - last > stallNanos ? 1 : 0;
                    lateness.add(Math.max(0, now - first - (count - 1) * intervalNanos));
                }
                events += count - seen;
                seen = count;
                last = now;
            }
            return complete;
        }
    }

    /// Begins streams evenly over a while and reads all to their end.
    Result run(int streams, Duration ramp, Duration length) throws IOException {
        try (Selector selector = Selector.open()) {
            long start = System.nanoTime();
            long end = start + ramp.plus(length).plus(REST).toNanos();
            for (int i = 0; i < streams; i++) {
                long due = start + ramp.toNanos() * i / streams;
                for (long left = due - System.nanoTime();
                        left > 0;
                        left = due - System.nanoTime()) {
                    selector.select(this::ready, Math.max(1, left / 1_000_000));
                }
                begin(selector, requests.get(i % requests.size()), due);
            }
            while (open > 0 && System.nanoTime() < end) {
                selector.select(this::ready, 100);
            }
            failed += open;
            complaint = open > 0 ? open + " streams did not end" : complaint;
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        }
        return new Result(gaps, lateness, stalls, events, failed, complaint);
    }

    private void begin(Selector selector, Request request, long due) {
        try {
            LoadConnection connection = LoadConnection.open(url, selector);
            connection.key().attach(new Stream(connection));
            connection.send(request, numbers.getAndIncrement(), due);
            open++;
        } catch (IOException e) {
            fail(e);
        }
    }

    private void fail(Exception why) {
        failed++;
        complaint = String.valueOf(why.getMessage());
    }

    private void ready(SelectionKey key) {
        Stream stream = (Stream) key.attachment();
        try {
            if (key.isWritable()) {
                stream.connection.writable();
            }
            if (key.isReadable() && stream.read()) {
                String wrong = stream.connection.complaint(true);
                if (!wrong.isEmpty()) {
                    throw new IOException(wrong);
                }
                end(stream);
            }
        } catch (IOException | IllegalStateException e) {
            fail(e);
            end(stream);
        }
    }

    private void end(Stream stream) {
        open--;
        try {
            stream.connection.close();
        } catch (IOException e) {
            complaint = "connection cannot be closed";
        }
    }
}
