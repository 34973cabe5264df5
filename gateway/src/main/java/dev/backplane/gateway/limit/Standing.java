package dev.backplane.gateway.limit;

import java.time.Duration;
import java.util.Optional;

/// How a caller stands after a call was admitted or refused: of all limits on it, those with the
/// least left.
public record Standing(Optional<Rate> requests, Optional<Rate> tokens) {
    public static final Standing UNLIMITED = new Standing(Optional.empty(), Optional.empty());

    /// @param reset when nothing of the limit is used any more, if nothing else is
    public record Rate(long limit, long remaining, Duration reset) {}

    Standing with(Standing other) {
        return new Standing(less(requests, other.requests()), less(tokens, other.tokens()));
    }

    private static Optional<Rate> less(Optional<Rate> one, Optional<Rate> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.or(() -> other);
        }
        return one.get().remaining() <= other.get().remaining() ? one : other;
    }
}
