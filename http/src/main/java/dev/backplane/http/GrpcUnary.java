package dev.backplane.http;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// One unary gRPC method over HTTP/2
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
///
/// ```
/// message = compressed (1 byte, 0 or 1) · length (4 bytes, big endian) · that many bytes
/// request = POST, one message; grpc-encoding names the compression: identity, gzip, zstd
/// answer  = 200, one message uncompressed, trailers grpc-status 0
/// failure = 200, no message, grpc-status, grpc-message (percent-encoded),
///           grpc-status-details-bin (google.rpc.Status in base64) in one header block
/// ```
///
/// The message is handed on as a stream and never held here.
public final class GrpcUnary implements Handler {
    /// What the method does.
    @FunctionalInterface
    public interface Method {
        /// @param message the request message, decompressed
        /// @return the response message
        /// @throws Problem is answered as a gRPC status
        byte[] call(Exchange exchange, InputStream message) throws IOException;
    }

    private final BodyLimits limits;
    private final Method method;

    /// @param limits of the message after decompression
    public GrpcUnary(BodyLimits limits, Method method) {
        this.limits = limits;
        this.method = method;
    }

    /// Where there is no method: a gRPC client takes a bare HTTP 404 for a proxy's.
    ///
    /// @throws Problem `NOT_IMPLEMENTED` if the caller speaks gRPC
    static void refuseUnknown(Exchange exchange) {
        if (isCall(exchange)) {
            exchange.answerProblemsWith(GrpcUnary::fail);
            throw Problem.of(Problem.Kind.NOT_IMPLEMENTED, "no such gRPC method", exchange.path())
                    .fix("check the service and the method; each call here is unary");
        }
    }

    private static boolean isCall(Exchange exchange) {
        return exchange.contentType().startsWith("application/grpc");
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        if (!isCall(exchange)) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "content type is not application/grpc",
                            exchange.path())
                    .fix("speak gRPC here, or send OTLP over HTTP to the OTLP/HTTP port");
        }
        exchange.answerProblemsWith(GrpcUnary::fail);
        byte[] answer = method.call(exchange, message(exchange));
        begin(exchange);
        exchange.trailer("grpc-status", "0");
        OutputStream out = exchange.output();
        out.write(frame(answer.length));
        out.write(answer);
        out.close();
    }

    private static void begin(Exchange exchange) {
        exchange.status(200)
                .header("Content-Type", exchange.contentType())
                .header("grpc-accept-encoding", "identity,gzip,zstd");
    }

    private InputStream message(Exchange exchange) throws IOException {
        InputStream body = exchange.rawBody();
        byte[] prefix = body.readNBytes(5);
        if (prefix.length < 5) {
            throw Problem.invalid("request has no complete message", exchange.path())
                    .fix("send one length-prefixed message");
        }
        long length =
                (prefix[1] & 0xFFL) << 24
                        | (prefix[2] & 0xFFL) << 16
                        | (prefix[3] & 0xFFL) << 8
                        | prefix[4] & 0xFFL;
        if (prefix[0] == 0 && length > limits.bytesMax()) {
            throw Problem.tooLarge(
                            "message of %d bytes is larger than %d"
                                    .formatted(length, limits.bytesMax()),
                            exchange.path())
                    .fix("send smaller batches");
        }
        String encoding =
                switch (prefix[0]) {
                    case 0 -> "identity";
                    case 1 -> exchange.header("grpc-encoding").orElse("identity");
                    default ->
                            throw Problem.invalid(
                                            "message flag is neither 0 nor 1", exchange.path())
                                    .fix("send one length-prefixed message");
                };
        return Decoding.of(
                encoding, new Message(body, length, exchange.path()), limits, exchange.path());
    }

    private static byte[] frame(int length) {
        return new byte[] {
            0, (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
        };
    }

    private static void fail(Exchange exchange, Problem problem) {
        begin(exchange);
        String id = exchange.requestId();
        byte[] details = RpcStatus.protobuf(problem, id);
        exchange.header("grpc-status", Integer.toString(problem.kind().grpcStatus()));
        exchange.header("grpc-message", percentEncode(RpcStatus.message(problem, id)));
        exchange.header(
                "grpc-status-details-bin",
                Base64.getEncoder().withoutPadding().encodeToString(details));
    }

    private static String percentEncode(String text) {
        StringBuilder encoded = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b >= ' ' && b <= '~' && b != '%') {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(java.util.HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return encoded.toString();
    }

    /// Exactly the bytes of one message; at its end there must be nothing more.
    private static final class Message extends InputStream {
        private final InputStream body;
        private final String where;
        private long left;
        private boolean ended;

        Message(InputStream body, long length, String where) {
            this.body = body;
            this.left = length;
            this.where = where;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                end();
                return -1;
            }
            int count = body.read(bytes, offset, (int) Math.min(left, length));
            if (count < 0) {
                throw Problem.invalid("message ends %d bytes early".formatted(left), where)
                        .fix("send as many bytes as the prefix says");
            }
            left -= count;
            return count;
        }

        private void end() throws IOException {
            if (!ended && body.read() >= 0) {
                throw Problem.invalid("request has more than one message", where)
                        .fix("send one message, this is a unary method");
            }
            ended = true;
        }
    }
}
