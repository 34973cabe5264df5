package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.Span;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
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
        List<StoredEvent> events = new ArrayList<>();
        state.find(key)
                .ifPresent(place ->
                        events.addAll(place.living().segment().events(place.row(), wanted)));
        for (Generation generation : state.generations()) {
            generation
                    .spans()
                    .find(key)
                    .ifPresent(span -> events.addAll(generation.events(span, wanted)));
        }
        return events;
    }

    Optional<Span> span(SpanKey key) {
        return Fold.fold(events(key, ALL))
                .map(folded -> new Span(key, folded.data(), folded.version()));
    }

    Optional<SpanRow> row(SpanKey key) {
        return Fold.fold(events(key, Rows.FIELDS)).map(folded -> Rows.of(key, folded.data()));
    }
}
