package dev.backplane.store.segment;

import java.util.BitSet;

/// What the manifest knows of a segment. Immutable; nobody changes the bits of `dead`.
///
/// @param id names its objects, see [#key]
/// @param dead rows that were superseded or deleted since it was built
/// @param maxVersion of any event in it
/// @param thorough whether it was made with [SegmentBuilder.Effort#THOROUGH], as small as it gets
public record SegmentInfo(
        String id,
        String project,
        int rows,
        int traces,
        int contents,
        long contentBytes,
        long columnBytes,
        long textBytes,
        long packBytes,
        long minStartNanos,
        long maxStartNanos,
        long maxVersion,
        boolean thorough,
        BitSet dead) {
    /// The three objects of a segment.
    public enum Part {
        PACK,
        TEXT,
        PARQUET;

        public String suffix() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public static SegmentInfo of(String id, SegmentBuilder.Built built) {
        return new SegmentInfo(
                id,
                built.project(),
                built.rows(),
                built.traces(),
                built.contents(),
                built.contentBytes(),
                built.columnBytes(),
                built.textBytes(),
                built.packBytes(),
                built.minStartNanos(),
                built.maxStartNanos(),
                built.maxVersion(),
                built.effort() == SegmentBuilder.Effort.THOROUGH,
                new BitSet());
    }

    public SegmentInfo withDead(BitSet rowsDead) {
        return new SegmentInfo(
                id,
                project,
                rows,
                traces,
                contents,
                contentBytes,
                columnBytes,
                textBytes,
                packBytes,
                minStartNanos,
                maxStartNanos,
                maxVersion,
                thorough,
                rowsDead);
    }

    public String key(Part part) {
        return key(id, part);
    }

    public static String key(String id, Part part) {
        return "segments/" + id + "." + part.suffix();
    }

    public int liveRows() {
        return rows - dead.cardinality();
    }

    public long bytes() {
        return columnBytes + textBytes + packBytes;
    }
}
