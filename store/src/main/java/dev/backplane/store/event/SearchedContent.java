package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.store.content.Splitter;
import dev.backplane.store.content.StoredContent;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// A content of a span that people search, and the field that it stands in.
///
/// @param content in its container
public record SearchedContent(Field field, StoredContent content) {
    /// Fields whose contents are mentioned in typed fields too, mostly.
    private static final Set<Field> RAW = EnumSet.of(Field.ATTRIBUTES, Field.EVENTS);

    public int ref() {
        return content.ref();
    }

    /// The stored contents of a span.
    ///
    /// @param events simplified
    public static List<SearchedContent> stored(List<StoredEvent> events) {
        List<SearchedContent> found = new ArrayList<>();
        visit(
                events,
                (field, content) -> {
                    if (content instanceof StoredContent stored) {
                        remember(found, new SearchedContent(field, stored));
                    }
                });
        return found;
    }

    /// Attributes repeat what the typed fields refer to already; the first mention is enough.
    private static void remember(List<SearchedContent> found, SearchedContent next) {
        boolean mentioned =
                found.stream()
                        .anyMatch(known ->
                                known.content().equals(next.content())
                                        && (RAW.contains(next.field()) || known.equals(next)));
        if (!mentioned) {
            found.add(next);
        }
    }

    /// A text that merging made and that is in no container yet.
    public record Merged(Field field, Slice text) {}

    /// The texts that will be contents when the span is stored, cut as they will be.
    ///
    /// @param events simplified
    public static List<Merged> merged(List<StoredEvent> events) {
        List<Merged> found = new ArrayList<>();
        visit(
                events,
                (field, content) -> {
                    boolean whole = field.merge() != Field.Merge.REPLACE;
                    if (whole
                            && content instanceof Slice text
                            && EventCodec.isContent(field, text)) {
                        Splitter.split(text)
                                .map(Splitter.Split::pieces)
                                .orElse(List.of(text))
                                .forEach(piece -> found.add(new Merged(field, piece)));
                    }
                });
        return found;
    }

    private interface Visitor {
        void visit(Field field, Content content);
    }

    private static void visit(List<StoredEvent> events, Visitor visitor) {
        for (int i = 0; i < events.size(); i++) {
            int index = i;
            events.get(i)
                    .data()
                    .forEach((field, value) -> {
                        if (!Fold.overruled(events, index, field)) {
                            visit(field, value, visitor);
                        }
                    });
        }
    }

    private static void visit(Field field, Value value, Visitor visitor) {
        switch (value) {
            case Value.Text(Content content) -> visitor.visit(field, content);
            case Value.Json(Content content) -> visitor.visit(field, content);
            case Value.Binary(Content content) -> visitor.visit(field, content);
            case Value.Attributes(List<Value.Attribute> list) ->
                    list.forEach(attribute -> visit(field, attribute.value(), visitor));
            case Value.Events(List<Value.Event> list) ->
                    list.forEach(timed ->
                            timed.attributes().forEach(a -> visit(field, a.value(), visitor)));
            case Value.Int _, Value.Real _, Value.Flag _ -> {}
        }
    }
}
