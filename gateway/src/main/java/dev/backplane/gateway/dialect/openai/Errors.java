package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Statuses;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ProviderError;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Errors in OpenAI's form: `{"error":{"message":…,"type":…,"param":null,"code":…}}`. Those that we
/// write have three members more: `kind` and `hint` of the problem, and `request_id`. What a
/// provider said is kept: `code` and `param`, and as `details` what it put into an object or an
/// array (`details`, Azure's `innererror`, OpenRouter's `metadata`).
public final class Errors {
    private static final int MESSAGE_CHARS_MAX = 2_000;
    private static final Set<String> DETAILS = Set.of("details", "innererror", "metadata");
    private static final String INSUFFICIENT = "insufficient_quota";

    private Errors() {}

    /// The error as a client of this dialect expects it.
    public static Slice write(Problem problem, String requestId) {
        String code = code(problem.kind());
        return ProviderError.of(problem)
                .map(said ->
                        write(
                                problem,
                                requestId,
                                said.param(),
                                said.code().isEmpty() ? code : said.code()))
                .orElseGet(() -> write(problem, requestId, "", code));
    }

    /// @param param the parameter that the error is about, or empty
    public static Slice write(Problem problem, String requestId, String param, String code) {
        JsonOut out = new JsonOut().beginObject().name("error").beginObject();
        out.name("message").text(message(problem));
        out.name("type").text(type(problem.kind()));
        out.name("param");
        if (param.isEmpty()) {
            out.literal("null");
        } else {
            out.text(param);
        }
        out.name("code").text(code);
        out.name("kind").text(problem.kind().id());
        out.name("hint").text(problem.fix());
        out.name("request_id").text(requestId);
        ProviderError.of(problem)
                .map(ProviderError::details)
                .filter(details -> !details.isEmpty())
                .ifPresent(details -> out.name("details").json(details));
        return out.endObject().endObject().slice();
    }

    /// The status of an answer with the problem: OpenAI has one for limits of both kinds.
    public static int status(Problem problem) {
        return problem.kind() == Problem.Kind.EXHAUSTED ? 429 : problem.kind().httpStatus();
    }

    private static String message(Problem problem) {
        return problem.getMessage() + (problem.fix().isEmpty() ? "" : "; " + problem.fix());
    }

    private static String type(Problem.Kind kind) {
        return switch (kind) {
            case INVALID,
                    NOT_FOUND,
                    SLOW_SENDER,
                    CONFLICT,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    NOT_IMPLEMENTED ->
                    "invalid_request_error";
            case UNAUTHENTICATED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case LIMITED -> "rate_limit_error";
            case EXHAUSTED -> INSUFFICIENT;
            case INTERNAL, UNAVAILABLE, TIMEOUT, CONFIG -> "server_error";
        };
    }

    private static String code(Problem.Kind kind) {
        return switch (kind) {
            case UNAUTHENTICATED -> "invalid_api_key";
            case LIMITED -> "rate_limit_exceeded";
            case EXHAUSTED -> INSUFFICIENT;
            case NOT_FOUND -> "model_not_found";
            case INVALID,
                    FORBIDDEN,
                    SLOW_SENDER,
                    CONFLICT,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    INTERNAL,
                    NOT_IMPLEMENTED,
                    UNAVAILABLE,
                    TIMEOUT,
                    CONFIG ->
                    kind.id();
        };
    }

    /// A provider's error: the value of `error`, an object or text.
    ///
    /// @param status of the answer; 0 when it came in the middle of a stream
    public static Problem read(Slice error, int status, String where) {
        Map<String, String> found = new HashMap<>();
        Slice[] details = {Slice.EMPTY};
        JsonCursor.read(
                error,
                where,
                cursor -> {
                    if (cursor.isText()) {
                        found.put("message", cursor.text());
                    } else if (cursor.isObject()) {
                        cursor.object(name -> {
                            if (cursor.isText()) {
                                found.put(name, cursor.text());
                            } else if (cursor.isNumber()) {
                                found.put(name, cursor.raw().text());
                            } else if (DETAILS.contains(name)
                                    && (cursor.isObject() || cursor.isArray())) {
                                details[0] = cursor.raw();
                            } else {
                                cursor.skip();
                            }
                        });
                    } else {
                        cursor.skip();
                    }
                    return found;
                });
        String type = found.getOrDefault("type", "") + " " + found.getOrDefault("code", "");
        Problem.Kind kind = status == 0 ? kind(type) : Statuses.kind(status);
        String message = found.getOrDefault("message", "provider failed");
        boolean secret = kind == Problem.Kind.CONFIG;
        String said =
                secret
                        ? "provider refused the configured key"
                        : message.substring(0, Math.min(message.length(), MESSAGE_CHARS_MAX));
        Problem problem = Problem.of(kind, said, where);
        return secret
                ? problem
                : problem.causedBy(
                        new ProviderError(
                                word(found.getOrDefault("code", "")),
                                found.getOrDefault("param", ""),
                                details[0]));
    }

    /// Some say the status there, which clients have already.
    private static String word(String code) {
        return code.matches("\\d*") ? "" : code;
    }

    /// The body of an answer that is an error: an object with `error`, FastAPI's `detail`, a
    /// message of its own, or no JSON at all.
    public static Problem readBody(Slice body, int status, String where) {
        Slice[] error = {body};
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            if (name.equals("error") || name.equals("detail")) {
                                error[0] = cursor.raw();
                            } else {
                                cursor.skip();
                            }
                        });
                        return error;
                    });
            return read(error[0], status, where);
        } catch (Problem notJson) {
            return Problem.of(
                    Statuses.kind(status), "provider answered with status " + status, where);
        }
    }

    private static Problem.Kind kind(String words) {
        for (String word : words.split(" ")) {
            if (word.matches("[45]\\d\\d")) {
                return Statuses.kind(Integer.parseInt(word));
            }
        }
        return words.contains("rate_limit")
                ? Problem.Kind.LIMITED
                : words.contains("invalid") ? Problem.Kind.INVALID : Problem.Kind.UNAVAILABLE;
    }
}
