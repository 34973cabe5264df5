package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.log.Generation;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// A project's spans that have events in the log, folded with what segments know of them, and the
/// segment rows that they stand in for. Immutable; made by [FreshTracker].
///
/// @param rows in no particular order
/// @param places where a row's older part lies, by position in `rows`
/// @param shadowed rows of segments that are not to be read, by segment id
/// @param changes of the generations when this was true
/// @param serial no other has it: what names rows by position belongs to one of these only
/// @param traces what this means for roll-ups, worked out when a list of traces asks first
record Fresh(
        List<SpanRow> rows,
        Map<Integer, Place> places,
        Map<String, BitSet> shadowed,
        long changes,
        long serial,
        AtomicReference<Optional<LooseTraces>> traces) {
    private static final AtomicLong SERIALS = new AtomicLong();

    static Fresh of(
            List<SpanRow> rows,
            Map<Integer, Place> places,
            Map<String, BitSet> shadowed,
            long changes) {
        return new Fresh(
                rows,
                places,
                shadowed,
                changes,
                SERIALS.incrementAndGet(),
                new AtomicReference<>(Optional.empty()));
    }

    static long changes(List<Generation> generations) {
        long changes = generations.size();
        for (Generation generation : generations) {
            changes = changes * 31 + generation.number() * 17 + generation.spans().changes();
        }
        return changes;
    }

    /// @param make what is the same for all readers; two that ask first may both make it
    LooseTraces loose(Supplier<LooseTraces> make) {
        Optional<LooseTraces> known = traces.get();
        if (known.isEmpty()) {
            known = Optional.of(make.get());
            traces.set(known);
        }
        return known.get();
    }
}
