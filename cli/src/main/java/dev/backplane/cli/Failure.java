package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.util.Locale;

/// Why a command ends without success: the command line's and the server's errors in one shape,
/// that of the HTTP API's error envelope.
///
/// `error` says what went wrong in a few words, `message` says it with its place, `hint` what to
/// do, `next` the command that does it; the last two may be empty. `kind` decides the exit code.
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String error;
    private final Problem.Kind kind;
    private final String message;
    private final String hint;
    private final String next;
    private final boolean isRetryable;
    private final String requestId;

    private Failure(
            String error,
            Problem.Kind kind,
            String message,
            String hint,
            String next,
            boolean isRetryable,
            String requestId) {
        super(message, null, false, false);
        this.error = error;
        this.kind = kind;
        this.message = message;
        this.hint = hint;
        this.next = next;
        this.isRetryable = isRetryable;
        this.requestId = requestId;
    }

    static Failure of(Problem.Kind kind, String error, String message) {
        return new Failure(error, kind, message, "", "", kind.retryable(), "");
    }

    static Failure of(Problem problem) {
        String place = problem.where().isEmpty() ? "" : " (" + problem.where() + ")";
        return of(problem.kind(), problem.what(), problem.what() + place).hint(problem.fix());
    }

    /// A mistake in the command line: exit code 2.
    static Failure usage(String error) {
        return of(Problem.Kind.INVALID, error, error);
    }

    /// What the server answered: its own envelope, or OpenAI's object `error` with members of ours.
    /// A kind that this version does not know is taken from the status.
    static Failure remote(Node.Fields answer, int status) {
        Node.Fields envelope =
                answer.get("error") instanceof Node.Fields nested ? dialect(nested) : answer;
        Problem.Kind kind = kind(envelope.text("kind"), status);
        String message = envelope.text("message");
        String error = envelope.text("error").isEmpty() ? message : envelope.text("error");
        String what = error.isEmpty() ? "the server answered HTTP " + status : error;
        return new Failure(
                what,
                kind,
                message.isEmpty() ? what : message,
                envelope.text("hint"),
                envelope.text("next"),
                envelope.values().containsKey("retryable")
                        ? envelope.isTrue("retryable")
                        : kind.retryable(),
                envelope.text("request_id"));
    }

    /// OpenAI's clients know no hint, so the message holds it as well.
    private static Node.Fields dialect(Node.Fields error) {
        String hint = error.text("hint");
        String message = error.text("message");
        String end = "; " + hint;
        return error.with(
                "message",
                Node.of(
                        !hint.isEmpty() && message.endsWith(end)
                                ? message.substring(0, message.length() - end.length())
                                : message));
    }

    private static Problem.Kind kind(String id, int status) {
        for (Problem.Kind kind : Problem.Kind.values()) {
            if (kind.id().equals(id.toLowerCase(Locale.ROOT))) {
                return kind;
            }
        }
        for (Problem.Kind kind : Problem.Kind.values()) {
            if (kind.httpStatus() == status) {
                return kind;
            }
        }
        return status >= 500 ? Problem.Kind.UNAVAILABLE : Problem.Kind.INVALID;
    }

    Failure hint(String text) {
        return new Failure(error, kind, message, text, next, isRetryable, requestId);
    }

    Failure next(String command) {
        return new Failure(error, kind, message, hint, command, isRetryable, requestId);
    }

    Failure requestId(String id) {
        return new Failure(error, kind, message, hint, next, isRetryable, id);
    }

    Problem.Kind kind() {
        return kind;
    }

    String error() {
        return error;
    }

    /// The sentence with the place.
    String message() {
        return message;
    }

    String hint() {
        return hint;
    }

    String next() {
        return next;
    }

    String requestId() {
        return requestId;
    }

    int exitCode() {
        return kind.exitCode();
    }

    /// The envelope that machine formats get.
    Node.Fields envelope() {
        return Node.fields(
                "error", error,
                "kind", kind.id(),
                "message", message,
                "hint", hint,
                "next", next,
                "retryable", isRetryable,
                "request_id", requestId);
    }
}
