package dev.backplane.http;

import dev.backplane.core.Problem;
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
        ProtobufWriter status = new ProtobufWriter();
        status.number(1, problem.kind().grpcStatus());
        status.text(2, message(problem, requestId));
        Errors.retryAfter(problem).ifPresent(delay -> status.bytes(3, retryInfo(delay)));
        return status.toByteArray();
    }

    private static byte[] retryInfo(Duration delay) {
        ProtobufWriter duration = new ProtobufWriter();
        duration.number(1, delay.toSeconds());
        duration.number(2, delay.getNano());
        ProtobufWriter info = new ProtobufWriter();
        info.bytes(1, duration.toByteArray());
        ProtobufWriter any = new ProtobufWriter();
        any.text(1, RETRY_INFO);
        any.bytes(2, info.toByteArray());
        return any.toByteArray();
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
}
