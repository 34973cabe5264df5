package dev.backplane.ingest.trajectory;

import dev.backplane.core.SpanKey;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.function.Function;

/// When the chats of a file happened that do not say so themselves: just before they were imported
/// for the first time. The first chat of the file ends last, each other one a minute before the one
/// in front of it, so that lists, newest first, have them in the order of the file.
///
/// Importing a file again must give the same events, at any later moment. What is stored already
/// tells when the first time was.
///
/// @param imported now
/// @param known the start of a span that is stored already, in nanoseconds since 1970
public record ChatTimes(Instant imported, Function<SpanKey, OptionalLong> known) {
    private static final int SECONDS_APART = 60;

    /// @param root the chat's outermost span
    /// @param index of the chat in its file, from 0
    /// @param seconds it takes
    long startNanos(SpanKey root, long index, long seconds) {
        return known.apply(root)
                .orElseGet(() ->
                        (imported.getEpochSecond() - index * SECONDS_APART - seconds)
                                * Trajectory.SECOND);
    }
}
