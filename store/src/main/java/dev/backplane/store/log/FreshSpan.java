package dev.backplane.store.log;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import java.util.Arrays;

/// Where a span's events lie in one generation, as it was when somebody asked. Equal to another of
/// the same generation if the same events had come.
///
/// @param positions in the file, in order of version
/// @param prints of the events: equal for equal ones
/// @param row of [dev.backplane.store.event.RowCodec], when the events alone determine it (a single
///   insert that has a start), so that nobody need read them; empty otherwise
public record FreshSpan(SpanKey key, long[] positions, int[] lengths, long[] prints, Slice row) {
    /// Where an event lies in the file.
    record Place(long position, int length) {}

    @Override
    public boolean equals(Object object) {
        return object instanceof FreshSpan other
                && key.equals(other.key)
                && Arrays.equals(positions, other.positions);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(positions);
    }
}
