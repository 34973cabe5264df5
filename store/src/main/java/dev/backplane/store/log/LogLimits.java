package dev.backplane.store.log;

/// When a generation is full.
///
/// @param bytes of its file
/// @param spans in its index
public record LogLimits(long bytes, int spans) {
    public static final LogLimits DEFAULT = new LogLimits(64L << 20, 100_000);
}
