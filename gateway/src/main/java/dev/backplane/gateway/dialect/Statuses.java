package dev.backplane.gateway.dialect;

import dev.backplane.core.Problem;

/// What providers' HTTP statuses mean, the same in all dialects.
public final class Statuses {
    private Statuses() {}

    /// What a provider's status means for the caller. A refused key is ours to mend, not the
    /// caller's.
    public static Problem.Kind kind(int status) {
        return switch (status) {
            case 401, 402, 403 -> Problem.Kind.CONFIG;
            case 404 -> Problem.Kind.NOT_FOUND;
            case 408, 504, 524 -> Problem.Kind.TIMEOUT;
            case 409 -> Problem.Kind.CONFLICT;
            case 413 -> Problem.Kind.TOO_LARGE;
            case 415 -> Problem.Kind.UNSUPPORTED;
            case 429 -> Problem.Kind.LIMITED;
            case 501 -> Problem.Kind.NOT_IMPLEMENTED;
            default -> status >= 500 ? Problem.Kind.UNAVAILABLE : Problem.Kind.INVALID;
        };
    }
}
