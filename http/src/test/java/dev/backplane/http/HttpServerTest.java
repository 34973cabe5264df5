package dev.backplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpServerTest {
    private static final int LIMIT = 4 << 20;

    /// Echoes the decoded body.
    private static void echo(Exchange exchange) throws IOException {
        exchange.header("Content-Type", "application/octet-stream");
        try (InputStream body = exchange.body(BodyLimits.buffered(LIMIT))) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            body.transferTo(whole);
            exchange.output().write(whole.toByteArray());
        }
    }

    private static Router routes() {
        return Router.builder()
                .get("/hello", exchange -> exchange.sendText(200, "hello"))
                .post("/echo", HttpServerTest::echo)
                .get(
                        "/spans/{trace}/{span}",
                        exchange ->
                                exchange.sendText(
                                        200,
                                        exchange.parameter("trace")
                                                + "|"
                                                + exchange.parameter("span")
                                                + "|"
                                                + exchange.query("q").orElse("-")))
                .get("/spans/{trace}/list", exchange -> exchange.sendText(200, "literal"))
                .get(
                        "/missing",
                        exchange -> {
                            throw Problem.notFound("no such thing", "shelf 3")
                                    .fix("look elsewhere");
                        })
                .get(
                        "/busy",
                        exchange -> {
                            throw Problem.unavailable("store is full", "store")
                                    .retryAfter(Duration.ofMillis(1_500));
                        })
                .get(
                        "/broken",
                        exchange -> {
                            exchange.output().write("half an ans".getBytes(StandardCharsets.UTF_8));
                            throw new IllegalStateException("secret payload");
                        })
                .get(
                        "/cut",
                        exchange -> {
                            exchange.output()
                                    .write("the first part".getBytes(StandardCharsets.UTF_8));
                            exchange.output().flush();
                            throw new IllegalStateException("secret payload");
                        })
                .build();
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void answersBothProtocolsOnOnePort(HttpClient.Version version) throws Exception {
        try (Client client = new Client(version, routes())) {
            HttpResponse<String> first = client.send(client.request("/hello"));
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.body()).isEqualTo("hello");
            assertThat(first.version()).isEqualTo(version);
            assertThat(first.headers().firstValue("X-Request-Id"))
                    .hasValueSatisfying(id -> assertThat(id).matches("[0-9a-f]{16}"));
            HttpResponse<String> second =
                    client.send(client.request("/hello").header("X-Request-Id", "mine-1"));
            assertThat(second.headers().firstValue("X-Request-Id")).hasValue("mine-1");
            byte[] body = new byte[3 << 20];
            new Random(7).nextBytes(body);
            assertThat(
                            client.post(
                                            "/echo",
                                            "identity",
                                            "text".getBytes(StandardCharsets.UTF_8))
                                    .body())
                    .isEqualTo("text");
            assertThat(client.post("/echo", "identity", body).statusCode()).isEqualTo(200);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void routesByMethodAndPath() throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes())) {
            assertThat(client.send(client.request("/spans/a%2Fb/c+d%20e?q=x%26y")).body())
                    .isEqualTo("a/b|c+d e|x&y");
            assertThat(client.send(client.request("/spans/a/list")).body()).isEqualTo("literal");
            assertThat(client.send(client.request("/spans/a/")).statusCode()).isEqualTo(404);
            assertThat(client.send(client.request("/spans/a")).statusCode()).isEqualTo(404);
            HttpResponse<String> wrong = client.send(client.request("/echo"));
            assertThat(wrong.statusCode()).isEqualTo(405);
            assertThat(wrong.headers().firstValue("Allow")).hasValue("POST");
            HttpResponse<String> head =
                    client.send(
                            client.request("/hello")
                                    .method("HEAD", HttpRequest.BodyPublishers.noBody()));
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            HttpResponse<String> options =
                    client.send(
                            client.request("/hello")
                                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
            assertThat(options.statusCode()).isEqualTo(204);
            assertThat(options.headers().firstValue("Allow")).hasValue("GET, OPTIONS");
        }
    }

    @Test
    void turnsProblemsIntoOneEnvelope() throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes())) {
            HttpResponse<String> missing =
                    client.send(client.request("/missing").header("X-Request-Id", "r1"));
            assertThat(missing.statusCode()).isEqualTo(404);
            assertThat(missing.body())
                    .isEqualTo(
                            "{\"error\":\"no such thing\",\"kind\":\"not_found\","
                                    + "\"message\":\"No such thing (shelf 3).\","
                                    + "\"hint\":\"look elsewhere\",\"next\":\"\","
                                    + "\"retryable\":false,\"request_id\":\"r1\"}");
            HttpResponse<String> busy = client.send(client.request("/busy"));
            assertThat(busy.statusCode()).isEqualTo(503);
            assertThat(busy.headers().firstValue("Retry-After")).hasValue("2");
            HttpResponse<String> broken = client.send(client.request("/broken"));
            assertThat(broken.statusCode()).isEqualTo(500);
            assertThat(broken.body())
                    .contains("\"kind\":\"internal\"")
                    .doesNotContain("secret", "half");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
    void cutsOffAnAnswerThatCannotBeCompleted(String version) throws Exception {
        try (Client client = new Client(HttpClient.Version.valueOf(version), routes())) {
            assertThatThrownBy(() -> client.send(client.request("/cut")))
                    .isInstanceOf(IOException.class);
            assertThat(client.send(client.request("/hello")).body()).isEqualTo("hello");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
    void removesContentEncodings(String version) throws Exception {
        byte[] text = "all work and no play ".repeat(5_000).getBytes(StandardCharsets.UTF_8);
        String expected = new String(text, StandardCharsets.UTF_8);
        byte[] gzip = Client.gzip(text);
        byte[] twoMembers = Arrays.copyOf(gzip, gzip.length * 2);
        System.arraycopy(gzip, 0, twoMembers, gzip.length, gzip.length);
        try (Client client = new Client(HttpClient.Version.valueOf(version), routes())) {
            assertThat(client.post("/echo", "gzip", gzip).body()).isEqualTo(expected);
            assertThat(client.post("/echo", "gzip", twoMembers).body())
                    .isEqualTo(expected + expected);
            assertThat(client.post("/echo", "zstd", Zstd.compress(text)).body())
                    .isEqualTo(expected);
            assertThat(client.post("/echo", "br", text).statusCode()).isEqualTo(415);
            assertThat(client.post("/echo", "gzip", text).statusCode()).isEqualTo(400);
            assertThat(client.post("/echo", "zstd", text).statusCode()).isEqualTo(400);
            assertThat(
                            client.post("/echo", "gzip", Arrays.copyOf(gzip, gzip.length / 2))
                                    .statusCode())
                    .isEqualTo(400);
            byte[] zstd = Zstd.compress(text);
            assertThat(
                            client.post("/echo", "zstd", Arrays.copyOf(zstd, zstd.length / 2))
                                    .statusCode())
                    .isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
    void refusesTooMuchAndBombs(String version) throws Exception {
        AtomicReference<Long> taken = new AtomicReference<>(0L);
        Router router =
                Router.builder()
                        .post("/echo", HttpServerTest::echo)
                        .post(
                                "/stream",
                                exchange -> {
                                    long size = 0;
                                    byte[] block = new byte[64 << 10];
                                    InputStream body = exchange.body(BodyLimits.STREAM);
                                    for (int n = body.read(block); n >= 0; n = body.read(block)) {
                                        size += n;
                                        taken.set(size);
                                    }
                                })
                        .build();
        try (Client client = new Client(HttpClient.Version.valueOf(version), router)) {
            assertThat(client.post("/echo", "identity", new byte[LIMIT]).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> tooLarge = client.post("/echo", "identity", new byte[LIMIT + 1]);
            assertThat(tooLarge.statusCode()).isEqualTo(413);
            assertThat(tooLarge.body()).contains("too_large");
            assertThat(client.post("/echo", "identity", new byte[LIMIT * 5]).statusCode())
                    .isEqualTo(413);
            byte[] zeros = new byte[64 << 20];
            assertThat(client.post("/stream", "gzip", Client.gzip(zeros)).statusCode())
                    .isEqualTo(413);
            assertThat(client.post("/stream", "zstd", Zstd.compress(zeros)).statusCode())
                    .isEqualTo(413);
            assertThat(taken.get()).isLessThan(8 << 20);
        }
    }

    @Test
    void boundsTheZstdWindow() throws Exception {
        byte[] noise = new byte[1 << 20];
        new Random(11).nextBytes(noise);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (com.github.luben.zstd.ZstdOutputStream zstd =
                new com.github.luben.zstd.ZstdOutputStream(out).setLong(27)) {
            zstd.write(noise);
        }
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes())) {
            assertThat(client.post("/echo", "zstd", out.toByteArray()).statusCode()).isEqualTo(400);
        }
    }

    @Test
    void survivesClientsThatGoAway() throws Exception {
        CountDownLatch ended = new CountDownLatch(2);
        Router router =
                Router.builder()
                        .get(
                                "/endless",
                                exchange -> {
                                    try {
                                        OutputStream out = exchange.output();
                                        while (true) {
                                            out.write(new byte[10_000]);
                                            out.flush();
                                        }
                                    } catch (ClientGone gone) {
                                        ended.countDown();
                                        throw gone;
                                    }
                                })
                        .post(
                                "/half",
                                exchange -> {
                                    try {
                                        exchange.rawBody().readAllBytes();
                                    } catch (ClientGone gone) {
                                        ended.countDown();
                                        throw gone;
                                    }
                                })
                        .get("/hello", exchange -> exchange.sendText(200, "hello"))
                        .build();
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, router)) {
            int port = client.server.port("main");
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getOutputStream()
                        .write(
                                "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n"
                                        .getBytes(StandardCharsets.UTF_8));
                socket.getInputStream().readNBytes(1_000);
            }
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getOutputStream()
                        .write(
                                "POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nx"
                                        .getBytes(StandardCharsets.UTF_8));
            }
            assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(client.send(client.request("/hello")).body()).isEqualTo("hello");
        }
    }

    @Test
    void keepsConnectionsAliveAndRefusesBadHeads() throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes())) {
            String twice =
                    client.raw(
                            "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                                    + "GET /hello HTTP/1.1\r\nHost: a\r\n"
                                    + "Connection: close\r\n\r\n");
            assertThat(twice.split("HTTP/1.1 200", -1)).hasSize(3);
            assertThat(client.raw("NONSENSE\r\n\r\n"))
                    .contains("400")
                    .contains("\"kind\":\"invalid\"");
            String head = "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(40_000) + "\r\n\r\n";
            assertThat(client.raw(head)).contains(" 431 ").contains("\"request_id\"");
        }
    }

    @Test
    void closesStalledAndDrippingConnectionsButNotSlowHandlers() throws Exception {
        closesOthersBeforeASlowHandlerEnds(HttpClient.Version.HTTP_1_1);
        closesOthersBeforeASlowHandlerEnds(HttpClient.Version.HTTP_2);
    }

    private static void closesOthersBeforeASlowHandlerEnds(HttpClient.Version version)
            throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Router router =
                Router.builder()
                        .post("/read", exchange -> exchange.rawBody().readAllBytes())
                        .get(
                                "/slow",
                                exchange -> {
                                    started.countDown();
                                    await(go);
                                    exchange.sendText(200, "worth it");
                                })
                        .build();
        try (Client client = new Client(version, router, Duration.ofMillis(400))) {
            AtomicReference<String> answer = new AtomicReference<>("");
            Thread slow = inBackground(client, "/slow", answer);
            started.await();
            // Each of these returns only when the server closes the connection.
            client.raw("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nx");
            client.raw("GET /read HT");
            drip(client.server.port("main"));
            go.countDown();
            slow.join();
            assertThat(answer.get()).isEqualTo("worth it");
        }
    }

    /// Each byte is soon enough for the idle time; what is too slow is the whole. Every protocol
    /// says it in its own way.
    @Test
    void aBodyThatComesTooSlowlyIsRefused() throws Exception {
        BodyLimits limits = new BodyLimits(LIMIT, 1 << 20, Duration.ofMillis(50));
        Router router =
                Router.builder()
                        .post(
                                "/read",
                                exchange -> {
                                    exchange.answerProblemsWith((answered, problem) ->
                                            answered.sendText(
                                                    problem.kind().httpStatus(),
                                                    "own form: " + problem.what()));
                                    exchange.body(limits).readAllBytes();
                                })
                        .post(
                                "/grpc",
                                new GrpcUnary(limits, (_, message) -> message.readAllBytes()))
                        .build();
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, router)) {
            int port = client.server.port("main");
            assertThat(sentSlowly(port, "/read", ""))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("Connection: close")
                    .endsWith("own form: request body arrives too slowly");
            assertThat(sentSlowly(port, "/grpc", "\0\0\1\0\0"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("Connection: close")
                    .contains("grpc-status: 4\r\n");
        }
    }

    /// @param begin of a body that goes on byte by byte
    private static String sentSlowly(int port, String path, String begin) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write(
                            ("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n"
                                            + "Content-Length: 1000000\r\n\r\n%s")
                                    .formatted(path, begin)
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(20);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            while (!isClosed(socket, answer)) {
                drop(socket);
            }
            return answer.toString(StandardCharsets.US_ASCII);
        }
    }

    /// The server may have closed in the meantime, after its answer.
    private static void drop(Socket socket) {
        try {
            socket.getOutputStream().write('x');
        } catch (IOException closed) {
            assertThat(closed).isInstanceOf(SocketException.class);
        }
    }

    private static boolean isClosed(Socket socket, ByteArrayOutputStream read) throws IOException {
        try {
            byte[] bytes = new byte[4 << 10];
            int count = socket.getInputStream().read(bytes);
            read.write(bytes, 0, Math.max(0, count));
            return count < 0;
        } catch (SocketTimeoutException open) {
            return false;
        }
    }

    /// Sends a request head at ten bytes a second until the server closes the connection.
    private static void drip(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(100);
            while (!isClosed(socket)) {
                socket.getOutputStream().write('G');
            }
        } catch (SocketException closed) {
            assertThat(closed).isNotInstanceOf(ConnectException.class);
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException open) {
            return false;
        }
    }

    private static Thread inBackground(Client client, String path, AtomicReference<String> answer) {
        return Thread.startVirtualThread(() -> {
            try {
                answer.set(client.send(client.request(path)).body());
            } catch (IOException | InterruptedException e) {
                answer.set(e.toString());
            }
        });
    }

    @Test
    void finishesRunningRequestsWhenStopping() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch stopping = new CountDownLatch(1);
        Router router =
                Router.builder()
                        .get(
                                "/slow",
                                exchange -> {
                                    started.countDown();
                                    await(stopping);
                                    exchange.sendText(200, "done");
                                })
                        .build();
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, router)) {
            AtomicReference<String> answer = new AtomicReference<>("");
            Thread caller = inBackground(client, "/slow", answer);
            started.await();
            HttpRequest.Builder later = client.request("/slow");
            int port = client.server.port("main");
            Thread stop =
                    Thread.startVirtualThread(() -> client.server.stop(Duration.ofSeconds(10)));
            while (isOpen(port)) {
                Thread.onSpinWait();
            }
            stopping.countDown();
            stop.join();
            caller.join();
            assertThat(answer.get()).isEqualTo("done");
            assertThatThrownBy(() -> client.send(later)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void saysWhenAnAddressIsTaken() {
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes())) {
            int port = client.server.port("main");
            assertThatThrownBy(() ->
                            HttpServer.start(
                                    List.of(
                                            new HttpServer.Listener(
                                                    "second", "127.0.0.1", port, routes())),
                                    new Meter()))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> {
                                assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
                                assertThat(problem.what()).contains(Integer.toString(port));
                            });
        }
    }

    @Test
    void labelsOfMetricsAreRoutes() throws Exception {
        Client client = new Client(HttpClient.Version.HTTP_1_1, routes());
        try (client) {
            client.send(client.request("/spans/secret/id"));
            client.send(client.request("/nowhere/secret"));
            client.send(
                    client.request("/hello").method("PLOT", HttpRequest.BodyPublishers.noBody()));
        }
        assertThat(client.meter.render())
                .contains("route=\"GET /spans/{trace}/{span}\",status=\"200\"} 1")
                .contains("route=\"none\",status=\"404\"} 1")
                .contains("route=\"OTHER /hello\",status=\"405\"} 1")
                .doesNotContain("secret", "PLOT");
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }
}
