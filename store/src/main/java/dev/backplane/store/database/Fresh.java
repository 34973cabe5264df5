package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// A project's spans that have events in the log, folded with what segments know of them, and the
/// segment rows that they stand in for. Immutable.
///
/// @param rows in no particular order
/// @param places where a row's older part lies, by position in `rows`
/// @param shadowed rows of segments that are not to be read, by segment id
/// @param epoch of the state
/// @param changes of the generations: with the epoch, tells whether this is still true
/// @param serial no other has it: what names rows by position belongs to one of these only
record Fresh(
        List<SpanRow> rows,
        Map<Integer, Place> places,
        Map<String, BitSet> shadowed,
        long epoch,
        long changes,
        long serial) {
    private static final AtomicLong SERIALS = new AtomicLong();

    static long changes(List<Generation> generations) {
        long changes = generations.size();
        for (Generation generation : generations) {
            changes = changes * 31 + generation.number() * 17 + generation.spans().changes();
        }
        return changes;
    }

    static Fresh of(State state, String project) {
        long changes = changes(state.generations());
        List<SpanRow> rows = new ArrayList<>();
        Map<Integer, Place> places = new HashMap<>();
        Map<String, BitSet> shadowed = new HashMap<>();
        Spans spans = new Spans(state);
        List<Generation> generations = state.generations();
        for (int i = generations.size() - 1; i >= 0; i--) {
            List<Generation> older = generations.subList(0, i);
            List<Generation> newer = generations.subList(i + 1, generations.size());
            for (FreshSpan span : generations.get(i).spans().project(project)) {
                if (contains(newer, span.key())) {
                    continue;
                }
                Optional<Place> place = state.find(span.key());
                place.ifPresent(p ->
                        shadowed.computeIfAbsent(p.living().info().id(), _ -> new BitSet())
                                .set(p.row()));
                Optional<SpanRow> row =
                        place.isPresent() || contains(older, span.key())
                                ? spans.row(span.key())
                                : generations.get(i).row(span);
                if (row.isPresent()) {
                    place.ifPresent(p -> places.put(rows.size(), p));
                    rows.add(row.get());
                }
            }
        }
        return new Fresh(
                List.copyOf(rows),
                places,
                shadowed,
                state.epoch(),
                changes,
                SERIALS.incrementAndGet());
    }

    private static boolean contains(List<Generation> generations, SpanKey key) {
        for (Generation generation : generations) {
            if (generation.spans().find(key).isPresent()) {
                return true;
            }
        }
        return false;
    }
}
