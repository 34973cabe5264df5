package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Keeps one project's [Fresh] up to date. Spans come by the thousand a second and each reader
/// wants the latest, so what came since the last one asked is looked at and the rest left as it is;
/// only when segments have changed, or something was erased, all is looked at anew. Thread-safe.
final class FreshTracker {
    private final String project;

    private long epoch;
    private long erasures;

    /// How many of each generation's events were looked at, by its number.
    private final Map<Long, Integer> looked = new HashMap<>();

    private final List<SpanRow> rows = new ArrayList<>();
    private final List<SpanKey> keys = new ArrayList<>();
    private final Map<SpanKey, Integer> positions = new HashMap<>();

    /// Where spans lie in segments, those whose events cancel out too.
    private final Map<SpanKey, Place> placed = new HashMap<>();

    private Optional<Fresh> latest = Optional.empty();
    private Map<Integer, Place> places = Map.of();
    private Map<String, BitSet> shadowed = Map.of();
    private boolean isPlacedAnew;

    FreshTracker(String project) {
        this.project = project;
    }

    /// Of the state that was asked for last.
    synchronized long epoch() {
        return epoch;
    }

    /// What is true of the project by now, if not more.
    synchronized Fresh at(State state) {
        long changes = Fresh.changes(state.generations());
        if (latest.isPresent() && latest.get().changes() == changes && epoch == state.epoch()) {
            return latest.get();
        }
        if (!isContinuedBy(state)) {
            forget(state);
        }
        arrived(state.generations()).forEach(key -> look(state, new Spans(state), key));
        if (isPlacedAnew) {
            isPlacedAnew = false;
            places = placesOfRows();
            shadowed = shadowedRows();
        }
        Fresh fresh = Fresh.of(List.copyOf(rows), places, shadowed, changes);
        latest = Optional.of(fresh);
        return fresh;
    }

    private static long erasures(State state) {
        return state.generations().stream()
                .mapToLong(generation -> generation.spans().erasures())
                .sum();
    }

    private boolean isContinuedBy(State state) {
        Set<Long> numbers =
                state.generations().stream().map(Generation::number).collect(Collectors.toSet());
        return epoch == state.epoch()
                && erasures == erasures(state)
                && numbers.containsAll(looked.keySet());
    }

    private void forget(State state) {
        epoch = state.epoch();
        erasures = erasures(state);
        looked.clear();
        rows.clear();
        keys.clear();
        positions.clear();
        placed.clear();
        isPlacedAnew = true;
    }

    /// The spans of the project that got events which were not looked at.
    private Set<SpanKey> arrived(List<Generation> generations) {
        Set<SpanKey> spans = new LinkedHashSet<>();
        for (Generation generation : generations) {
            int from = looked.getOrDefault(generation.number(), 0);
            int more = generation.spans().arrivals(project, from, spans::add);
            looked.put(generation.number(), from + more);
        }
        return spans;
    }

    /// Looks at a span where it stands: in the newest generation that has it. What comes while this
    /// looks may be seen, and is looked at again.
    private void look(State state, Spans spans, SpanKey key) {
        List<Generation> generations = state.generations();
        for (int i = generations.size() - 1; i >= 0; i--) {
            Optional<FreshSpan> span = generations.get(i).spans().find(key);
            if (span.isPresent()) {
                Optional<Place> place = state.find(key);
                boolean alone =
                        place.isEmpty()
                                && generations.subList(0, i).stream()
                                        .allMatch(older -> older.spans().find(key).isEmpty());
                put(key, place, alone ? generations.get(i).row(span.get()) : spans.row(key));
                return;
            }
        }
        // Erased since it came: the next to ask looks at everything anew.
    }

    /// @param row empty when the span's events cancel out
    private void put(SpanKey key, Optional<Place> place, Optional<SpanRow> row) {
        if (place.isPresent()) {
            placed.put(key, place.get());
            isPlacedAnew = true;
        }
        Integer position = positions.get(key);
        if (row.isEmpty()) {
            if (position != null) {
                remove(key, position);
            }
        } else if (position != null) {
            rows.set(position, row.get());
        } else {
            positions.put(key, rows.size());
            rows.add(row.get());
            keys.add(key);
        }
    }

    private void remove(SpanKey key, int position) {
        SpanRow lastRow = rows.removeLast();
        SpanKey lastKey = keys.removeLast();
        positions.remove(key);
        if (position < rows.size()) {
            rows.set(position, lastRow);
            keys.set(position, lastKey);
            positions.put(lastKey, position);
        }
        isPlacedAnew |= !placed.isEmpty();
    }

    private Map<Integer, Place> placesOfRows() {
        Map<Integer, Place> known = new HashMap<>();
        placed.forEach((key, place) -> {
            Integer position = positions.get(key);
            if (position != null) {
                known.put(position, place);
            }
        });
        return known;
    }

    private Map<String, BitSet> shadowedRows() {
        Map<String, BitSet> all = new HashMap<>();
        for (Place place : placed.values()) {
            all.computeIfAbsent(place.living().info().id(), _ -> new BitSet()).set(place.row());
        }
        return all;
    }
}
