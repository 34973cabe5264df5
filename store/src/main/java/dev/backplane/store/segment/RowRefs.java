package dev.backplane.store.segment;

import dev.backplane.store.content.Refs;

/// Refs inside a row, relative to how many leaves and sequences existed before it: rows of a
/// conversation then look alike and compress away.
///
/// @param leaves numbered before the row
/// @param sequences numbered before the row
record RowRefs(int leaves, int sequences) {
    /// Distance back (zigzag) and one bit for the kind.
    int relative(int ref) {
        boolean sequence = Refs.isSequence(ref);
        int distance = (sequence ? sequences : leaves) - Refs.number(ref);
        return (distance << 1 ^ distance >> 31) << 1 | (sequence ? 1 : 0);
    }

    int absolute(int relative) {
        int zigzag = relative >>> 1;
        int distance = zigzag >>> 1 ^ -(zigzag & 1);
        return (relative & 1) != 0
                ? Refs.sequence(sequences - distance)
                : Refs.leaf(leaves - distance);
    }
}
