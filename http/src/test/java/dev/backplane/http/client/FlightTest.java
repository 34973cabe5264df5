package dev.backplane.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What of an answer waits for its reader, and who waits for the clocks.
@Timeout(60)
class FlightTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Timeouts PATIENT = new Timeouts(LONG, LONG, LONG, LONG);

    /// Many of the client's buffers.
    private static final int SIZE = 4 << 20;

    private static final int STREAMS = 100;

    private final HttpClient client = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        client.close();
        executor.close();
    }

    private interface Answer {
        void on(Socket socket) throws Exception;
    }

    /// A server that takes one request.
    private Future<?> serve(ServerSocket listening, Answer answer) {
        return executor.submit(() -> {
            try (Socket socket = listening.accept()) {
                socket.getInputStream().read(new byte[4 << 10]);
                answer.on(socket);
            }
            return true;
        });
    }

    private ClientResponse get(ServerSocket from, Timeouts timeouts) {
        URI uri = URI.create("http://127.0.0.1:" + from.getLocalPort() + "/");
        return client.send(ClientRequest.get(uri, List.of(), timeouts));
    }

    private static byte[] head(int length) {
        return "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                .formatted(length)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] random() {
        byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /// Else the streams that a server has open would take a buffer each.
    @Test
    void whatWaitsForItsReaderHoldsNoBufferOfTheClients() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        List<Future<?>> served = new ArrayList<>();
        List<ClientResponse> answers = new ArrayList<>();
        long before = directBuffers();
        try (ServerSocket listening = new ServerSocket(0)) {
            for (int i = 0; i < STREAMS; i++) {
                served.add(
                        serve(
                                listening,
                                socket -> {
                                    socket.getOutputStream().write(head(3));
                                    socket.getOutputStream().write(new byte[] {'a', 'b'});
                                    goOn.await();
                                    socket.getOutputStream().write('c');
                                }));
                answers.add(get(listening, PATIENT));
                assertThat(answers.getLast().body().read()).isEqualTo('a');
            }
            assertThat(directBuffers() - before).isLessThan(STREAMS / 2);
            goOn.countDown();
            for (ClientResponse answer : answers) {
                assertThat(answer.body().readAllBytes()).asString().isEqualTo("bc");
                answer.close();
            }
            for (Future<?> each : served) {
                each.get();
            }
        }
    }

    private static long directBuffers() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getCount)
                .sum();
    }

    /// The sender is held up and nothing is lost, in whatever pieces it is read.
    @Test
    void aReaderMayBeSlowerThanTheSender() throws Exception {
        byte[] bytes = random();
        try (ServerSocket listening = new ServerSocket(0)) {
            Future<?> served =
                    serve(
                            listening,
                            socket -> {
                                socket.getOutputStream().write(head(SIZE));
                                socket.getOutputStream().write(bytes);
                            });
            try (ClientResponse response = get(listening, PATIENT)) {
                InputStream in = response.body();
                byte[] read = new byte[SIZE];
                int at = 0;
                for (int piece = 1; at < SIZE; piece = piece % 5_000 + 97) {
                    Thread.yield();
                    at += in.readNBytes(read, at, Math.min(piece, SIZE - at));
                }
                assertThat(read).isEqualTo(bytes);
                assertThat(in.read()).isNegative();
            }
            served.get();
        }
    }

    /// All that had come is read first, and then that there is no more.
    @Test
    void whatCameBeforeACutIsRead() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        try (ServerSocket listening = new ServerSocket(0)) {
            Future<?> served =
                    serve(
                            listening,
                            socket -> {
                                socket.getOutputStream().write(head(100));
                                socket.getOutputStream().write(new byte[40]);
                                read.await();
                            });
            try (ClientResponse response = get(listening, PATIENT)) {
                InputStream in = response.body();
                assertThat(in.read()).isZero();
                read.countDown();
                served.get();
                assertThat(in.readNBytes(39)).hasSize(39);
                assertThatThrownBy(in::read)
                        .isInstanceOfSatisfying(
                                Problem.class,
                                problem ->
                                        assertThat(problem.kind())
                                                .isEqualTo(Problem.Kind.UNAVAILABLE));
            }
        }
    }

    /// The other side is told, and the client can make the next call.
    @Test
    void anAnswerIsClosedWithPartsOfItUnread() throws Exception {
        byte[] bytes = random();
        for (int i = 0; i < 20; i++) {
            try (ServerSocket listening = new ServerSocket(0)) {
                Future<?> served =
                        serve(
                                listening,
                                socket -> {
                                    socket.getOutputStream().write(head(2 * SIZE));
                                    socket.getOutputStream().write(bytes);
                                    awaitEnd(socket);
                                });
                ClientResponse response = get(listening, PATIENT);
                InputStream in = response.body();
                assertThat(in.read()).isNotNegative();
                response.close();
                assertThatThrownBy(in::readAllBytes).isInstanceOf(Problem.class);
                assertThatNothingBut(served);
            }
        }
    }

    /// Bytes that nobody reads make the end a reset.
    private static void awaitEnd(Socket socket) {
        try {
            assertThat(socket.getInputStream().read()).isNegative();
        } catch (IOException reset) {
            assertThat(reset).isInstanceOf(SocketException.class);
        }
    }

    /// The write may be what fails.
    private static void assertThatNothingBut(Future<?> served) throws InterruptedException {
        try {
            served.get();
        } catch (java.util.concurrent.ExecutionException failed) {
            assertThat(failed).hasCauseInstanceOf(SocketException.class);
        }
    }

    /// The first to wait after a while wakes the clocks.
    @Test
    void clocksThatRestAreWoken() throws Exception {
        awaitRest();
        CountDownLatch late = new CountDownLatch(1);
        try (ServerSocket listening = new ServerSocket(0)) {
            Future<?> served = serve(listening, _ -> late.await());
            Timeouts timeouts = new Timeouts(LONG, Duration.ofMillis(50), LONG, LONG);
            assertThatThrownBy(() -> get(listening, timeouts))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.TIMEOUT));
            late.countDown();
            served.get();
        }
    }

    /// A thread that rests waits without a time.
    private static void awaitRest() throws InterruptedException {
        while (Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("http-client-clocks"))
                .anyMatch(thread -> thread.getState() != Thread.State.WAITING)) {
            Thread.sleep(20);
        }
    }
}
