package dev.backplane.http;

import java.time.Duration;

/// How much of a request body is taken. All counts are of bytes after decompression.
///
/// @param bytesMax more is refused with `TOO_LARGE`
/// @param bytesPerSecondMin averaged from the first read; slower senders are refused with
///   `SLOW_SENDER`, so that they cannot hold memory. 0 for streams that may pause
/// @param grace before the rate counts
public record BodyLimits(long bytesMax, long bytesPerSecondMin, Duration grace) {
    private static final Duration GRACE = Duration.ofSeconds(10);

    /// For bodies that are processed as they arrive and cost no memory.
    public static final BodyLimits STREAM = new BodyLimits(Long.MAX_VALUE, 0);

    /// For bodies that are held in memory.
    public static BodyLimits buffered(long bytesMax) {
        return new BodyLimits(bytesMax, 4 << 10);
    }

    /// With ten seconds of grace.
    public BodyLimits(long bytesMax, long bytesPerSecondMin) {
        this(bytesMax, bytesPerSecondMin, GRACE);
    }

    public BodyLimits {
        if (bytesMax < 0 || bytesPerSecondMin < 0) {
            throw new IllegalArgumentException("limits must not be negative");
        }
    }
}
