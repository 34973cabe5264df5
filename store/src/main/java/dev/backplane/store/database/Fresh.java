package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// A project's spans that have events in the log, folded with what segments know of them, and the
/// segment rows that they stand in for. Immutable.
///
/// @param rows in no particular order
/// @param places where a row's older part lies, by position in `rows`
/// @param shadowed rows of segments that are not to be read, by segment id
/// @param epoch of the state
/// @param changes of the generations: with the epoch, tells whether this is still true
/// @param resolved what each span came to, for the next of these: most spans will be the same
/// @param serial no other has it: what names rows by position belongs to one of these only
/// @param traces what this means for roll-ups, worked out when a list of traces asks first
record Fresh(
        List<SpanRow> rows,
        Map<Integer, Place> places,
        Map<String, BitSet> shadowed,
        long epoch,
        long changes,
        Map<FreshSpan, Resolved> resolved,
        long serial,
        AtomicReference<Optional<LooseTraces>> traces) {
    private static final AtomicLong SERIALS = new AtomicLong();

    static long changes(List<Generation> generations) {
        long changes = generations.size();
        for (Generation generation : generations) {
            changes = changes * 31 + generation.number() * 17 + generation.spans().changes();
        }
        return changes;
    }

    /// @param place the segment row that it stands in for
    /// @param row empty when its events cancel out
    record Resolved(Optional<Place> place, Optional<SpanRow> row) {}

    /// @param before what was true of the project earlier, if that is known
    static Fresh of(State state, String project, Optional<Fresh> before) {
        long changes = changes(state.generations());
        Map<FreshSpan, Resolved> known =
                before.filter(fresh -> fresh.epoch == state.epoch())
                        .map(Fresh::resolved)
                        .orElse(Map.of());
        Map<FreshSpan, Resolved> resolved = new IdentityHashMap<>();
        List<SpanRow> rows = new ArrayList<>();
        Map<Integer, Place> places = new HashMap<>();
        Map<String, BitSet> shadowed = new HashMap<>();
        Spans spans = new Spans(state);
        List<Generation> generations = state.generations();
        for (int i = generations.size() - 1; i >= 0; i--) {
            List<Generation> older = generations.subList(0, i);
            Newer newer = new Newer(generations.subList(i + 1, generations.size()), resolved);
            for (FreshSpan span : generations.get(i).spans().project(project)) {
                if (newer.hold(span.key())) {
                    continue;
                }
                Resolved own = known.get(span);
                if (own == null) {
                    own = resolve(state, spans, generations.get(i), older, span);
                }
                resolved.put(span, own);
                own.place()
                        .ifPresent(p ->
                                shadowed.computeIfAbsent(p.living().info().id(), _ -> new BitSet())
                                        .set(p.row()));
                if (own.row().isPresent()) {
                    own.place().ifPresent(p -> places.put(rows.size(), p));
                    rows.add(own.row().get());
                }
            }
        }
        return new Fresh(
                List.copyOf(rows),
                places,
                shadowed,
                state.epoch(),
                changes,
                resolved,
                SERIALS.incrementAndGet(),
                new AtomicReference<>(Optional.empty()));
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

    private static Resolved resolve(
            State state,
            Spans spans,
            Generation generation,
            List<Generation> older,
            FreshSpan span) {
        Optional<Place> place = state.find(span.key());
        return new Resolved(
                place,
                place.isPresent() || contains(older, span.key())
                        ? spans.row(span.key())
                        : generation.row(span));
    }

    /// The spans that stand in newer generations. What came into one after it had been looked at
    /// does not: the older part of the span has to stand for it, or the span would be nowhere.
    private static final class Newer {
        private final List<Generation> generations;
        private final Map<FreshSpan, Resolved> resolved;
        private Optional<Set<SpanKey>> keys = Optional.empty();

        /// @param resolved all spans of these generations that were looked at
        Newer(List<Generation> generations, Map<FreshSpan, Resolved> resolved) {
            this.generations = generations;
            this.resolved = resolved;
        }

        boolean hold(SpanKey key) {
            for (Generation generation : generations) {
                Optional<FreshSpan> span = generation.spans().find(key);
                if (span.isPresent()
                        && (resolved.containsKey(span.get()) || keys().contains(key))) {
                    return true;
                }
            }
            return false;
        }

        /// Hardly ever needed: only when a span has got another event since.
        private Set<SpanKey> keys() {
            if (keys.isEmpty()) {
                Set<SpanKey> all = new HashSet<>();
                resolved.keySet().forEach(span -> all.add(span.key()));
                keys = Optional.of(all);
            }
            return keys.get();
        }
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
