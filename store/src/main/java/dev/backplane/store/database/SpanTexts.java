package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.SearchedContent;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.event.Words;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What people search in the spans that have several events, some of them in the log: read once,
/// until another event comes. Thread-safe.
final class SpanTexts {
    private final Map<SpanKey, Known> known = new ConcurrentHashMap<>();

    /// @param contents stored ones
    /// @param merged texts that are not stored yet
    /// @param words short values, line by line
    record SpanText(
            List<SearchedContent> contents, List<SearchedContent.Merged> merged, String words) {}

    /// @param events what the text was made of
    private record Known(long epoch, List<FreshSpan> events, SpanText text) {}

    /// Forgets what was read of states before `epoch`.
    void forgetBefore(long epoch) {
        known.values().removeIf(text -> text.epoch() < epoch);
    }

    SpanText get(State state, SpanKey key) {
        List<FreshSpan> events = new ArrayList<>(1);
        for (Generation generation : state.generations()) {
            generation.spans().find(key).ifPresent(events::add);
        }
        Known present = known.get(key);
        if (present != null
                && present.epoch() == state.epoch()
                && present.events().equals(events)) {
            return present.text();
        }
        List<StoredEvent> simple = Fold.simplify(new Spans(state).events(key, Spans.ALL));
        SpanText text =
                new SpanText(
                        SearchedContent.stored(simple),
                        SearchedContent.merged(simple),
                        Words.of(simple));
        known.put(key, new Known(state.epoch(), events, text));
        return text;
    }
}
