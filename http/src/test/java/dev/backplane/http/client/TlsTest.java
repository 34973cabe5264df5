package dev.backplane.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// As providers are reached: over TLS, HTTP/2 where ALPN says so.
@Timeout(60)
class TlsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Timeouts PATIENT = new Timeouts(LONG, LONG, LONG, LONG);
    private static final String PASSWORD = "changeit";
    private static final String TRUST = "javax.net.ssl.trustStore";
    private static final int LINES = 20;

    @TempDir private Path home;

    private final Server server = new Server();
    private final ServerConnector both = new ServerConnector(server, 0, 1);
    private final ServerConnector old = new ServerConnector(server, 0, 1);
    private final Semaphore heard = new Semaphore(0);
    private final CountDownLatch gone = new CountDownLatch(1);
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void start() throws Exception {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStorePath(keys().toString());
        tls.setKeyStorePassword(PASSWORD);
        HttpConfiguration configuration = new HttpConfiguration();
        HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol(http1.getProtocol());
        both.setConnectionFactories(
                List.of(
                        new SslConnectionFactory(tls, alpn.getProtocol()),
                        alpn,
                        new HTTP2ServerConnectionFactory(configuration),
                        http1));
        old.setConnectionFactories(
                List.of(new SslConnectionFactory(tls, http1.getProtocol()), http1));
        server.setConnectors(new ServerConnector[] {both, old});
        server.setHandler(new Answers());
        server.start();
    }

    /// A key for this machine, which signs itself, and a store of those who are trusted, itself.
    private Path keys() throws Exception {
        Path keys = home.resolve("keys.p12");
        Path trusted = home.resolve("trusted.p12");
        Path certificate = home.resolve("certificate");
        String generate = "-genkeypair -alias a -keyalg EC -dname CN=test -ext san=ip:127.0.0.1";
        keytool(keys, generate.split(" "));
        keytool(keys, "-exportcert", "-alias", "a", "-file", certificate.toString());
        keytool(
                trusted,
                "-importcert",
                "-noprompt",
                "-alias",
                "a",
                "-file",
                certificate.toString());
        return keys;
    }

    private static void keytool(Path store, String... words) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(words));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    @AfterEach
    void stop() throws Exception {
        heard.release(LINES);
        server.stop();
        executor.close();
    }

    /// Echoes what is posted; else says a line whenever the one before was heard.
    private final class Answers extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback)
                throws Exception {
            request.addFailureListener(_ -> gone.countDown());
            try (OutputStream out = Content.Sink.asOutputStream(response)) {
                if (request.getMethod().equals("POST")) {
                    Content.Source.asInputStream(request).transferTo(out);
                } else {
                    for (int i = 0; i < LINES; i++) {
                        out.write("line\n".getBytes(StandardCharsets.US_ASCII));
                        out.flush();
                        heard.acquire();
                    }
                }
            }
            callback.succeeded();
            return true;
        }
    }

    private HttpClient client(boolean trusting) {
        if (trusting) {
            System.setProperty(TRUST, home.resolve("trusted.p12").toString());
            System.setProperty(TRUST + "Password", PASSWORD);
        }
        try {
            return HttpClient.start(HttpClient.Limits.DEFAULT);
        } finally {
            System.clearProperty(TRUST);
            System.clearProperty(TRUST + "Password");
        }
    }

    private static URI uri(ServerConnector connector) {
        return URI.create("https://127.0.0.1:" + connector.getLocalPort() + "/");
    }

    private static ClientResponse echo(HttpClient client, ServerConnector connector, byte[] body) {
        return client.send(
                new ClientRequest("POST", uri(connector), List.of(), Slice.of(body), PATIENT));
    }

    private ClientResponse lines(HttpClient client) {
        return client.send(ClientRequest.get(uri(both), List.of(), PATIENT));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000, 8 << 20})
    void bodiesGoThereAndComeBack(int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        try (HttpClient client = client(true);
                ClientResponse response = echo(client, both, bytes)) {
            assertThat(response.protocol()).isEqualTo("HTTP/2.0");
            assertThat(response.body().readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void whoKnowsNoAlpnIsAnsweredInTheOldLanguage() throws IOException {
        try (HttpClient client = client(true);
                ClientResponse response = echo(client, old, new byte[] {7})) {
            assertThat(response.protocol()).isEqualTo("HTTP/1.1");
            assertThat(response.body().readAllBytes()).containsExactly(7);
        }
    }

    /// The server says no further line before this one has come.
    @Test
    void linesComeWhenTheyAreSaid() throws IOException {
        try (HttpClient client = client(true);
                ClientResponse response = lines(client)) {
            InputStream body = response.body();
            for (int i = 0; i < LINES; i++) {
                assertThat(body.readNBytes(5)).asString().isEqualTo("line\n");
                heard.release();
            }
            assertThat(body.read()).isNegative();
        }
    }

    /// The connection goes on with the other streams.
    @Test
    void closingStopsOneStream() throws Exception {
        try (HttpClient client = client(true);
                ClientResponse other = lines(client)) {
            assertThat(other.body().readNBytes(5)).hasSize(5);
            try (ClientResponse left = lines(client)) {
                assertThat(left.body().readNBytes(5)).hasSize(5);
            }
            gone.await();
            heard.release(2 * LINES);
            assertThat(other.body().readAllBytes()).hasSize(5 * (LINES - 1));
            assertThat(client.connections()).isEqualTo(1);
        }
    }

    @Test
    void manyCallsShareAConnection() throws Exception {
        try (HttpClient client = client(true)) {
            echo(client, both, new byte[] {0}).close();
            List<Future<byte[]>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                byte[] body = new byte[10_000 + i];
                answers.add(
                        executor.submit(() -> {
                            try (ClientResponse response = echo(client, both, body)) {
                                return response.body().readAllBytes();
                            }
                        }));
            }
            for (int i = 0; i < 50; i++) {
                assertThat(answers.get(i).get()).hasSize(10_000 + i);
            }
            assertThat(client.connections()).isEqualTo(1);
        }
    }

    @Test
    void whomNobodyVouchesForIsNotSpokenTo() {
        try (HttpClient client = client(false)) {
            assertThatThrownBy(() -> echo(client, both, new byte[] {1}))
                    .isInstanceOf(Problem.class);
        }
    }
}
