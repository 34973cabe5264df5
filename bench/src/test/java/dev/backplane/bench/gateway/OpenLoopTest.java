package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Request;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import dev.backplane.bench.gateway.OpenLoop.Load;
import dev.backplane.bench.gateway.OpenLoop.Result;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class OpenLoopTest {
    private static Load load(URI url, Shape shape) {
        List<Request> requests =
                ChatRequests.make(shape, new Destination(url, MockUpstream.MODEL), 1, 4);
        return new Load(requests, shape.streams(), 500, Duration.ofMillis(200));
    }

    @Test
    void everyRequestIsAnsweredAndMeasuredOnce() throws IOException {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(5));
                OpenLoop loop = new OpenLoop(upstream.url(), new AtomicLong())) {
            for (Shape shape : Shape.values()) {
                Result result = loop.run(load(upstream.url(), shape));
                assertThat(result.sent()).isEqualTo(100);
                assertThat(result.failed()).as(result.complaint()).isZero();
                assertThat(result.whole().count()).isEqualTo(100);
                assertThat(result.first().quantileMillis(0.5))
                        .isLessThanOrEqualTo(result.whole().quantileMillis(0.5));
            }
            assertThat(upstream.requests()).isEqualTo(300);
        }
    }

    @Test
    void aSlowServerIsChargedForItsTime() throws IOException {
        var pace = new MockUpstream.Pace(Duration.ofMillis(150), 1, Duration.ZERO);
        try (MockUpstream upstream = MockUpstream.start(pace);
                OpenLoop loop = new OpenLoop(upstream.url(), new AtomicLong())) {
            Result result = loop.run(load(upstream.url(), Shape.CHAT));
            assertThat(result.whole().quantileMillis(0)).isGreaterThanOrEqualTo(150);
            assertThat(upstream.connections()).isGreaterThan(1);
        }
    }

    /// A long answer does not make a rate seem missed.
    @Test
    void theRateIsThatOfAnswersAndNotOfTheirLength() throws IOException {
        var pace = new MockUpstream.Pace(Duration.ofSeconds(1), 1, Duration.ZERO);
        try (MockUpstream upstream = MockUpstream.start(pace);
                OpenLoop loop = new OpenLoop(upstream.url(), new AtomicLong())) {
            Result result = loop.run(load(upstream.url(), Shape.CHAT));
            assertThat(result.whole().count() / result.seconds()).isLessThan(100);
            assertThat(result.perSecond()).isGreaterThan(100);
        }
    }

    @Test
    void aServerThatTakesNoConnectionHasFailed() throws IOException {
        URI gone;
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1))) {
            gone = upstream.url();
        }
        try (OpenLoop loop = new OpenLoop(gone, new AtomicLong())) {
            Result result = loop.run(load(gone, Shape.CHAT));
            assertThat(result.failed()).isEqualTo(100);
            assertThat(result.complaint()).isNotEmpty();
        }
    }

    @Test
    void requestsCarryDifferentNumbers() throws IOException {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        HttpServer server = server(seen, 200);
        try (OpenLoop loop = new OpenLoop(url(server), new AtomicLong())) {
            assertThat(loop.run(load(url(server), Shape.CHAT)).failed()).isZero();
        } finally {
            server.stop(0);
        }
        assertThat(seen).hasSize(100);
    }

    @Test
    void wrongAnswersAreFailures() throws IOException {
        HttpServer server = server(ConcurrentHashMap.newKeySet(), 503);
        try (OpenLoop loop = new OpenLoop(url(server), new AtomicLong())) {
            Result result = loop.run(load(url(server), Shape.CHAT));
            assertThat(result.failed()).isEqualTo(100);
            assertThat(result.complaint()).isEqualTo("status 503");
            assertThat(result.whole().count()).isZero();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aStreamThatBreaksOffIsAFailure() throws IOException {
        try (MockUpstream whole = MockUpstream.start(MockUpstream.Pace.immediate(1));
                OpenLoop loop = new OpenLoop(whole.url(), new AtomicLong())) {
            Load chat = load(whole.url(), Shape.CHAT);
            Result result =
                    loop.run(new Load(chat.requests(), true, chat.perSecond(), chat.length()));
            assertThat(result.failed()).isEqualTo(result.sent());
            assertThat(result.complaint()).isEqualTo("stream without its end");
        }
    }

    /// With a second model server in the gateway's place.
    @Test
    void aTrialReportsBothWaysAndTheirDifference() throws IOException {
        MockUpstream.Pace pace = MockUpstream.Pace.immediate(3);
        try (MockUpstream gateway = MockUpstream.start(pace)) {
            Report report =
                    GatewayTrial.run(
                            new GatewayTrial.Subject.Running(gateway.url(), MockUpstream.MODEL),
                            new GatewayTrial.Options(
                                    List.of("chat", "stream"),
                                    200,
                                    Duration.ofMillis(100),
                                    Duration.ZERO,
                                    2,
                                    false,
                                    10,
                                    0,
                                    pace,
                                    0,
                                    1),
                            Progress.SILENT);
            assertThat(gateway.requests()).isEqualTo(2 * 2 * 20);
            Report.Table table = report.tables().getFirst();
            int path = table.columns().indexOf("path");
            assertThat(table.rows()).hasSize(3 * 3 + 2 * 3 * 3);
            assertThat(table.rows().stream().map(row -> row.get(path)))
                    .startsWith("direct", "gateway", "difference");
            assertThat(report.notes()).isEmpty();
        }
    }

    /// Remembers what comes after the bracket in the last message.
    private static HttpServer server(Set<String> seen, int status) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    String body = new String(exchange.getRequestBody().readAllBytes());
                    int at = body.lastIndexOf("\"content\":\"[") + 12;
                    seen.add(body.substring(at, at + ChatRequests.DIGITS));
                    exchange.sendResponseHeaders(status, 2);
                    exchange.getResponseBody().write("{}".getBytes());
                    exchange.close();
                });
        server.start();
        return server;
    }

    private static URI url(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }
}
