package dev.backplane.http;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.QuietException;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/// The sockets: HTTP/1.1 and HTTP/2 without TLS (prior knowledge and upgrade) on each port, every
/// request on a virtual thread.
///
/// Slow senders cost a connection and no thread: a connection that neither sends nor takes anything
/// for [#IDLE], or that has not sent one complete request head within that time of opening, is
/// closed; there are at most [#CONNECTIONS_MAX]. HTTP/2's rate control is off, because clients that
/// cancel many streams (an agent stopping its tools) would lose their connection to it; its windows
/// are large so that one sender can fill a core.
public final class HttpServer implements AutoCloseable {
    /// Of a connection on which nothing moves.
    public static final Duration IDLE = Duration.ofSeconds(60);

    public static final int CONNECTIONS_MAX = 10_000;

    private static final System.Logger LOG = System.getLogger(HttpServer.class.getName());
    private static final int WINDOW_BYTES = 16 << 20;
    private static final int STREAM_WINDOW_BYTES = 8 << 20;
    private static final int STREAMS_MAX = 256;
    private static final int DRAIN_BYTES_MAX = 64 << 20;
    private static final long DRAIN_NANOS_MAX = TimeUnit.SECONDS.toNanos(3);
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");

    /// Where to listen and what to answer there.
    ///
    /// @param name unique, for [#port]
    /// @param host a name or address; `0.0.0.0` or `::` for all
    /// @param port 0 for any free one
    public record Listener(String name, String host, int port, Handler handler) {}

    private final Server server;
    private final Meter meter;
    private final Duration idle;
    private final Map<String, ServerConnector> connectors = new LinkedHashMap<>();
    private final AtomicLong active = new AtomicLong();

    private HttpServer(Meter meter, Duration idle) {
        this.meter = meter;
        this.idle = idle;
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setName("http");
        threads.setDaemon(true);
        // Without names: making one up for each request costs more than the thread.
        threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server = new Server(threads);
        server.setErrorHandler(new RefusedHead());
        server.setStopAtShutdown(false);
        meter.gauge(
                "backplane_http_requests_active",
                "Requests being answered now",
                active::doubleValue);
        meter.gauge(
                "backplane_http_connections",
                "Open connections",
                () ->
                        connectors.values().stream()
                                .mapToInt(connector -> connector.getConnectedEndPoints().size())
                                .sum());
    }

    /// Binds all listeners and starts to answer.
    ///
    /// @throws Problem `CONFLICT` when an address is taken, `CONFIG` when it cannot be used
    public static HttpServer start(List<Listener> listeners, Meter meter) {
        return start(listeners, meter, IDLE);
    }

    /// As [#start(List, Meter)], with another idle time.
    public static HttpServer start(List<Listener> listeners, Meter meter, Duration idle) {
        HttpServer http = new HttpServer(meter, idle);
        try {
            http.open(listeners);
            return http;
        } catch (Problem problem) {
            http.close();
            throw problem;
        }
    }

    private void open(List<Listener> listeners) {
        Map<Connector, Handler> handlers = new LinkedHashMap<>();
        for (Listener listener : listeners) {
            ServerConnector connector = connector(listener);
            connectors.put(listener.name(), connector);
            handlers.put(connector, listener.handler());
            server.addConnector(connector);
            bind(connector, listener);
        }
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        server.setHandler(new GracefulHandler(new Dispatch(handlers)));
        try {
            server.start();
        } catch (Exception e) {
            throw Problem.of(Problem.Kind.CONFIG, "server could not start", "http").causedBy(e);
        }
        scheduleSweep();
    }

