package dev.backplane.store;

import java.util.List;

/// Sizes as they stand. Bytes are on disk unless said otherwise.
///
/// @param receivedBytes of field values accepted since the store was made, before deduplication
/// @param logBytes in log generations not yet compacted
/// @param freshSpans spans served from the log
public record StoreStats(
        long receivedBytes,
        long logBytes,
        long freshSpans,
        long segmentSpans,
        long columnBytes,
        long textBytes,
        long payloadBytes,
        long manifest,
        List<SegmentStats> segments) {
    /// @param contentBytes of distinct contents, uncompressed
    public record SegmentStats(
            String id,
            String project,
            long spans,
            long traces,
            long masked,
            long contents,
            long contentBytes,
            long columnBytes,
            long textBytes,
            long payloadBytes,
            long minStartNanos,
            long maxStartNanos) {}

    public StoreStats {
        segments = List.copyOf(segments);
    }

    public long storedBytes() {
        return logBytes + columnBytes + textBytes + payloadBytes;
    }
}
