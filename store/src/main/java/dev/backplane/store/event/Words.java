package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import java.util.List;
import java.util.Optional;

/// What a person may search for in a span that is too short to be a content of its own.
public final class Words {
    private static final List<Field> FIELDS =
            List.of(Field.ERROR, Field.TAGS, Field.METADATA, Field.EXTRA);

    private Words() {}

    /// Lines: the name, then short errors, tags, metadata and extra members (a row of Braintrust
    /// has its id there, and feedback names nothing else); empty when there are none.
    ///
    /// A value that several short ones merge to may be too long: then it is these that count.
    ///
    /// @param events simplified
    public static String of(List<StoredEvent> events) {
        return of(events, Fold.fold(events).map(Fold.Folded::data).orElse(SpanData.EMPTY));
    }

    /// @param data what the events fold to
    public static String of(List<StoredEvent> events, SpanData data) {
        StringBuilder words = new StringBuilder(data.text(Field.NAME));
        for (Field field : FIELDS) {
            Optional<Content> whole = data.get(field).flatMap(Words::content);
            if (whole.isPresent() && !isShort(whole.get())) {
                for (int i = 0; i < events.size(); i++) {
                    if (!Fold.overruled(events, i, field)) {
                        events.get(i)
                                .data()
                                .get(field)
                                .flatMap(Words::content)
                                .ifPresent(part -> append(words, part));
                    }
                }
            } else {
                whole.ifPresent(value -> append(words, value));
            }
        }
        return words.toString();
    }

    private static Optional<Content> content(Value value) {
        return switch (value) {
            case Value.Text(Content content) -> Optional.of(content);
            case Value.Json(Content content) -> Optional.of(content);
            case Value.Binary _,
                    Value.Int _,
                    Value.Real _,
                    Value.Flag _,
                    Value.Attributes _,
                    Value.Events _ ->
                    Optional.empty();
        };
    }

    private static boolean isShort(Content content) {
        return content.size() < EventCodec.INLINE_SIZE_MAX;
    }

    private static void append(StringBuilder words, Content content) {
        if (isShort(content)) {
            words.append('\n').append(content.read(EventCodec.INLINE_SIZE_MAX).text());
        }
    }
}