    private ServerConnector connector(Listener listener) {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setSendDateHeader(true);
        configuration.setRequestHeaderSize(32 << 10);
        // The cache of header fields costs each connection more memory than it spares.
        configuration.setHeaderCacheSize(0);
        configuration.setOutputBufferSize(64 << 10);
        configuration.setUriCompliance(
                new UriCompliance(
                        "ids",
                        EnumSet.of(
                                UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
                                UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING,
                                UriCompliance.Violation.AMBIGUOUS_EMPTY_SEGMENT,
                                UriCompliance.Violation.SUSPICIOUS_PATH_CHARACTERS)));
        HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
        http2.setRateControlFactory(new RateControl.Factory() {});
        http2.setInitialSessionRecvWindow(WINDOW_BYTES);
        http2.setInitialStreamRecvWindow(STREAM_WINDOW_BYTES);
        http2.setMaxConcurrentStreams(STREAMS_MAX);
        http2.setStreamIdleTimeout(idle.toMillis());
        ServerConnector connector =
                new WatchedConnector(server, new HttpConnectionFactory(configuration), http2);
        connector.setName(listener.name());
        connector.setHost(listener.host());
        connector.setPort(listener.port());
        connector.setIdleTimeout(idle.toMillis());
        connector.setAcceptQueueSize(1_024);
        return connector;
    }

    private static void bind(ServerConnector connector, Listener listener) {
        String address = listener.host() + ":" + listener.port();
        try {
            connector.open();
        } catch (IOException e) {
            boolean taken =
                    e instanceof java.net.BindException
                            || e.getCause() instanceof java.net.BindException;
            throw Problem.of(
                            taken ? Problem.Kind.CONFLICT : Problem.Kind.CONFIG,
                            "cannot listen on " + address,
                            listener.name())
                    .fix("stop what listens there, or choose another address")
                    .causedBy(e);
        }
    }

    /// The port that a listener is bound to.
    public int port(String listener) {
        return address(listener).getPort();
    }

    /// The address that a listener is bound to.
    public InetSocketAddress address(String listener) {
        ServerConnector connector = connectors.get(listener);
        if (connector == null) {
            throw new IllegalArgumentException("no listener is called " + listener);
        }
        return new InetSocketAddress(connector.getHost(), connector.getLocalPort());
    }

