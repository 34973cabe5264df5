package dev.backplane.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReachTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    private static URI uri(String scheme, ServerSocket socket) {
        return URI.create(scheme + "://127.0.0.1:" + socket.getLocalPort() + "/v1");
    }

    @Test
    void tellsEachStepOfOneThatIsThere() throws IOException {
        try (ServerSocket socket = listen()) {
            Reach reach = Reach.of(uri("http", socket), PATIENCE);

            assertThat(reach.failure()).isEmpty();
            assertThat(reach.nameMillis()).isPresent();
            assertThat(reach.connectMillis()).isPresent();
            assertThat(reach.tlsMillis()).isEmpty();
        }
    }

    @Test
    void tellsWhereItStuck() throws IOException {
        URI closed;
        try (ServerSocket socket = listen()) {
            closed = uri("http", socket);
        }
        Problem refused = Reach.of(closed, PATIENCE).failure().orElseThrow();
        assertThat(refused.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
        assertThat(refused.getMessage())
                .isEqualTo("connection refused (127.0.0.1:" + closed.getPort() + ")");
        assertThat(refused.fix()).startsWith("start the service");

        Reach unknown = Reach.of(URI.create("https://nosuch.invalid/v1"), PATIENCE);
        assertThat(unknown.failure().orElseThrow().getMessage())
                .isEqualTo("host is not known (nosuch.invalid:443)");
        assertThat(unknown.nameMillis()).isEmpty();
    }

    /// The most frequent mistake of all: https to a service that speaks http.
    @Test
    void tellsThatNobodySpeaksTls() throws IOException {
        try (ServerSocket socket = listen()) {
            Thread.ofVirtual()
                    .start(() -> {
                        try (Socket client = socket.accept();
                                OutputStream out = client.getOutputStream()) {
                            out.write(
                                    "HTTP/1.1 400 Bad Request\r\n\r\n"
                                            .getBytes(StandardCharsets.US_ASCII));
                        } catch (IOException gone) {
                            throw new AssertionError(gone);
                        }
                    });
            Reach reach = Reach.of(uri("https", socket), PATIENCE);

            assertThat(reach.connectMillis()).isPresent();
            assertThat(reach.failure().orElseThrow().fix()).contains("https or http");
        }
    }

    @Test
    void waitsNoLongerThanItIsTold() throws IOException {
        try (ServerSocket socket = listen()) {
            Reach reach = Reach.of(uri("https", socket), Duration.ofMillis(50));

            assertThat(reach.failure().orElseThrow().kind()).isEqualTo(Problem.Kind.TIMEOUT);
        }
    }
}
