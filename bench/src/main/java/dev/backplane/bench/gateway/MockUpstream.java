package dev.backplane.bench.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// A model server without a model: OpenAI's `POST /v1/chat/completions` over HTTP/1.1, whole or as
/// a stream, on the loopback. Every answer is the same text.
///
/// One thread serves all connections and keeps all clocks, to about a millisecond; answers are
/// bytes made beforehand. `GET /v1/models` names [#MODEL]; anything else is 404. A request must say
/// its `Content-Length` (411), of at most [MockConnection#REQUEST_BYTES_MAX] (413). Counters may be
/// read by any thread.
public final class MockUpstream implements AutoCloseable {
    public static final String MODEL = "mock";
    private static final int BACKLOG = 4_096;

    /// How it answers.
    ///
    /// @param delay from a request to the first byte of its answer
    /// @param tokens of an answer, at least 1
    /// @param interval between two tokens of a stream; zero sends the whole stream in one write
    public record Pace(Duration delay, int tokens, Duration interval) {
        public Pace {
            if (delay.isNegative() || interval.isNegative() || tokens < 1) {
                throw new IllegalArgumentException("delays must not be negative, tokens positive");
            }
        }

        /// At once.
        public static Pace immediate(int tokens) {
            return new Pace(Duration.ZERO, tokens, Duration.ZERO);
        }
    }

    /// What is to be done at a time.
    private record Timer(long atNanos, Runnable work) {}

    private final Selector selector;
    private final ServerSocketChannel server;
    private final Thread thread;
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>((a, b) -> Long.signum(a.atNanos - b.atNanos));
    private final LongAdder requests = new LongAdder();
    private final LongAdder tokensSent = new LongAdder();
    private final LongAdder abandoned = new LongAdder();
    private final AtomicLong answering = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private volatile boolean closed;
    final MockAnswers answers;
    final Pace pace;

    private MockUpstream(Pace pace, int port) throws IOException {
        this.pace = pace;
        this.answers = new MockAnswers(pace.tokens());
        this.selector = Selector.open();
        this.server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        this.thread = Thread.ofPlatform().name("mock-upstream").daemon().unstarted(this::serve);
    }

    /// On a free port.
    public static MockUpstream start(Pace pace) throws IOException {
        return start(pace, 0);
    }

    public static MockUpstream start(Pace pace, int port) throws IOException {
        MockUpstream upstream = new MockUpstream(pace, port);
        upstream.thread.start();
        return upstream;
    }

    /// Without a path: `http://127.0.0.1:PORT`.
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.socket().getLocalPort());
    }

    /// Requests whose body has arrived.
    public long requests() {
        return requests.sum();
    }

    /// Tokens that streams have sent so far; those of a stream in one write count at once.
    public long tokensSent() {
        return tokensSent.sum();
    }

    /// Answers that are being waited for or streamed now.
    public long answering() {
        return answering.get();
    }

    /// Answers whose client went away before their end.
    public long abandoned() {
        return abandoned.sum();
    }

    /// Open connections.
    public long connections() {
        return connections.get();
    }

    private void serve() {
        try (selector;
                server) {
            while (!closed) {
                selector.select(this::ready, waitMillis());
                fireTimers();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("mock upstream broke", e);
        }
    }

    /// 0 waits until something happens, so a timer that is due within the millisecond waits one.
    private long waitMillis() {
        Timer first = timers.peek();
        if (first == null) {
            return 0;
        }
        return Math.max(1, (first.atNanos - System.nanoTime() + 999_999) / 1_000_000);
    }

    private void fireTimers() {
        long now = System.nanoTime();
        for (Timer first = timers.peek();
                first != null && first.atNanos - now <= 0;
                first = timers.peek()) {
            timers.remove();
            first.work.run();
        }
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof MockConnection connection) {
            connection.ready();
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            for (SocketChannel channel = server.accept();
                    channel != null;
                    channel = server.accept()) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                key.attach(new MockConnection(this, channel, key));
                connections.incrementAndGet();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("mock upstream cannot accept", e);
        }
    }

    // ---- from connections, on the one thread

    void at(long nanos, Runnable work) {
        timers.add(new Timer(nanos, work));
    }

    void begun() {
        requests.increment();
        answering.incrementAndGet();
    }

    void sent(int tokens) {
        tokensSent.add(tokens);
    }

    void done() {
        answering.decrementAndGet();
    }

    /// @param inAnswer whether the client went before the end of an answer
    void gone(boolean inAnswer) {
        connections.decrementAndGet();
        if (inAnswer) {
            answering.decrementAndGet();
            abandoned.increment();
        }
    }

    /// Open connections are cut off.
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
