package dev.backplane.gateway.call;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// When a failed attempt is followed by another.
///
/// @param perTarget attempts at one target
/// @param total attempts of one call
/// @param pause before the second attempt at a target; doubles, and each is drawn between half of
///   it and all
public record Retries(int perTarget, int total, Duration pause) {
    public static final Retries DEFAULT = new Retries(2, 5, Duration.ofMillis(100));

    /// A provider that wants to be left alone for longer than this is passed over.
    private static final Duration WAIT_MAX = Duration.ofSeconds(2);

    /// Whether the same target may do better at once. A time-out may not: it has cost enough.
    boolean sameTarget(Problem problem) {
        return switch (problem.kind()) {
            case UNAVAILABLE, LIMITED ->
                    problem.retryAfter().map(delay -> delay.compareTo(WAIT_MAX) <= 0).orElse(true);
            case INVALID,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    NOT_FOUND,
                    SLOW_SENDER,
                    CONFLICT,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    EXHAUSTED,
                    INTERNAL,
                    NOT_IMPLEMENTED,
                    TIMEOUT,
                    CONFIG ->
                    false;
        };
    }

    /// Whether another target may do better: not where the request itself is at fault.
    boolean otherTarget(Problem problem) {
        return switch (problem.kind()) {
            case UNAVAILABLE, LIMITED, TIMEOUT, INTERNAL, NOT_IMPLEMENTED, CONFIG, NOT_FOUND ->
                    true;
            case INVALID,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    SLOW_SENDER,
                    CONFLICT,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    EXHAUSTED ->
                    false;
        };
    }

    /// Whether the failure speaks against the target.
    boolean blames(Problem problem) {
        return otherTarget(problem) && problem.kind() != Problem.Kind.NOT_FOUND;
    }

    /// @param failed attempts at this target so far
    Duration delay(int failed, RandomGenerator random) {
        long most = pause.toNanos() << Math.min(failed - 1, 10);
        return Duration.ofNanos(most / 2 + random.nextLong(most / 2 + 1));
    }
}
