package dev.backplane.gateway.call;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.route.Target;
import java.util.Locale;
import java.util.Optional;

/// An attempt that is over.
///
/// @param hedge whether it was made beside another
/// @param chosen whether it was the one that spoke to the client
/// @param startTime nanoseconds since 1970
/// @param endTime likewise
/// @param usage what the provider had counted when it ended
record Tried(
        Target target,
        boolean hedge,
        boolean chosen,
        long startTime,
        long endTime,
        End end,
        Optional<Problem> problem,
        Usage usage) {
    /// How it ended.
    enum End {
        ANSWERED,
        FAILED,
        /// Another was chosen.
        OVERTAKEN,
        /// The client went.
        LEFT;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Whether its tokens are none of the answer's.
    boolean isBesides() {
        return !chosen && end != End.ANSWERED;
    }
}
