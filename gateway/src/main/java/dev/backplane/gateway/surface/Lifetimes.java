package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;

/// How long files live that say so: `expires_after` and `output_expires_after` of OpenAI's API.
final class Lifetimes {
    /// Of files of the purpose `batch` and of what batches make, if nobody says otherwise.
    static final long BATCH_SECONDS = 30L * 24 * 3_600;

    private static final long SECONDS_MIN = 3_600;
    private static final long SECONDS_MAX = 30L * 24 * 3_600;

    private Lifetimes() {}

    /// @throws Problem `INVALID` for what is no number of seconds from an hour to 30 days
    static long seconds(String text, String where) {
        if (text.matches("[0-9]{1,9}")) {
            long seconds = Long.parseLong(text);
            if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) {
                return seconds;
            }
        }
        throw Problem.invalid("lifetime is not possible", where)
                .fix("send seconds from %d to %d".formatted(SECONDS_MIN, SECONDS_MAX));
    }
}
