package dev.backplane.http.client;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.ByteBufferRequestContent;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpClientConnectionFactory;
import org.eclipse.jetty.client.transport.HttpClientTransportDynamic;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.ClientConnectionFactoryOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/// Sends requests. One for the whole process: it keeps the connections. Thread-safe.
public final class HttpClient implements AutoCloseable {
    /// Connections that nothing was sent on for so long are given up.
    private static final Duration POOLED = Duration.ofSeconds(45);

    private static final Duration CONNECT_MAX = Duration.ofSeconds(30);
    private static final int HEADERS_MAX = 64 << 10;
    private static final int THREADS_MAX = 64;
    private static final int SELECTORS_MAX = 8;

    /// @param connections for each origin; of HTTP/2, each carries many calls
    /// @param queued calls that wait for a connection of an origin; more are refused
    public record Limits(int connections, int queued) {
        public static final Limits DEFAULT = new Limits(4_096, 4_096);
    }

    private final org.eclipse.jetty.client.HttpClient client;
    private final Clocks clocks = new Clocks();

    private HttpClient(org.eclipse.jetty.client.HttpClient client) {
        this.client = client;
    }

    public static HttpClient start(Limits limits) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, 2);
        threads.setName("http-client");
        threads.setDaemon(true);
        ClientConnector connector = new ClientConnector();
        connector.setExecutor(threads);
        connector.setSelectors(selectors());
        HTTP2Client http2 = new HTTP2Client(connector);
        // The first is what a server is spoken to in that does not say what it speaks. Those that
        // do
        // choose by their own order.
        HttpClientTransportDynamic transport =
                new HttpClientTransportDynamic(
                        connector,
                        HttpClientConnectionFactory.HTTP11,
                        new ClientConnectionFactoryOverHTTP2.HTTP2(http2));
        // A flight is only told what happened, so the selecting thread may do that itself.
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        org.eclipse.jetty.client.HttpClient client =
                new org.eclipse.jetty.client.HttpClient(transport);
        client.setExecutor(threads);
        client.setConnectTimeout(CONNECT_MAX.toMillis());
        client.setIdleTimeout(POOLED.toMillis());
        client.setMaxConnectionsPerDestination(limits.connections());
        client.setMaxRequestsQueuedPerDestination(limits.queued());
        client.setMaxResponseHeadersSize(HEADERS_MAX);
        client.setFollowRedirects(false);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setUserAgentField(null);
        try {
            client.start();
        } catch (Exception e) {
            throw Problem.internal("HTTP client could not start", "http").causedBy(e);
        }
        client.getProtocolHandlers().clear();
        client.getContentDecoderFactories().clear();
        return new HttpClient(client);
    }

    /// One reads, deciphers and parses what comes of all its connections, so that it takes a
    /// processor where those who are told of it take another.
    private static int selectors() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, SELECTORS_MAX);
    }

    /// As [ClientCall#answer] of [#call].
    public ClientResponse send(ClientRequest request) {
        return call(request).answer();
    }

    /// A call that another thread can give up before there is an answer.
    public ClientCall call(ClientRequest request) {
        Timeouts timeouts = request.timeouts();
        Request sent =
                client.newRequest(request.uri())
                        .method(request.method())
                        .idleTimeout(
                                timeouts.first().plus(timeouts.idle()).toMillis(),
                                TimeUnit.MILLISECONDS);
        if (request.uri().getScheme().equals("http")) {
            sent.version(HttpVersion.HTTP_1_1);
        }
        sent.headers(headers ->
                request.headers().forEach(header -> headers.add(header.name(), header.value())));
        if (!request.body().isEmpty()) {
            sent.body(new ByteBufferRequestContent("application/json", request.body().buffer()));
        }
        return new ClientCall(new Flight(sent, timeouts, clocks, request.where()));
    }

    /// Open connections of all origins.
    public int connections() {
        return client.getDestinations().stream()
                .map(Destination::getConnectionPool)
                .filter(AbstractConnectionPool.class::isInstance)
                .map(AbstractConnectionPool.class::cast)
                .mapToInt(AbstractConnectionPool::getConnectionCount)
                .sum();
    }

    @Override
    public void close() {
        try {
            client.stop();
        } catch (Exception e) {
            throw Problem.internal("HTTP client did not stop", "http").causedBy(e);
        } finally {
            clocks.close();
        }
    }
}
