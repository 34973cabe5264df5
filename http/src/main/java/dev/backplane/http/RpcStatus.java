package dev.backplane.http;

import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.core.JsonGenerator;

/// The one place where a [Problem] becomes a `google.rpc.Status`, as gRPC and OTLP/HTTP answer
/// errors (https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto):
///
/// ```
/// Status    { int32 code = 1; string message = 2; repeated Any details = 3; }
/// Any       { string type_url = 1; bytes value = 2; }
/// RetryInfo { Duration retry_delay = 1; }
/// Duration  { int64 seconds = 1; int32 nanos = 2; }
/// ```
///
/// A `RetryInfo` is there exactly when the sender should try again: OTLP clients take
/// `RESOURCE_EXHAUSTED` without one as final.
public final class RpcStatus {
    private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
    private static final int MESSAGE_CHARS_MAX = 2_000;

    private RpcStatus() {}

    /// What goes into `message`: the problem, the repair and the request's id.
    public static String message(Problem problem, String requestId) {
        String text = problem.getMessage() + (problem.fix().isEmpty() ? "" : "; " + problem.fix());
        String cut =
                text.length() <= MESSAGE_CHARS_MAX ? text : text.substring(0, MESSAGE_CHARS_MAX);
        return cut + " [request " + requestId + "]";
    }

    public static byte[] protobuf(Problem problem, String requestId) {
        Wire status = new Wire();
        status.number(1, problem.kind().grpcStatus());
        status.text(2, message(problem, requestId));
        Errors.retryAfter(problem).ifPresent(delay -> status.bytes(3, retryInfo(delay)));
        return status.out.toByteArray();
    }

    private static byte[] retryInfo(Duration delay) {
        Wire duration = new Wire();
        duration.number(1, delay.toSeconds());
        duration.number(2, delay.getNano());
        Wire info = new Wire();
        info.bytes(1, duration.out.toByteArray());
        Wire any = new Wire();
        any.text(1, RETRY_INFO);
        any.bytes(2, info.out.toByteArray());
        return any.out.toByteArray();
    }

    /// The same in protobuf's JSON form.
    public static void json(JsonGenerator json, Problem problem, String requestId) {
        json.writeStartObject();
        json.writeNumberProperty("code", problem.kind().grpcStatus());
        json.writeStringProperty("message", message(problem, requestId));
        Errors.retryAfter(problem)
                .ifPresent(delay -> {
                    json.writeArrayPropertyStart("details");
                    json.writeStartObject();
                    json.writeStringProperty("@type", RETRY_INFO);
                    json.writeStringProperty("retryDelay", seconds(delay));
                    json.writeEndObject();
                    json.writeEndArray();
                });
        json.writeEndObject();
    }

    private static String seconds(Duration delay) {
        return delay.getNano() == 0
                ? delay.toSeconds() + "s"
                : "%d.%09ds".formatted(delay.toSeconds(), delay.getNano());
    }

    /// Protobuf's wire format, as far as a status needs it. Zeros and empties are left out.
    private static final class Wire {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void number(int field, long value) {
            if (value != 0) {
                varint(field << 3);
                varint(value);
            }
        }

        void text(int field, String value) {
            bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        void bytes(int field, byte[] value) {
            if (value.length > 0) {
                varint(field << 3 | 2);
                varint(value.length);
                out.writeBytes(value);
            }
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
