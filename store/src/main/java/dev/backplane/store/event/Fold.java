package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent.Deletion;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Makes spans of events.
///
/// [#simplify] is the heart: the shortest list that means the same. For any events `a` then `b`,
/// `simplify(simplify(a) + b)` equals `simplify(a + b)` (invariant F-1), so a segment may keep the
/// simplified list and later events still find all they need. At most one INSERT (with the merges
/// after it already in it) and one FEEDBACK remain; merges that came before any insert stay as they
/// are, because only then are their rules exact.
///
/// A repeated send must not change a span, so two things are known by their prints. An insert equal
/// to the one that the span stands on is no new insert: what was merged since stays. And what a
/// merge or feedback appends (comments) is appended once; its other fields are set again, because a
/// score that goes from 1 to 0 and back to 1 looks the same as a repeat, and what was sent last
/// holds.
public final class Fold {
    private Fold() {}

    /// @param events in order of version
    public static List<StoredEvent> simplify(List<StoredEvent> events) {
        if (events.size() == 1 && events.getFirst().op() == Op.INSERT) {
            return events;
        }
        List<StoredEvent> base = new ArrayList<>();
        Optional<StoredEvent> feedback = Optional.empty();
        for (StoredEvent sent : events) {
            StoredEvent event =
                    once(sent, sent.op() == Op.FEEDBACK ? feedback.stream() : base.stream());
            switch (event.op()) {
                case INSERT -> {
                    if (stands(base) && base.getFirst().holds(event.print())) {
                        base.set(0, base.getFirst().withVersion(event.version()));
                    } else {
                        base.clear();
                        base.add(event);
                    }
                }
                case MERGE -> {
                    if (stands(base)) {
                        base.set(0, merge(base.getLast(), event));
                    } else {
                        base.add(event);
                    }
                }
                case FEEDBACK -> {
                    StoredEvent newer = event;
                    feedback = Optional.of(feedback.map(f -> merge(f, newer)).orElse(newer));
                }
                case DELETE -> {
                    base.clear();
                    feedback = Optional.empty();
                }
            }
        }
        feedback.ifPresent(base::add);
        return List.copyOf(base);
    }

    private static boolean stands(List<StoredEvent> base) {
        return !base.isEmpty() && base.getLast().op() == Op.INSERT;
    }

    /// A merge or feedback; what it appends only if those that count have not appended it yet.
    private static StoredEvent once(StoredEvent event, Stream<StoredEvent> counting) {
        if (event.op() != Op.MERGE && event.op() != Op.FEEDBACK) {
            return event;
        }
        boolean repeated = event.print() != 0 && counting.anyMatch(e -> e.holds(event.print()));
        return repeated ? event.withoutAppends() : event.remembered();
    }

    /// The span, or empty when its events cancel out.
    ///
    /// @param data the fields
    /// @param version of the latest event
    public record Folded(SpanData data, long version) {}

    public static Optional<Folded> fold(List<StoredEvent> events) {
        List<StoredEvent> simple = simplify(events);
        if (simple.isEmpty()) {
            return Optional.empty();
        }
        StoredEvent result = simple.getFirst();
        for (StoredEvent event : simple.subList(1, simple.size())) {
            result = merge(result, event);
        }
        return Optional.of(new Folded(result.data(), result.version()));
    }

    /// Whether the span has another value in place of the one that an event gave.
    ///
    /// @param events simplified
    public static boolean overruled(List<StoredEvent> events, int index, Field field) {
        Optional<Value> own = events.get(index).data().get(field);
        if (own.isEmpty()) {
            return true;
        }
        boolean keep = field.merge() == Field.Merge.KEEP;
        List<StoredEvent> others =
                keep ? events.subList(0, index) : events.subList(index + 1, events.size());
        return others.stream()
                .flatMap(event -> event.data().get(field).stream())
                .anyMatch(other ->
                        switch (field.merge()) {
                            case KEEP, REPLACE -> true;
                            case DEEP -> !JsonMerge.areBoth('{', own.get(), other);
                            case UNION, APPEND -> !JsonMerge.areBoth('[', own.get(), other);
                        });
    }

    private static StoredEvent merge(StoredEvent older, StoredEvent newer) {
        SpanData.Builder merged = older.data().toBuilder();
        newer.data()
                .forEach((field, value) ->
                        merged.put(
                                field,
                                older.data()
                                        .get(field)
                                        .map(old -> merge(field, old, value, newer.rules()))
                                        .orElse(value)));
        for (Deletion deletion : newer.rules().deletions()) {
            delete(merged, deletion);
        }
        return new StoredEvent(
                Math.max(older.version(), newer.version()),
                older.op(),
                merged.build(),
                older.rules(),
                older.print(),
                absorbed(older, newer));
    }

    /// An insert that others were merged into is not found by its bytes any more, only by its
    /// print.
    private static Set<Long> absorbed(StoredEvent older, StoredEvent newer) {
        Set<Long> own =
                older.op() == Op.INSERT && older.print() != 0
                        ? StoredEvent.union(older.absorbed(), Set.of(older.print()))
                        : older.absorbed();
        return StoredEvent.union(own, newer.absorbed());
    }

    private static Value merge(Field field, Value older, Value newer, MergeRules rules) {
        return switch (field.merge()) {
            case KEEP -> older;
            case REPLACE -> newer;
            case DEEP ->
                    older instanceof Value.Json(Content first)
                                    && newer instanceof Value.Json(Content second)
                            ? Value.json(JsonMerge.deep(first, second, rules, field.id()))
                            : newer;
            case UNION, APPEND ->
                    older instanceof Value.Json(Content first)
                                    && newer instanceof Value.Json(Content second)
                            ? Value.json(
                                    JsonMerge.join(
                                            first, second, field.merge() == Field.Merge.UNION))
                            : newer;
        };
    }

    private static void delete(SpanData.Builder data, Deletion deletion) {
        Optional<Field> field = Field.byId(deletion.path().getFirst());
        field.flatMap(data::get)
                .ifPresent(value -> {
                    if (value instanceof Value.Json(Content content)) {
                        List<String> inner = deletion.path().subList(1, deletion.path().size());
                        data.put(
                                field.get(),
                                Value.json(JsonMerge.delete(content, inner, deletion)));
                    }
                });
    }
}
