package dev.backplane.http;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/// The one place where a [Problem] becomes an HTTP answer:
///
/// ```
/// {"error":"no such trace","kind":"not_found","message":"No such trace (GET /api/v1/traces/x).",
///  "hint":"…","next":"","retryable":false,"request_id":"…"}
/// ```
///
/// with the status of the problem's kind, and `Retry-After` where a retry makes sense.
public final class Errors {
    private static final Duration RETRY_AFTER_DEFAULT = Duration.ofSeconds(1);

    private Errors() {}

    /// Sends the problem as the response. Nothing may have been sent before.
    static void send(Exchange exchange, Problem problem) throws IOException {
        send(exchange, problem, problem.kind().httpStatus(), Map.of());
    }

    static void send(Exchange exchange, Problem problem, int status, Map<String, String> headers)
            throws IOException {
        exchange.reset();
        headers.forEach(exchange::header);
        retryAfter(problem).ifPresent(delay -> exchange.header("Retry-After", seconds(delay)));
        if (status == 401) {
            exchange.header("WWW-Authenticate", "Bearer realm=\"backplane\"");
        }
        exchange.sendJson(status, json -> write(json, problem, exchange.requestId()));
    }

    /// When to try again: what the problem says, or a second for any that may go away by itself.
    public static Optional<Duration> retryAfter(Problem problem) {
        return problem.kind().retryable()
                ? Optional.of(problem.retryAfter().orElse(RETRY_AFTER_DEFAULT))
                : Optional.empty();
    }

    /// As a header's value: whole seconds, rounded up.
    public static String seconds(Duration delay) {
        return Long.toString((delay.toMillis() + 999) / 1_000);
    }

    /// Writes the error object.
    public static void write(JsonGenerator json, Problem problem, String requestId) {
        json.writeStartObject();
        members(json, problem, requestId);
        json.writeEndObject();
    }

    /// Writes the error object's members into an object that has been begun.
    public static void members(JsonGenerator json, Problem problem, String requestId) {
        json.writeStringProperty("error", problem.what());
        json.writeStringProperty("kind", problem.kind().id());
        json.writeStringProperty("message", sentence(problem));
        json.writeStringProperty("hint", problem.fix());
        json.writeStringProperty("next", "");
        json.writeBooleanProperty("retryable", problem.kind().retryable());
        json.writeStringProperty("request_id", requestId);
    }

    /// The error object of a request that never became an exchange.
    static byte[] bytes(Problem problem, String requestId) {
        return Json.write(json -> write(json, problem, requestId)).getBytes(StandardCharsets.UTF_8);
    }

    private static String sentence(Problem problem) {
        String text =
                problem.where().isEmpty()
                        ? problem.what()
                        : problem.what() + " (" + problem.where() + ")";
        return text.isEmpty()
                ? ""
                : Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }
}
