package dev.backplane.store.sql;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// What a query's conditions say about the rows it can need, for leaving out parts and fresh rows
/// before DuckDB sees them. Always at least as wide as the conditions.
///
/// @param sinceNanos inclusive
/// @param untilNanos inclusive
/// @param sets rows must be in every one of these
record Bounds(long sinceNanos, long untilNanos, List<Map<Integer, BitSet>> sets) {
    static final Bounds ALL = new Bounds(Long.MIN_VALUE, Long.MAX_VALUE, List.of());

    Bounds {
        sets = List.copyOf(sets);
    }

    boolean admits(TableView.Part part) {
        return part.maxStartNanos() >= sinceNanos
                && part.minStartNanos() <= untilNanos
                && part.rows() > part.masked().cardinality()
                && sets.stream()
                        .allMatch(
                                set -> set.containsKey(part.id()) && !set.get(part.id()).isEmpty());
    }

    boolean admits(long startNanos, int freshRow) {
        return startNanos >= sinceNanos
                && startNanos <= untilNanos
                && sets.stream().allMatch(set -> set.containsKey(0) && set.get(0).get(freshRow));
    }
}
