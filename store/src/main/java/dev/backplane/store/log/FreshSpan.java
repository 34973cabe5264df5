package dev.backplane.store.log;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.util.Arrays;
import java.util.Optional;

/// Where a span's events lie in one generation. Immutable; each new event makes a new one.
///
/// @param positions in the file, in order of version
/// @param prints of the events: equal for equal ones
/// @param row when the events alone determine it (a single insert that has a start), so that nobody
///   need read them
public record FreshSpan(
        SpanKey key, long[] positions, int[] lengths, long[] prints, Optional<SpanRow> row) {
    /// Where an event lies in the file.
    record Place(long position, int length) {}

    FreshSpan with(Place place, long print) {
        int count = positions.length;
        long[] allPositions = Arrays.copyOf(positions, count + 1);
        int[] allLengths = Arrays.copyOf(lengths, count + 1);
        long[] allPrints = Arrays.copyOf(prints, count + 1);
        allPrints[count] = print;
        allPositions[count] = place.position();
        allLengths[count] = place.length();
        return new FreshSpan(key, allPositions, allLengths, allPrints, Optional.empty());
    }

    /// The print of the latest event.
    long fingerprint() {
        return prints[prints.length - 1];
    }

    static FreshSpan first(SpanKey key, Place place, long print, Optional<SpanRow> row) {
        return new FreshSpan(
                key,
                new long[] {place.position()},
                new int[] {place.length()},
                new long[] {print},
                row);
    }
}
