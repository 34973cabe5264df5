package dev.backplane.store.log;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.util.Arrays;
import java.util.Optional;

/// Where a span's events lie in one generation. Immutable; each new event makes a new one.
///
/// @param positions in the file, in order of version
/// @param fingerprint of the latest event
/// @param row when the events alone determine it (a single insert), so that nobody need read them
public record FreshSpan(
        SpanKey key, long[] positions, int[] lengths, long fingerprint, Optional<SpanRow> row) {
    FreshSpan with(long position, int length, long newFingerprint) {
        int count = positions.length;
        long[] allPositions = Arrays.copyOf(positions, count + 1);
        int[] allLengths = Arrays.copyOf(lengths, count + 1);
        allPositions[count] = position;
        allLengths[count] = length;
        return new FreshSpan(key, allPositions, allLengths, newFingerprint, Optional.empty());
    }

    /// Whether the event at a position in the file is one of this span's.
    boolean holds(long position) {
        return Arrays.binarySearch(positions, position) >= 0;
    }

    static FreshSpan first(
            SpanKey key, long position, int length, long fingerprint, Optional<SpanRow> row) {
        return new FreshSpan(key, new long[] {position}, new int[] {length}, fingerprint, row);
    }
}
