package dev.backplane.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against a server of this module, and against sockets that misbehave.
@Timeout(60)
class HttpClientTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Timeouts PATIENT = new Timeouts(LONG, LONG, LONG, LONG);

    private final HttpClient client = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final CountDownLatch gone = new CountDownLatch(1);
    private final HttpServer server =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "main",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .post("/echo", HttpClientTest::echo)
                                            .get("/drip", this::drip)
                                            .get("/status/{code}", HttpClientTest::status)
                                            .build())),
                    new Meter());

    @AfterEach
    void close() {
        client.close();
        server.stop(Duration.ofMillis(100));
    }

    private static void echo(Exchange exchange) throws IOException {
        try (InputStream body = exchange.body(BodyLimits.buffered(16 << 20))) {
            exchange.header("X-Seen", exchange.header("X-Sent").orElse(""));
            body.transferTo(exchange.output());
        }
    }

    private static void status(Exchange exchange) throws IOException {
        exchange.header("Location", "/elsewhere")
                .sendText(Integer.parseInt(exchange.parameter("code")), "said");
    }

    /// Sends a line now and then until nobody listens.
    private void drip(Exchange exchange) throws IOException {
        try (OutputStream out = exchange.output()) {
            while (true) {
                out.write("line\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        } finally {
            gone.countDown();
        }
    }

    private ClientRequest get(String path, Timeouts timeouts) {
        return ClientRequest.get(
                URI.create("http://127.0.0.1:" + server.port("main") + path), List.of(), timeouts);
    }

    private ClientResponse echo(Slice body) {
        return client.send(
                new ClientRequest(
                        "POST",
                        URI.create("http://127.0.0.1:" + server.port("main") + "/echo"),
                        List.of(new ClientRequest.Header("X-Sent", "mark")),
                        body,
                        PATIENT));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000, 8 << 20})
    void bodiesGoThereAndComeBack(int size) throws IOException {
        byte[] bytes = new byte[size];
        new java.util.Random(size).nextBytes(bytes);

        try (ClientResponse response = echo(Slice.of(bytes))) {
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("x-seen")).contains("mark");
            assertThat(response.body().readAllBytes()).isEqualTo(bytes);
        }
    }

    /// Not always the one before: the next call may come when it is not given back yet.
    @Test
    void connectionsAreUsedAgain() throws IOException {
        for (int i = 0; i < 50; i++) {
            try (ClientResponse response = echo(Slice.of("again"))) {
                assertThat(response.body().readAllBytes()).hasSize(5);
            }
        }

        assertThat(client.connections()).isBetween(1, 25);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 401, 404, 429, 500, 503})
    void everyStatusIsAnAnswer(int status) throws IOException {
        try (ClientResponse response = client.send(get("/status/" + status, PATIENT))) {
            assertThat(response.status()).isEqualTo(status);
            assertThat(new String(response.body().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("said");
        }
    }

    @Test
    void closingStopsTheOtherSide() throws Exception {
        try (ClientResponse response = client.send(get("/drip", PATIENT))) {
            assertThat(response.body().read()).isEqualTo('l');
        }

        assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void interruptingStopsTheOtherSide() throws Exception {
        CompletableFuture<Thread> reading = new CompletableFuture<>();
        CompletableFuture<Problem> failed = new CompletableFuture<>();
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try (ClientResponse response = client.send(get("/drip", PATIENT))) {
                                reading.complete(Thread.currentThread());
                                response.body().transferTo(OutputStream.nullOutputStream());
                            } catch (Problem problem) {
                                failed.complete(problem);
                            } catch (IOException e) {
                                failed.completeExceptionally(e);
                            }
                        });
        reading.get().interrupt();

        assertThat(failed.get().what()).isEqualTo("call was cancelled");
        assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
        reader.join();
    }

    @Test
    void nobodyThereIsAProblem() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        ClientRequest request =
                ClientRequest.get(URI.create("http://127.0.0.1:" + free + "/"), List.of(), PATIENT);

        assertThatThrownBy(() -> client.send(request))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                            assertThat(problem.what()).contains("connection refused");
                        });
    }

    /// What a socket says before it closes or falls silent.
    private Problem failure(String answer, boolean hangUp, Timeouts timeouts) throws Exception {
        try (ServerSocket listening = new ServerSocket(0);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Socket> accepted =
                    executor.submit(() -> {
                        Socket socket = listening.accept();
                        socket.getInputStream().read(new byte[4 << 10]);
                        socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                        if (hangUp) {
                            socket.close();
                        }
                        return socket;
                    });
            ClientRequest request =
                    ClientRequest.get(
                            URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/x?k=s"),
                            List.of(),
                            timeouts);
            try (ClientResponse response = client.send(request)) {
                response.body().readAllBytes();
                throw new AssertionError("no failure");
            } catch (Problem problem) {
                return problem;
            } finally {
                client.close();
                accepted.get().close();
            }
        }
    }

    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                CHUNKED + "5\r\nhello\r\n",
                CHUNKED + "5\r\nhel",
                CHUNKED + "zz\r\nhello\r\n",
                "SSH-2.0-OpenSSH_9.6\r\n",
            })
    void whatIsCutOffOrGarbageIsAProblem(String answer) throws Exception {
        Problem problem = failure(answer, true, PATIENT);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
        assertThat(problem.where()).endsWith("/x").doesNotContain("k=s");
    }

    @Test
    void silenceBeforeTheHeadIsATimeout() throws Exception {
        Problem problem = failure("", false, new Timeouts(LONG, SHORT, LONG, LONG));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.TIMEOUT);
        assertThat(problem.what()).isEqualTo("no answer within 50 ms");
    }

    @Test
    void silenceInTheBodyIsATimeout() throws Exception {
        Problem problem =
                failure(CHUNKED + "5\r\nhello\r\n", false, new Timeouts(LONG, LONG, SHORT, LONG));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.TIMEOUT);
        assertThat(problem.what()).isEqualTo("answer stood still for 50 ms");
    }

    @Test
    void theWholeHasItsTime() throws Exception {
        Problem problem =
                failure(CHUNKED + "5\r\nhello\r\n", false, new Timeouts(LONG, LONG, LONG, SHORT));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.TIMEOUT);
        assertThat(problem.what()).isEqualTo("not done within 50 ms");
    }

    /// Both kinds of bytes that are no beginning: those that came with the head, and later ones.
    @Test
    void aStreamHasUntilItsFirstByteOfWorth() throws Exception {
        try (ServerSocket listening = new ServerSocket(0);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Socket> accepted =
                    executor.submit(() -> said(listening.accept(), CHUNKED + "2\r\n:\n\r\n"));
            Timeouts timeouts = new Timeouts(LONG, SHORT, LONG, LONG);
            try (ClientResponse response = client.send(get(listening, timeouts));
                    InputStream in = response.stream()) {
                assertThat(in.readNBytes(2)).hasSize(2);
                assertThatThrownBy(in::read)
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining("answer did not begin within 50 ms");
            }
            assertThat(accepted.get().getInputStream().read()).isNegative();
            accepted.get().close();
        }
    }

    @Test
    void aStreamThatHasBegunMayBeSilentForItsIdleTime() throws Exception {
        try (ServerSocket listening = new ServerSocket(0);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Socket> accepted =
                    executor.submit(() -> said(listening.accept(), CHUNKED + "2\r\n:\n\r\n"));
            Timeouts timeouts = new Timeouts(LONG, LONG, SHORT, LONG);
            try (ClientResponse response = client.send(get(listening, timeouts));
                    InputStream in = response.stream()) {
                assertThat(in.readNBytes(2)).hasSize(2);
                response.begun();
                assertThatThrownBy(in::read)
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining("answer stood still for 50 ms");
            }
            accepted.get().close();
        }
    }

    @Test
    void anAnswerThatNeverPausesHasItsTimeToo() throws IOException {
        Timeouts timeouts = new Timeouts(LONG, LONG, LONG, SHORT);
        try (ClientResponse response = client.send(get("/drip", timeouts))) {
            assertThatThrownBy(() -> response.body().transferTo(OutputStream.nullOutputStream()))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("not done within 50 ms");
        }
    }

    @Test
    void aCallIsGivenUpBeforeItsHead() throws Exception {
        try (ServerSocket listening = new ServerSocket(0);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            ClientCall call = client.call(get(listening, PATIENT));
            Future<ClientResponse> answer = executor.submit(call::answer);
            try (Socket socket = said(listening.accept(), "")) {
                call.close();
                assertThat(socket.getInputStream().read()).isNegative();
            }
            assertThatThrownBy(answer::get).hasMessageContaining("call was cancelled");
        }
    }

    @Test
    void aCallThatWasGivenUpIsNotSent() {
        ClientCall call = client.call(get("/drip", PATIENT));
        call.close();

        assertThatThrownBy(call::answer).hasMessageContaining("call was cancelled");
        assertThat(client.connections()).isZero();
    }

    /// Whenever it comes: before the request is queued, while it is, or after.
    @Test
    void aCallIsGivenUpAtAnyMoment() throws Exception {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 400; i++) {
                ClientCall call = client.call(get("/drip", PATIENT));
                Future<?> closed = executor.submit(call::close);
                try (ClientResponse response = call.answer()) {
                    assertThat(response.status()).isEqualTo(200);
                } catch (Problem problem) {
                    assertThat(problem).hasMessageContaining("call was cancelled");
                }
                closed.get();
            }
        }
    }

    private static ClientRequest get(ServerSocket from, Timeouts timeouts) {
        URI uri = URI.create("http://127.0.0.1:" + from.getLocalPort() + "/");
        return ClientRequest.get(uri, List.of(), timeouts);
    }

    /// After the request has come.
    private static Socket said(Socket socket, String answer) throws IOException {
        socket.getInputStream().read(new byte[4 << 10]);
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
        return socket;
    }
}
