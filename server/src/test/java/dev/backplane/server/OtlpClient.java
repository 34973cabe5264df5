package dev.backplane.server;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/// A gRPC exporter on the generated classes, and requests for it.
final class OtlpClient implements AutoCloseable {
    static final String TRACE = "0102030405060708090a0b0c0d0e0f10";

    private static final MethodDescriptor<ExportTraceServiceRequest, ExportTraceServiceResponse>
            EXPORT =
                    MethodDescriptor
                            .<ExportTraceServiceRequest, ExportTraceServiceResponse>newBuilder()
                            .setType(MethodDescriptor.MethodType.UNARY)
                            .setFullMethodName(
                                    "opentelemetry.proto.collector.trace.v1.TraceService/Export")
                            .setRequestMarshaller(
                                    new Messages<>(ExportTraceServiceRequest::parseFrom))
                            .setResponseMarshaller(
                                    new Messages<>(ExportTraceServiceResponse::parseFrom))
                            .build();

    private final ManagedChannel channel;

    OtlpClient(int port) {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    ExportTraceServiceResponse export(ExportTraceServiceRequest request, Metadata headers) {
        return ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(
                        channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                EXPORT,
                CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS).withCompression("gzip"),
                request);
    }

    ExportTraceServiceResponse export(ExportTraceServiceRequest request) {
        return export(request, new Metadata());
    }

    /// Spans with ids 1 to n of one trace; the text goes into an attribute of each.
    static ExportTraceServiceRequest request(int spans, String text) {
        ScopeSpans.Builder scope = ScopeSpans.newBuilder();
        for (int i = 1; i <= spans; i++) {
            scope.addSpans(
                    Span.newBuilder()
                            .setTraceId(bytes(TRACE))
                            .setSpanId(bytes("%016x".formatted(i)))
                            .setName("chat")
                            .setStartTimeUnixNano(1_000_000_000L * i)
                            .setEndTimeUnixNano(2_000_000_000L * i)
                            .addAttributes(
                                    KeyValue.newBuilder()
                                            .setKey("custom.text")
                                            .setValue(AnyValue.newBuilder().setStringValue(text))));
        }
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope))
                .build();
    }

    /// Three spans, of which the second has no id.
    static ExportTraceServiceRequest withABadSpan() {
        ExportTraceServiceRequest.Builder request = request(3, "x").toBuilder();
        request.getResourceSpansBuilder(0)
                .getScopeSpansBuilder(0)
                .getSpansBuilder(1)
                .setSpanId(ByteString.EMPTY);
        return request.build();
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private interface Parser<T> {
        T parse(InputStream stream) throws IOException;
    }

    private record Messages<T extends com.google.protobuf.MessageLite>(Parser<T> parser)
            implements MethodDescriptor.Marshaller<T> {
        @Override
        public InputStream stream(T value) {
            return new ByteArrayInputStream(value.toByteArray());
        }

        @Override
        public T parse(InputStream stream) {
            try {
                return parser.parse(stream);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
