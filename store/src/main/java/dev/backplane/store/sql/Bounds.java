package dev.backplane.store.sql;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a query's conditions say about the rows it can need, for leaving out parts and fresh rows
/// before DuckDB sees them. Always at least as wide as the conditions.
///
/// @param sinceNanos inclusive, of the start or of the place in order: a span that has a start
///   stands there
/// @param untilNanos inclusive
/// @param traces rows must be of one of these, if given
/// @param sets rows must be in every one of these
record Bounds(
        long sinceNanos,
        long untilNanos,
        Optional<Set<String>> traces,
        List<Map<Integer, BitSet>> sets) {
    static final Bounds ALL =
            new Bounds(Long.MIN_VALUE, Long.MAX_VALUE, Optional.empty(), List.of());

    Bounds {
        sets = List.copyOf(sets);
    }

    /// The same bounds without those that only spans have: for a roll-up of whole traces.
    Bounds ofTraces() {
        return new Bounds(Long.MIN_VALUE, Long.MAX_VALUE, traces, List.of());
    }

    boolean admits(TableView view, TableView.Part part) {
        return part.maxStartNanos() >= sinceNanos
                && part.minStartNanos() <= untilNanos
                && part.rows() > part.masked().cardinality()
                && sets.stream().noneMatch(set -> rows(set, part.id()).isEmpty())
                && (traces.isEmpty()
                        || traces.get().stream().anyMatch(trace -> view.mayHold(part, trace)));
    }

    boolean admits(long orderNanos, String trace, int freshRow) {
        return orderNanos >= sinceNanos
                && orderNanos <= untilNanos
                && sets.stream().allMatch(set -> rows(set, 0).get(freshRow))
                && (traces.isEmpty() || traces.get().contains(trace));
    }

    private static BitSet rows(Map<Integer, BitSet> set, int part) {
        BitSet rows = set.get(part);
        return rows == null ? new BitSet() : rows;
    }
}
