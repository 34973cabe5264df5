package dev.backplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import io.grpc.CallOptions;
import io.grpc.Codec;
import io.grpc.CompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GrpcUnaryTest {
    private static final int LIMIT = 8 << 20;
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final MethodDescriptor.Marshaller<byte[]> BYTES =
            new MethodDescriptor.Marshaller<>() {
                @Override
                public InputStream stream(byte[] value) {
                    return new ByteArrayInputStream(value);
                }

                @Override
                public byte[] parse(InputStream stream) {
                    try {
                        return stream.readAllBytes();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };

    /// The answer is the message reversed in place of its first 100 bytes; the word says otherwise.
    private static byte[] call(Exchange exchange, InputStream message) throws IOException {
        byte[] bytes = message.readAllBytes();
        String word = new String(bytes, 0, Math.min(bytes.length, 100), StandardCharsets.UTF_8);
        switch (word) {
            case "busy":
                throw Problem.unavailable("budget is used up", "ingest")
                        .fix("send again later")
                        .retryAfter(Duration.ofMillis(2_250));
            case "bad":
                throw Problem.invalid("100% wrong: ü", "field 1");
            case "boom":
                throw new IllegalStateException("secret");
            default:
                return bytes;
        }
    }

    private final HttpServer server =
            HttpServer.start(
                    List.of(
                            new HttpServer.Listener(
                                    "grpc",
                                    "127.0.0.1",
                                    0,
                                    Router.builder()
                                            .post(
                                                    "/test.Service/Echo",
                                                    new GrpcUnary(
                                                            BodyLimits.buffered(LIMIT),
                                                            GrpcUnaryTest::call))
                                            .build())),
                    new Meter());
    private final CompressorRegistry compressors = CompressorRegistry.newEmptyInstance();
    private final ManagedChannel channel = channel();

    private ManagedChannel channel() {
        compressors.register(new Codec.Gzip());
        compressors.register(Codec.Identity.NONE);
        compressors.register(new ZstdCodec());
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port("grpc"))
                .usePlaintext()
                .compressorRegistry(compressors)
                .maxInboundMessageSize(1 << 30)
                .build();
    }

    private byte[] echo(String encoding, byte[] message) {
        return echo("test.Service/Echo", encoding, message);
    }

    private byte[] echo(String method, String encoding, byte[] message) {
        MethodDescriptor<byte[], byte[]> descriptor =
                MethodDescriptor.<byte[], byte[]>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(method)
                        .setRequestMarshaller(BYTES)
                        .setResponseMarshaller(BYTES)
                        .build();
        return ClientCalls.blockingUnaryCall(
                channel,
                descriptor,
                CallOptions.DEFAULT
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .withCompression(encoding),
                message);
    }

    private StatusRuntimeException failure(String encoding, byte[] message) {
        try {
            echo(encoding, message);
        } catch (StatusRuntimeException failure) {
            return failure;
        }
        throw new AssertionError("call succeeded with " + encoding);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.close();
    }

    @Test
    void carriesMessagesOfAllSizesInAllEncodings() {
        Random random = new Random(3);
        for (String encoding : List.of("identity", "gzip", "zstd")) {
            for (int size : new int[] {0, 1, 5, 70_000, 3 << 20, LIMIT}) {
                byte[] message = new byte[size];
                random.nextBytes(message);
                assertThat(echo(encoding, message)).as("%s %d", encoding, size).isEqualTo(message);
            }
        }
    }

    @Test
    void saysWhenToRetry() {
        StatusRuntimeException busy = failure("gzip", "busy".getBytes(StandardCharsets.UTF_8));
        assertThat(busy.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(busy.getStatus().getDescription()).contains("budget is used up");
        byte[] details = busy.getTrailers().get(DETAILS);
        String text = new String(details, StandardCharsets.ISO_8859_1);
        // code 14, then at the end a RetryInfo of a Duration of 2 s and 250,000,000 ns
        assertThat(text).startsWith("\u0008\u000e").contains("google.rpc.RetryInfo");
        assertThat(text).endsWith("\n\u0007\u0008\u0002\u0010\u0080\u00e5\u009aw");
    }

    @Test
    void mapsFailuresToStatuses() {
        StatusRuntimeException bad = failure("identity", "bad".getBytes(StandardCharsets.UTF_8));
        assertThat(bad.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(bad.getStatus().getDescription()).startsWith("100% wrong: ü (field 1)");
        StatusRuntimeException boom = failure("identity", "boom".getBytes(StandardCharsets.UTF_8));
        assertThat(boom.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(boom.getStatus().getDescription()).doesNotContain("secret");
        assertThatThrownBy(() -> echo("test.Service/Nothing", "identity", new byte[0]))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        failure -> {
                            assertThat(failure.getStatus().getCode())
                                    .isEqualTo(Status.Code.UNIMPLEMENTED);
                            assertThat(failure.getStatus().getDescription())
                                    .startsWith("no such gRPC method");
                        });
    }

    @Test
    void refusesTooMuchForGood() {
        for (String encoding : List.of("identity", "gzip", "zstd")) {
            StatusRuntimeException failure = failure(encoding, new byte[LIMIT + 1]);
            assertThat(failure.getStatus().getCode())
                    .as(encoding)
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            String details =
                    new String(failure.getTrailers().get(DETAILS), StandardCharsets.ISO_8859_1);
            assertThat(details).doesNotContain("RetryInfo");
        }
    }

    /// The same framing by hand, with what a correct client never sends.
    @Test
    void refusesBrokenFrames() throws Exception {
        try (Client client =
                new Client(
                        java.net.http.HttpClient.Version.HTTP_2,
                        new GrpcUnary(BodyLimits.buffered(LIMIT), GrpcUnaryTest::call))) {
            byte[][] broken = {
                {}, {0, 0, 0}, {0, 0, 0, 0, 9, 1}, {7, 0, 0, 0, 0}, {0, 0, 0, 0, 1, 65, 66}
            };
            for (byte[] body : broken) {
                var answer =
                        client.send(
                                client.request("/x")
                                        .header("Content-Type", "application/grpc")
                                        .POST(
                                                java.net.http.HttpRequest.BodyPublishers
                                                        .ofByteArray(body)));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("grpc-status")).hasValue("3");
            }
        }
    }

    private static final class ZstdCodec implements io.grpc.Compressor {
        @Override
        public String getMessageEncoding() {
            return "zstd";
        }

        @Override
        public OutputStream compress(OutputStream wire) {
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            return new FilterOutputStream(plain) {
                @Override
                public void write(byte[] bytes, int offset, int length) {
                    plain.write(bytes, offset, length);
                }

                @Override
                public void close() throws IOException {
                    wire.write(Zstd.compress(plain.toByteArray()));
                    wire.close();
                }
            };
        }
    }
}
