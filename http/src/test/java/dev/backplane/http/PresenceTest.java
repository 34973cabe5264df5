package dev.backplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.testkit.Gen;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Clients that go while their request is being answered, and those that stay.
@Timeout(60)
class PresenceTest {
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch noticed = new CountDownLatch(1);

    /// Says nothing until the client has gone.
    private Router silent() {
        return Router.builder()
                .post(
                        "/silent",
                        exchange -> {
                            exchange.rawBody().readAllBytes();
                            try (Presence.Watch _ =
                                    exchange.presence().whenGone(noticed::countDown)) {
                                started.countDown();
                                await(noticed);
                            }
                            if (exchange.presence().gone()) {
                                throw new ClientGone("client has gone");
                            }
                        })
                .build();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private enum Leaving {
        CLOSE,
        RESET,
        END_OF_OUTPUT
    }

    @ParameterizedTest
    @EnumSource(Leaving.class)
    void aClientThatLeavesIsNoticedWhileNothingIsSent(Leaving leaving) throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, silent())) {
            try (Socket socket = new Socket("127.0.0.1", client.server.port("main"))) {
                send(socket, "POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
                started.await();
                leave(socket, leaving);
                noticed.await();
            }
        }
    }

    private static void leave(Socket socket, Leaving leaving) throws IOException {
        switch (leaving) {
            case CLOSE -> socket.close();
            case RESET -> {
                socket.setSoLinger(true, 0);
                socket.close();
            }
            case END_OF_OUTPUT -> {
                socket.shutdownOutput();
                // The connection ends; whether the problem still got through is chance.
                var _ = socket.getInputStream().readAllBytes();
            }
        }
    }

    @Test
    void aStreamThatIsCancelledIsNoticed() throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_2, silent());
                HttpClient http =
                        HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            HttpRequest request =
                    client.request("/silent")
                            .POST(HttpRequest.BodyPublishers.ofString("hi"))
                            .build();
            CompletableFuture<HttpResponse<String>> answer =
                    http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            started.await();
            answer.cancel(true);
            noticed.await();
        }
    }

    @Test
    void aConnectionThatEndsTakesItsStreamsAlong() throws Exception {
        try (Client client = new Client(HttpClient.Version.HTTP_2, silent())) {
            HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
            HttpRequest request =
                    client.request("/silent")
                            .POST(HttpRequest.BodyPublishers.ofString("hi"))
                            .build();
            CompletableFuture<HttpResponse<String>> _ =
                    http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            started.await();
            http.shutdownNow();
            noticed.await();
        }
    }

    @Test
    void aWriteToWhoDoesNotReadEndsWhenTheClientGoes() throws Exception {
        Router endless =
                Router.builder()
                        .get(
                                "/endless",
                                exchange -> {
                                    exchange.presence().gone();
                                    OutputStream out = exchange.output();
                                    try {
                                        while (true) {
                                            out.write(new byte[100_000]);
                                        }
                                    } catch (ClientGone gone) {
                                        noticed.countDown();
                                        throw gone;
                                    }
                                })
                        .build();
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, endless);
                Socket socket = new Socket("127.0.0.1", client.server.port("main"))) {
            send(socket, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
            socket.getInputStream().readNBytes(100);
            socket.shutdownOutput();
            noticed.await();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void whoOnlyWaitsForLongIsNotGone(HttpClient.Version version) throws Exception {
        AtomicBoolean gone = new AtomicBoolean();
        CountDownLatch idled = new CountDownLatch(1);
        Router routes =
                Router.builder()
                        .get(
                                "/slow",
                                exchange -> {
                                    exchange.presence().whenGone(() -> gone.set(true));
                                    started.countDown();
                                    await(idled);
                                    exchange.sendText(200, "gone " + exchange.presence().gone());
                                })
                        .build();
        try (Client client = new Client(version, routes, Duration.ofMillis(100))) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            Thread.startVirtualThread(() -> {
                try {
                    answer.complete(client.send(client.request("/slow")).body());
                } catch (IOException | InterruptedException e) {
                    answer.completeExceptionally(e);
                }
            });
            started.await();
            // Each returns when the server has closed the connection for being idle.
            for (int i = 0; i < 3; i++) {
                client.raw("GET /read HT");
            }
            idled.countDown();
            assertThat(answer.get()).isEqualTo("gone false");
            assertThat(gone).isFalse();
        }
    }

    /// What a pipelining client sends early is read by the watch and must reach the next request
    /// whole and in order, however it is cut.
    @Test
    void requestsThatComeEarlyAreAnsweredInOrder() {
        Gen.check(
                20,
                random -> {
                    Router routes =
                            Router.builder()
                                    .post(
                                            "/echo",
                                            exchange -> {
                                                byte[] body = exchange.rawBody().readAllBytes();
                                                exchange.presence().gone();
                                                Thread.yield();
                                                exchange.send(200, "text/plain", body);
                                            })
                                    .build();
                    try (Client client = new Client(HttpClient.Version.HTTP_1_1, routes);
                            Socket socket = new Socket("127.0.0.1", client.server.port("main"))) {
                        List<String> bodies = new ArrayList<>();
                        StringBuilder requests = new StringBuilder();
                        for (int i = 0; i < 30; i++) {
                            bodies.add(i + "x".repeat(random.nextInt(random.nextInt(3_000) + 1)));
                            requests.append("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ")
                                    .append(bodies.getLast().length())
                                    .append("\r\n\r\n")
                                    .append(bodies.getLast());
                        }
                        Thread.startVirtualThread(
                                () -> sendInPieces(socket, requests.toString(), random));
                        InputStream in = new BufferedInputStream(socket.getInputStream());
                        for (String body : bodies) {
                            assertThat(answer(in)).isEqualTo(body);
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    private static void sendInPieces(Socket socket, String text, RandomGenerator random) {
        try {
            int at = 0;
            while (at < text.length()) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(2_000));
                send(socket, text.substring(at, end));
                at = end;
                Thread.yield();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /// The body of the next answer.
    private static String answer(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertThat(next).isNotNegative();
            head.append((char) next);
        }
        String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
        byte[] body = new byte[Integer.parseInt(length)];
        new DataInputStream(in).readFully(body);
        return new String(body, StandardCharsets.US_ASCII);
    }
}
