package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Statuses;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ProviderError;
import java.util.Set;

/// Errors in Anthropic's form: `{"type":"error","error":{"type":…,"message":…},"request_id":…}`.
///
/// What a provider said is kept in the error: `details`, which is Anthropic's own, and `code` and
/// `param` of those who have these. A code that is a type of Anthropic's stands there, unless it
/// contradicts the status.
public final class Errors {
    private static final int MESSAGE_CHARS_MAX = 2_000;

    private static final Set<String> TYPES =
            Set.of(
                    "invalid_request_error",
                    "authentication_error",
                    "billing_error",
                    "permission_error",
                    "not_found_error",
                    "request_too_large",
                    "rate_limit_error",
                    "timeout_error",
                    "overloaded_error",
                    "api_error");

    private Errors() {}

    /// The error as a client of this dialect expects it.
    public static Slice write(Problem problem, String requestId) {
        JsonOut out = new JsonOut().beginObject().name("type").text("error");
        ProviderError said = ProviderError.of(problem).orElse(ProviderError.NOTHING);
        boolean typed = TYPES.contains(said.code()) && kind(said.code()) == problem.kind();
        out.name("error").beginObject();
        out.name("type").text(typed ? said.code() : type(problem.kind()));
        out.name("message").text(message(problem));
        if (!typed && !said.code().isEmpty()) {
            out.name("code").text(said.code());
        }
        if (!said.param().isEmpty()) {
            out.name("param").text(said.param());
        }
        if (!said.details().isEmpty()) {
            out.name("details").json(said.details());
        }
        out.endObject();
        return out.name("request_id").text(requestId).endObject().slice();
    }

    /// The refusal of a request in a message thread, in the words by which Anthropic's libraries
    /// know that they are to send the whole conversation instead (`thread_unsupported_request`,
    /// https://github.com/anthropics/anthropic-sdk-typescript,
    /// `ThreadUnsupportedRequestErrorDetails`).
    public static Slice noThreads(String requestId) {
        JsonOut out = new JsonOut().beginObject().name("type").text("error");
        out.name("error").beginObject().name("type").text(type(Problem.Kind.UNSUPPORTED));
        out.name("message").text("message threads are not kept here; send the whole conversation");
        out.name("details").beginObject().name("error_code").text("thread_unsupported_request");
        out.endObject().endObject();
        return out.name("request_id").text(requestId).endObject().slice();
    }

    private static String message(Problem problem) {
        return problem.getMessage() + (problem.fix().isEmpty() ? "" : "; " + problem.fix());
    }

    private static String type(Problem.Kind kind) {
        return switch (kind) {
            case INVALID, CONFLICT, UNSUPPORTED, BLOCKED, NOT_IMPLEMENTED ->
                    "invalid_request_error";
            case UNAUTHENTICATED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case TOO_LARGE -> "request_too_large";
            case LIMITED -> "rate_limit_error";
            case EXHAUSTED -> "billing_error";
            case TIMEOUT, SLOW_SENDER -> "timeout_error";
            case UNAVAILABLE -> "overloaded_error";
            case INTERNAL, CONFIG -> "api_error";
        };
    }

    /// A provider's error, the body of an answer or the data of an event `error`.
    ///
    /// @param status of the answer; 0 when it came in the middle of a stream
    public static Problem read(Slice body, int status, String where) {
        String type;
        String message;
        String code;
        String param;
        Slice details;
        try {
            Members error = Members.of(body, where).object("error");
            type = error.text("type");
            message = error.text("message");
            code = word(error, "code");
            param = word(error, "param");
            details = error.raw("details");
        } catch (Problem other) {
            return Problem.of(
                    Statuses.kind(status), "provider answered with status " + status, where);
        }
        Problem.Kind kind = status == 0 ? kind(type) : Statuses.kind(status);
        if (kind == Problem.Kind.CONFIG) {
            return Problem.of(kind, "provider refused the configured key", where)
                    .fix("check the key of this provider in the configuration");
        }
        String said = message.isEmpty() ? "provider failed" : message;
        return Problem.of(
                        kind, said.substring(0, Math.min(said.length(), MESSAGE_CHARS_MAX)), where)
                .causedBy(
                        new ProviderError(
                                code.isEmpty() ? word(type, kind) : code, param, details));
    }

    /// Other servers of this dialect may have anything there.
    private static String word(Members error, String name) {
        return error.raw(name).text().startsWith("\"") ? error.text(name) : "";
    }

    /// A type that says more than its kind and nothing else: a status and a type that contradict
    /// each other are known from gateways, and clients go by the status.
    private static String word(String type, Problem.Kind kind) {
        return type.equals(type(kind)) || kind(type) != kind ? "" : type;
    }

    private static Problem.Kind kind(String type) {
        return switch (type) {
            case "invalid_request_error" -> Problem.Kind.INVALID;
            case "authentication_error", "permission_error", "billing_error" -> Problem.Kind.CONFIG;
            case "not_found_error" -> Problem.Kind.NOT_FOUND;
            case "request_too_large" -> Problem.Kind.TOO_LARGE;
            case "rate_limit_error" -> Problem.Kind.LIMITED;
            case "timeout_error" -> Problem.Kind.TIMEOUT;
            default -> Problem.Kind.UNAVAILABLE;
        };
    }
}
