package dev.backplane.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.backplane.server.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Each fault of a provider or a client, in each dialect of clients and over both languages of
/// providers: the error that the client gets, the span that is stored, and nothing left over.
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultTableTest {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final List<String> PROVIDERS = List.of("openai", "anthropic");

    /// Short only where a fault is to run out of time.
    private static final Map<String, String> CLOCKS =
            Map.of(
                    "plain",
                    "",
                    "first",
                    "first_token: 300ms, answer: 300ms",
                    "idle",
                    "idle: 300ms");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private FaultyModel model;
    private TestServer server;

    @BeforeAll
    void open(@TempDir Path data) throws IOException {
        model = new FaultyModel();
        server = new TestServer(data, yaml(model));
    }

    /// The model as providers of each language, with each set of clocks.
    static String yaml(FaultyModel model) {
        StringBuilder yaml = new StringBuilder("providers:\n");
        for (String type : PROVIDERS) {
            CLOCKS.forEach((name, timeouts) ->
                    yaml.append(
                            "  %s-%s: {type: %s, base_url: \"%s/v1\", api_key: k, timeouts: {%s}}\n"
                                    .formatted(type, name, type, model.root(), timeouts)));
        }
        return yaml.toString();
    }

    @AfterAll
    void close() throws IOException {
        server.close();
        model.close();
        http.close();
        executor.close();
    }

    private interface Case {
        void run(Client client, String model) throws Exception;
    }

    /// All dialects beside each other, each with a model of its own, whose breaker knows nothing of
    /// the others; what an Anthropic model has no word for is left out.
    private void inEachDialect(String clocks, boolean one, Case each) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (String provider : PROVIDERS) {
            for (Client client : Client.values()) {
                boolean can = client != Client.COMPLETIONS || provider.equals("openai");
                if (can && (!one || client == Client.CHAT)) {
                    String name = provider + "-" + clocks + "/" + UUID.randomUUID();
                    running.add(
                            executor.submit(() -> {
                                each.run(client, name);
                                return true;
                            }));
                }
            }
        }
        for (Future<?> future : running) {
            try {
                future.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e.getCause().getMessage(), e.getCause());
            }
        }
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(root() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private String root() {
        return "http://127.0.0.1:" + server.backplane.port();
    }

    private JsonNode span(HttpResponse<?> answer) throws IOException, InterruptedException {
        return span(
                answer.headers().firstValue("X-Backplane-Trace").orElseThrow(),
                answer.headers().firstValue("X-Backplane-Span").orElseThrow());
    }

    private JsonNode span(String trace, String span) throws IOException, InterruptedException {
        return JSON.readTree(get("/api/v1/spans/" + trace + "/" + span));
    }

    private String get(String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create(root() + path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void faultsOfProviders(Fault fault) throws Exception {
        model.plays(fault.script);
        boolean heavy = fault == Fault.EVENT_WITHOUT_AN_END;
        inEachDialect(
                fault.clocks,
                heavy,
                (client, name) -> {
                    HttpResponse<String> answer =
                            http.send(
                                    request(client.path, client.body(name, fault.stream)),
                                    HttpResponse.BodyHandlers.ofString());
                    check(fault, client, answer);
                });
        model.awaitNoConnection();
        awaitNoRequest();
    }

    /// A request is over a moment after its answer: until none but the one that asks is left.
    private void awaitNoRequest() throws Exception {
        while (!get("/metrics").matches("(?s).*\nbackplane_http_requests_active 1(\\.0)?\n.*")) {
            Thread.sleep(10);
        }
    }

    private void check(Fault fault, Client client, HttpResponse<String> answer) throws Exception {
        String what = fault + " " + client + " " + answer.body();
        JsonNode span = span(answer);
        String attributes = span.path("attributes").toString();
        if (fault.kind.isEmpty()) {
            client.checkStream(answer.body());
            assertThat(span.path("status").asString()).as(what).isEqualTo("ok");
            return;
        }
        String kind = fault.kind.get().id();
        if (fault.begun) {
            assertThat(answer.statusCode()).as(what).isEqualTo(200);
            client.checkBrokenStream(answer.body(), fault.kind.get());
            assertThat(span.path("output").toString()).contains(FaultyModel.Language.TEXT);
            assertThat(attributes).contains("cut_off");
        } else {
            assertThat(answer.statusCode()).as(what).isEqualTo(fault.kind.get().httpStatus());
            client.checkError(answer.body(), fault.kind.get());
        }
        assertThat(span.path("status").asString()).as(what).isEqualTo("error");
        assertThat(span.path("error").asString()).as(what).isNotEmpty();
        assertThat(attributes).as(what).contains("\"error.type\":\"" + kind + "\"");
        if (fault.isRefusal()) {
            assertThat(answer.headers().firstValue("Retry-After"))
                    .contains("" + Fault.RETRY_AFTER_SECONDS);
            assertThat(answer.body()).contains("told to wait");
        }
    }

    private enum Leaving {
        CLOSE,
        HALF_CLOSE,
        RESET
    }

    /// Whether the model has said something or not, whoever leaves ends the call on both sides.
    @ParameterizedTest
    @EnumSource(Leaving.class)
    void clientsThatLeave(Leaving leaving) throws Exception {
        for (boolean begun : new boolean[] {false, true}) {
            model.plays(connection -> {
                if (begun) {
                    connection.head();
                    connection.chunk(connection.language().first());
                }
                connection.awaitEnd();
            });
            inEachDialect(
                    "plain",
                    false,
                    (client, name) -> {
                        String trace = UUID.randomUUID().toString().replace("-", "");
                        try (Socket socket = new Socket("127.0.0.1", server.backplane.port())) {
                            send(socket, client, name, trace);
                            if (begun) {
                                awaitText(socket.getInputStream());
                            } else {
                                model.awaitAsked(trace);
                            }
                            leave(socket, leaving);
                            checkLeft(trace, begun);
                        }
                    });
            model.awaitNoConnection();
            awaitNoRequest();
        }
    }

    private static void send(Socket socket, Client client, String name, String trace)
            throws IOException {
        byte[] body = client.body(name, true).getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream()
                .write(
                        ("POST "
                                        + client.path
                                        + " HTTP/1.1\r\nHost: 127.0.0.1\r\ntraceparent: 00-"
                                        + trace
                                        + "-00000000000000aa-01\r\nContent-Length: "
                                        + body.length
                                        + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
    }

    private static void awaitText(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        String end = new String("né".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        while (text.indexOf(end) < 0) {
            int next = in.read();
            assertThat(next).as(text.toString()).isNotNegative();
            text.append((char) next);
        }
    }

    private static void leave(Socket socket, Leaving leaving) throws IOException {
        switch (leaving) {
            case CLOSE -> socket.close();
            case HALF_CLOSE -> socket.shutdownOutput();
            case RESET -> {
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }
    }

    /// Nobody is told when a span is stored of a call whose client has left, hence the looking.
    private void checkLeft(String trace, boolean begun) throws Exception {
        String query =
                "select error, cast(attributes as varchar) a, cast(output as varchar) o"
                        + " from spans where kind = 'llm' and trace_id = '"
                        + trace
                        + "'";
        String found = "";
        while (!found.contains("client went away")) {
            found =
                    http.send(
                                    request(
                                            "/api/v1/sql",
                                            JSON.createObjectNode().put("query", query).toString()),
                                    HttpResponse.BodyHandlers.ofString())
                            .body();
            Thread.sleep(20);
        }
        assertThat(found).contains("cancelled");
        assertThat(found.contains(FaultyModel.Language.TEXT)).as(found).isEqualTo(begun);
    }

    /// Of all threads, those that wait have no frame of a call after the calls.
    @AfterAll
    void noThreadIsLeft(@TempDir Path directory) throws Exception {
        Path dump = directory.resolve("threads.json");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.JSON);
        assertThat(Files.readString(dump))
                .contains("java.lang.Thread")
                .doesNotContain("dev.backplane.gateway.call", "dev.backplane.http.client.Flight");
    }
}
