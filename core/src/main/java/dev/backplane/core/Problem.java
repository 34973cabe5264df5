package dev.backplane.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The one error that crosses an interface: what went wrong, where, and how to mend it.
///
/// `what` and `where` are for people and are lower case without a full stop; the [Kind] is for
/// machines and is the only thing that decides HTTP, gRPC and exit codes. No secret and no payload
/// text belongs in any of them. Immutable: the `with`-like methods return a new problem.
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// The closed set of categories with their codes on every surface.
    public enum Kind {
        INVALID(400, 3, 2, false),
        UNAUTHENTICATED(401, 16, 77, false),
        FORBIDDEN(403, 7, 77, false),
        NOT_FOUND(404, 5, 4, false),
        /// A sender is slower than it has to be; not [#TIMEOUT], which is ours or a provider's.
        SLOW_SENDER(408, 4, 75, true),
        CONFLICT(409, 10, 5, false),
        TOO_LARGE(413, 8, 2, false),
        UNSUPPORTED(415, 12, 2, false),
        BLOCKED(422, 9, 6, false),
        LIMITED(429, 8, 75, true),
        /// A budget is used up: waiting a little does not help.
        EXHAUSTED(402, 8, 75, false),
        INTERNAL(500, 13, 1, false),
        NOT_IMPLEMENTED(501, 12, 1, false),
        UNAVAILABLE(503, 14, 69, true),
        TIMEOUT(504, 4, 75, true),
        CONFIG(500, 9, 78, false);

        private final int httpStatus;
        private final int grpcStatus;
        private final int exitCode;
        private final boolean retryable;

        Kind(int httpStatus, int grpcStatus, int exitCode, boolean retryable) {
            this.httpStatus = httpStatus;
            this.grpcStatus = grpcStatus;
            this.exitCode = exitCode;
            this.retryable = retryable;
        }

        public int httpStatus() {
            return httpStatus;
        }

        public int grpcStatus() {
            return grpcStatus;
        }

        public int exitCode() {
            return exitCode;
        }

        /// Whether the same request may succeed later.
        public boolean retryable() {
            return retryable;
        }

        /// The name on the wire: lower case with underscores.
        public String id() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Kind kind;
    private final String what;
    private final String where;
    private final String fix;
    private final Duration retryAfter;

    private Problem(
            Kind kind,
            String what,
            String where,
            String fix,
            Duration retryAfter,
            @Nullable Throwable cause) {
        super(what, cause);
        this.kind = Objects.requireNonNull(kind, "kind is null");
        this.what = what;
        this.where = where;
        this.fix = fix;
        this.retryAfter = retryAfter;
    }

    public static Problem of(Kind kind, String what, String where) {
        return new Problem(kind, what, where, "", Duration.ZERO, null);
    }

    public static Problem invalid(String what, String where) {
        return of(Kind.INVALID, what, where);
    }

    public static Problem notFound(String what, String where) {
        return of(Kind.NOT_FOUND, what, where);
    }

    public static Problem conflict(String what, String where) {
        return of(Kind.CONFLICT, what, where);
    }

    public static Problem tooLarge(String what, String where) {
        return of(Kind.TOO_LARGE, what, where);
    }

    public static Problem unavailable(String what, String where) {
        return of(Kind.UNAVAILABLE, what, where).retryAfter(Duration.ofSeconds(1));
    }

    public static Problem timeout(String what, String where) {
        return of(Kind.TIMEOUT, what, where);
    }

    public static Problem internal(String what, String where) {
        return of(Kind.INTERNAL, what, where);
    }

    /// The same problem with the repair: what to do, as an instruction.
    public Problem fix(String instruction) {
        return new Problem(kind, what, where, instruction, retryAfter, getCause());
    }

    /// The same problem with the time after which a retry makes sense.
    public Problem retryAfter(Duration delay) {
        return new Problem(kind, what, where, fix, delay, getCause());
    }

    public Problem causedBy(Throwable cause) {
        return new Problem(kind, what, where, fix, retryAfter, cause);
    }

    /// What and where.
    @Override
    public String getMessage() {
        return where.isEmpty() ? what : what + " (" + where + ")";
    }

    public Kind kind() {
        return kind;
    }

    public String what() {
        return what;
    }

    public String where() {
        return where;
    }

    /// The repair, or the empty string.
    public String fix() {
        return fix;
    }

    /// When to try again, if the kind is retryable and a time is known.
    public Optional<Duration> retryAfter() {
        return retryAfter.isZero() ? Optional.empty() : Optional.of(retryAfter);
    }
}
