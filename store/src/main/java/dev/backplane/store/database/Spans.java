package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.Span;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.event.Fingerprint;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.log.Generation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads spans one at a time from a state, wherever their events lie.
record Spans(State state) {
    static final Set<Field> ALL = EnumSet.allOf(Field.class);

    /// All events of a span in order (invariant D-1).
    List<StoredEvent> events(SpanKey key, Set<Field> wanted) {
        return events(key, wanted, false);
    }

    /// All of a span's events for a segment that will stand in for them.
    List<StoredEvent> lasting(SpanKey key) {
        return events(key, ALL, true);
    }

    private List<StoredEvent> events(SpanKey key, Set<Field> wanted, boolean lasting) {
        Optional<Place> place = state.find(key);
        List<StoredEvent> events = new ArrayList<>();
        for (Generation generation : state.generations()) {
            generation
                    .spans()
                    .find(key)
                    .ifPresent(span -> events.addAll(generation.events(span, wanted)));
        }
        if (place.isPresent()) {
            List<StoredEvent> older = older(place.get(), wanted);
            StoredEvent base = older.getFirst();
            if (base.op() == Op.INSERT
                    && base.absorbed().isEmpty()
                    && needsPrint(events, lasting)) {
                StoredEvent whole = wanted.equals(ALL) ? base : older(place.get(), ALL).getFirst();
                events.add(0, base.withPrint(Fingerprint.of(whole, key.project())));
                events.addAll(1, older.subList(1, older.size()));
            } else {
                events.addAll(0, older);
            }
        }
        return events;
    }

    private static List<StoredEvent> older(Place place, Set<Field> wanted) {
        return place.living().segment().events(place.row(), wanted);
    }

    /// A segment does not store the print of an insert that nothing was merged into (eight bytes a
    /// span that no compression shortens): it is made again when a merge has come, and with it the
    /// harm that a repeat of the insert would do.
    private static boolean needsPrint(List<StoredEvent> newer, boolean lasting) {
        boolean merged = false;
        for (StoredEvent event : newer) {
            if (merged && event.op() == Op.INSERT) {
                return true;
            }
            merged |= event.op() == Op.MERGE;
        }
        return merged && lasting;
    }

    Optional<Span> span(SpanKey key) {
        return Fold.fold(events(key, ALL))
                .map(folded -> new Span(key, folded.data(), folded.version()));
    }

    Optional<SpanRow> row(SpanKey key) {
        return Fold.fold(events(key, Rows.FIELDS)).map(folded -> Rows.of(key, folded));
    }
}
