package dev.backplane.server;

import static dev.backplane.server.OtlpClient.TRACE;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.backplane.core.Problem;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// OTLP's rules, with the generated classes and a real gRPC client, over a store that does what the
/// test says.
@Timeout(60)
class OtlpTest {
    private static final String PROTOBUF = "application/x-protobuf";
    private static final String JSON = "application/json";
    private static final int LIMIT = 4 << 20;
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    @TempDir private Path data;

    private final MemoryTraceStore store = new MemoryTraceStore();
    private TestServer server;
    private OtlpClient client;

    @BeforeEach
    void start() throws IOException {
        server =
                new TestServer(
                        data,
                        "limits: {otlp_bytes: 4MiB, ingest_memory: 20MiB}\n",
                        (_, _, _) -> store);
        client = new OtlpClient(server.backplane.otlpGrpcPort());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private HttpResponse<byte[]> post(int port, String type, String encoding, byte[] body)
            throws Exception {
        return server.sendBytes(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/traces"))
                        .header("Content-Type", type)
                        .header("Content-Encoding", encoding)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private HttpResponse<byte[]> post(String type, byte[] body) throws Exception {
        return post(server.backplane.otlpHttpPort(), type, "identity", body);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] json(String spanId, String text) {
        return TestServer.utf8(
                """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%s",
                 "name":"chat","kind":3,"startTimeUnixNano":"1000000000",
                 "endTimeUnixNano":2000000000,"unknownField":{"a":[1]},
                 "attributes":[{"key":"custom.text","value":{"stringValue":"%s"}}]}]}]}]}
                """
                        .formatted(TRACE.toUpperCase(java.util.Locale.ROOT), spanId, text));
    }

    private List<String> stored() {
        List<String> spans = new ArrayList<>();
        store.spans(
                MemoryTraceStore.everything("default"),
                row -> {
                    spans.add(row.key().span());
                    return true;
                });
        return spans;
    }

    @Test
    void takesProtobufOverHttpInAllEncodingsOnBothPorts() throws Exception {
        byte[] body = OtlpClient.request(2, "x".repeat(1_000)).toByteArray();
        for (int port : new int[] {server.backplane.otlpHttpPort(), server.backplane.port()}) {
            List<HttpResponse<byte[]>> answers =
                    List.of(
                            post(port, PROTOBUF, "identity", body),
                            post(port, PROTOBUF, "gzip", gzip(body)),
                            post(port, PROTOBUF, "zstd", Zstd.compress(body)));
            for (HttpResponse<byte[]> answer : answers) {
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("Content-Type")).hasValue(PROTOBUF);
                assertThat(answer.body()).isEmpty();
            }
        }
        assertThat(stored()).hasSize(2);
        assertThat(post(PROTOBUF, new byte[0]).statusCode()).isEqualTo(200);
    }

    @Test
    void takesJsonOverHttp() throws Exception {
        int port = server.backplane.otlpHttpPort();
        HttpResponse<byte[]> answer =
                post(port, JSON, "zstd", Zstd.compress(json("00000000000000AB", "ü")));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue(JSON);
        assertThat(answer.body()).isEqualTo(TestServer.utf8("{}"));
        assertThat(server.get("/api/v1/spans/" + TRACE + "/00000000000000ab").body())
                .contains("\"custom.text\":\"ü\"");
    }

    @Test
    void takesGrpc() throws Exception {
        assertThat(client.export(OtlpClient.request(3, "x".repeat(100_000))))
                .isEqualTo(ExportTraceServiceResponse.getDefaultInstance());
        assertThat(stored()).hasSize(3);
        assertThat(client.export(ExportTraceServiceRequest.getDefaultInstance()))
                .isEqualTo(ExportTraceServiceResponse.getDefaultInstance());
        assertThat(server.get("/metrics").body())
                .contains("backplane_server_events_total{surface=\"otlp_grpc\"} 3");
    }

    @Test
    void storesTheRestOfABatchAndSaysWhatItRefused() throws Exception {
        ExportTraceServiceResponse grpc = client.export(OtlpClient.withABadSpan());
        assertThat(grpc.getPartialSuccess().getRejectedSpans()).isEqualTo(1);
        assertThat(grpc.getPartialSuccess().getErrorMessage()).startsWith("span 1: ");
        HttpResponse<byte[]> http = post(PROTOBUF, OtlpClient.withABadSpan().toByteArray());
        assertThat(http.statusCode()).isEqualTo(200);
        assertThat(ExportTraceServiceResponse.parseFrom(http.body())).isEqualTo(grpc);
        HttpResponse<byte[]> json = post(JSON, json("", "x"));
        assertThat(new String(json.body(), StandardCharsets.UTF_8))
                .startsWith(
                        "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"span 0: ");
        assertThat(stored()).containsExactlyInAnyOrder("%016x".formatted(1), "%016x".formatted(3));
        assertThat(server.get("/metrics").body())
                .contains("backplane_server_rejected_total{surface=\"otlp_grpc\"} 1")
                .contains("backplane_server_rejected_total{surface=\"otlp_http\"} 2");
    }

    @Test
    void answersErrorsInTheTypeOfTheRequest() throws Exception {
        HttpResponse<byte[]> protobuf = post(PROTOBUF, TestServer.utf8("nonsense!"));
        assertThat(protobuf.statusCode()).isEqualTo(400);
        assertThat(protobuf.headers().firstValue("Content-Type")).hasValue(PROTOBUF);
        // google.rpc.Status: field 1 (code) is 3, field 2 is the message
        assertThat(protobuf.body()).startsWith(8, 3, 0x12);
        HttpResponse<byte[]> json = post(JSON, TestServer.utf8("{\"resourceSpans\":[}"));
        assertThat(json.statusCode()).isEqualTo(400);
        assertThat(json.headers().firstValue("Content-Type")).hasValue(JSON);
        assertThat(new String(json.body(), StandardCharsets.UTF_8)).startsWith("{\"code\":3,");
        assertThat(post("text/plain", new byte[0]).statusCode()).isEqualTo(415);
        assertThat(post(server.backplane.otlpHttpPort(), PROTOBUF, "br", new byte[1]).statusCode())
                .isEqualTo(415);
    }

    @Test
    void answersDefectsOfOursLikewiseAndQuotesNothing() throws Exception {
        store.failure = Optional.of(new IllegalStateException("secret"));
        HttpResponse<byte[]> http = post(PROTOBUF, OtlpClient.request(1, "x").toByteArray());
        assertThat(http.statusCode()).isEqualTo(500);
        assertThat(http.headers().firstValue("Content-Type")).hasValue(PROTOBUF);
        assertThat(http.body()).startsWith(8, 13, 0x12);
        assertThat(new String(http.body(), StandardCharsets.UTF_8)).doesNotContain("secret");
        StatusRuntimeException grpc = failure(OtlpClient.request(1, "x"));
        assertThat(grpc.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(grpc.getStatus().getDescription()).doesNotContain("secret");
        assertThat(stored()).isEmpty();
    }

    @Test
    void refusesTooMuchForGood() throws Exception {
        ExportTraceServiceRequest request = OtlpClient.request(1, "y".repeat(LIMIT));
        StatusRuntimeException grpc = failure(request);
        assertThat(grpc.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(details(grpc)).doesNotContain("RetryInfo");
        for (String encoding : List.of("identity", "gzip", "zstd")) {
            byte[] plain = request.toByteArray();
            byte[] body =
                    switch (encoding) {
                        case "gzip" -> gzip(plain);
                        case "zstd" -> Zstd.compress(plain);
                        default -> plain;
                    };
            HttpResponse<byte[]> http =
                    post(server.backplane.otlpHttpPort(), PROTOBUF, encoding, body);
            assertThat(http.statusCode()).as(encoding).isEqualTo(413);
            assertThat(http.headers().firstValue("Retry-After")).as(encoding).isEmpty();
        }
        assertThat(stored()).isEmpty();
    }

    private StatusRuntimeException failure(ExportTraceServiceRequest request) {
        try {
            client.export(request);
        } catch (StatusRuntimeException failure) {
            return failure;
        }
        throw new AssertionError("export succeeded");
    }

    private static String details(StatusRuntimeException failure) {
        return new String(failure.getTrailers().get(DETAILS), StandardCharsets.ISO_8859_1);
    }

    @Test
    void saysWhenToComeBackWhileTheStoreCannotWrite() throws Exception {
        store.failure =
                Optional.of(
                        Problem.unavailable("disk is full", "store")
                                .retryAfter(Duration.ofSeconds(7)));
        StatusRuntimeException grpc = failure(OtlpClient.request(1, "x"));
        assertThat(grpc.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(details(grpc)).contains("google.rpc.RetryInfo");
        HttpResponse<byte[]> json = post(JSON, json("00000000000000ab", "x"));
        assertThat(json.statusCode()).isEqualTo(503);
        assertThat(json.headers().firstValue("Retry-After")).hasValue("7");
        assertThat(new String(json.body(), StandardCharsets.UTF_8))
                .contains("\"retryDelay\":\"7s\"");
        store.failure = Optional.empty();
        assertThat(client.export(OtlpClient.request(1, "x")))
                .isEqualTo(ExportTraceServiceResponse.getDefaultInstance());
    }

    /// Requests whose spans the store holds on to fill the memory; the next is refused at once and
    /// taken again when there is room.
    @Test
    void refusesWhatDoesNotFitIntoMemoryUntilItDoes() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(4);
        store.beforeAppend =
                () -> {
                    held.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                };
        ExportTraceServiceRequest large = OtlpClient.request(1, "z".repeat(3 << 20));
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            senders.add(Thread.startVirtualThread(() -> client.export(large)));
        }
        held.await();
        StatusRuntimeException grpc = failure(large);
        assertThat(grpc.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(details(grpc)).contains("google.rpc.RetryInfo");
        HttpResponse<byte[]> http = post(PROTOBUF, large.toByteArray());
        assertThat(http.statusCode()).isEqualTo(503);
        assertThat(http.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(server.get("/metrics").body())
                .contains("backplane_server_ingest_refused_total 2");
        go.countDown();
        for (Thread sender : senders) {
            sender.join();
        }
        client.export(large);
        assertThat(stored()).hasSize(1);
        assertThat(server.get("/metrics").body())
                .contains("backplane_server_ingest_memory_bytes 0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givesMemoryBackWhenSendersGoAway(boolean chunked) throws Exception {
        byte[] half = new byte[1 << 20];
        String length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 3000000";
        try (Socket socket = new Socket("127.0.0.1", server.backplane.otlpHttpPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(
                    TestServer.utf8(
                            "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                                    + PROTOBUF
                                    + "\r\n"
                                    + length
                                    + "\r\n\r\n"
                                    + (chunked ? "200000\r\n" : "")));
            out.write(half);
            out.flush();
            await("backplane_server_ingest_memory_bytes [1-9]");
        }
        await("backplane_server_ingest_memory_bytes 0");
        assertThat(stored()).isEmpty();
    }

    private void await(String line) throws Exception {
        String metrics = "";
        while (metrics.lines().noneMatch(have -> have.matches(line + ".*"))) {
            metrics = server.get("/metrics").body();
        }
    }

    @Test
    void needsKeysWhereTheyAreAsked() throws Exception {
        String key = "an-admin-key-for-tests-only";
        try (TestServer locked =
                        new TestServer(
                                data.resolve("locked"),
                                "loopback_without_key: false\n",
                                java.util.Map.of("BACKPLANE_API_KEY", key),
                                (_, _, _) -> store);
                OtlpClient exporter = new OtlpClient(locked.backplane.otlpGrpcPort())) {
            Metadata headers = new Metadata();
            try {
                exporter.export(OtlpClient.request(1, "x"), headers);
                throw new AssertionError("export succeeded");
            } catch (StatusRuntimeException refused) {
                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            }
            headers.put(
                    Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                    "Bearer " + key);
            headers.put(
                    Metadata.Key.of("x-backplane-project", Metadata.ASCII_STRING_MARSHALLER), "p");
            exporter.export(OtlpClient.request(1, "x"), headers);
            assertThat(store.projects()).containsExactly("p");
        }
    }
}