    /// Stops accepting, waits for running requests up to `patience`, then closes everything.
    public void stop(Duration patience) {
        server.setStopTimeout(patience.toMillis());
        try {
            server.stop();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "requests were cut off: {0}", e.getClass());
        }
    }

    @Override
    public void close() {
        stop(Duration.ofSeconds(10));
    }

    private void scheduleSweep() {
        server.getScheduler()
                .schedule(
                        () -> {
                            sweep();
                            if (server.isRunning()) {
                                scheduleSweep();
                            }
                        },
                        Math.max(1, idle.toMillis() / 4),
                        TimeUnit.MILLISECONDS);
    }

    /// Closes connections that drip a request head byte by byte, which no idle timeout sees.
    private void sweep() {
        long opened = System.currentTimeMillis() - idle.toMillis();
        for (ServerConnector connector : connectors.values()) {
            for (EndPoint endPoint : connector.getConnectedEndPoints()) {
                Connection connection = endPoint.getConnection();
                if (connection != null
                        && connection.getMessagesIn() == 0
                        && endPoint.getCreatedTimeStamp() < opened) {
                    endPoint.close();
                }
            }
        }
    }

    /// Its connections can be watched.
    private static final class WatchedConnector extends ServerConnector {
        WatchedConnector(Server server, ConnectionFactory... protocols) {
            super(server, protocols);
        }

        @Override
        protected SocketChannelEndPoint newEndPoint(
                SocketChannel channel, ManagedSelector selector, SelectionKey key) {
            WatchedEndPoint endPoint = new WatchedEndPoint(channel, selector, key, getScheduler());
            endPoint.setIdleTimeout(getIdleTimeout());
            return endPoint;
        }
    }

    /// From Jetty's request to an exchange and its handler, and every failure to an answer.
    private final class Dispatch extends org.eclipse.jetty.server.Handler.Abstract {
        private final Map<Connector, Handler> handlers;

        Dispatch(Map<Connector, Handler> handlers) {
            this.handlers = handlers;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            long start = System.nanoTime();
            Exchange exchange = new Exchange(request, response, requestId(request));
            Handler handler =
                    Objects.requireNonNull(
                            handlers.get(request.getConnectionMetaData().getConnector()),
                            "connector without a handler");
            active.incrementAndGet();
            try {
                answer(exchange, handler);
                drain(exchange);
                exchange.release();
                callback.succeeded();
            } catch (ClientGone gone) {
                exchange.release();
                meter.counter(
                                "backplane_http_aborted_total",
                                "Exchanges that ended because the client went away")
                        .increment();
                callback.failed(new QuietException.RuntimeException("client is gone", gone));
            } catch (Exception | Error e) {
                exchange.release();
                callback.failed(e);
            } finally {
                active.decrementAndGet();
                record(exchange, System.nanoTime() - start);
            }
            return true;
        }

        private static void answer(Exchange exchange, Handler handler) throws IOException {
            try {
                handler.handle(exchange);
                exchange.finish();
            } catch (ClientGone gone) {
                throw gone;
            } catch (Problem problem) {
                refuse(exchange, problem);
            } catch (Exception | Error unexpected) {
                refuse(exchange, Unexpected.problem(LOG, exchange, unexpected));
            }
        }

        /// After the first bytes have left, cutting the response off is the only way to say that it
        /// is not complete.
        private static void refuse(Exchange exchange, Problem problem) throws IOException {
            if (exchange.started()) {
                throw problem;
            }
            exchange.refuse(problem);
        }

        /// An early answer to a long HTTP/1.1 upload is lost if the connection is closed while the
        /// client still writes, so the rest is read for a while.
        private static void drain(Exchange exchange) {
            if (exchange.drained()
                    || !exchange.protocol().startsWith("HTTP/1")
                    || exchange.expectsContinue()) {
                return;
            }
            long end = System.nanoTime() + DRAIN_NANOS_MAX;
            byte[] waste = new byte[16 << 10];
            try {
                InputStream body = exchange.rawBody();
                long left = DRAIN_BYTES_MAX;
                int count = body.read(waste);
                while (count >= 0 && left > 0 && System.nanoTime() < end) {
                    left -= count;
                    count = body.read(waste);
                }
            } catch (IOException gone) {
                // The answer was sent; whether the rest of the request arrives matters to nobody.
            }
        }

        private void record(Exchange exchange, long nanos) {
            String route = label(exchange);
            meter.counter(
                            "backplane_http_requests_total",
                            "Requests answered",
                            "route=\"" + route + "\",status=\"" + exchange.status() + "\"")
                    .increment();
            meter.histogram(
                            "backplane_http_request_seconds",
                            "From the head of a request to the end of its answer",
                            "route=\"" + route + "\"")
                    .recordNanos(nanos);
        }

        /// Methods and paths that nobody knows are the sender's text and must not become labels.
        private static String label(Exchange exchange) {
            boolean known = METHODS.contains(exchange.method());
            return exchange.route().equals("none")
                    ? "none"
                    : (known ? exchange.method() : "OTHER") + " " + exchange.route();
        }
    }

    private static String requestId(Request request) {
        String given = request.getHeaders().get("X-Request-Id");
        if (given != null && REQUEST_ID.matcher(given).matches()) {
            return given;
        }
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /// Answers requests whose head Jetty refused, and those that come while we stop.
    private static final class RefusedHead extends ErrorHandler {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            int status = response.getStatus();
            Problem problem =
                    status == 503
                            ? Problem.unavailable("server is stopping", "http").fix("try again")
                            : Problem.invalid("request was refused with status " + status, "http")
                                    .fix("send a well-formed request head of at most 32 KiB");
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            Errors.retryAfter(problem)
                    .ifPresent(delay ->
                            response.getHeaders()
                                    .put(HttpHeader.RETRY_AFTER, Errors.seconds(delay)));
            byte[] body = Errors.bytes(problem, requestId(request));
            response.write(true, ByteBuffer.wrap(body), callback);
            return true;
        }
    }
}
