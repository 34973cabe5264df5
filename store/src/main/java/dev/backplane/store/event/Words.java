package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import java.util.List;

/// What a person may search for in a span that is too short to be a content of its own.
public final class Words {
    private Words() {}

    /// Lines: the name, then short errors, tags, metadata and extra members (a row of Braintrust
    /// has its id there, and feedback names nothing else); empty when there are none.
    public static String of(SpanData data) {
        StringBuilder words = new StringBuilder(data.text(Field.NAME));
        for (Field field : List.of(Field.ERROR, Field.TAGS, Field.METADATA, Field.EXTRA)) {
            data.get(field).ifPresent(value -> append(words, value));
        }
        return words.toString();
    }

    private static void append(StringBuilder words, Value value) {
        switch (value) {
            case Value.Text(Content content) -> append(words, content);
            case Value.Json(Content content) -> append(words, content);
            case Value.Binary _,
                    Value.Int _,
                    Value.Real _,
                    Value.Flag _,
                    Value.Attributes _,
                    Value.Events _ -> {}
        }
    }

    private static void append(StringBuilder words, Content content) {
        if (content.size() < EventCodec.INLINE_SIZE_MAX) {
            words.append('\n').append(content.read(EventCodec.INLINE_SIZE_MAX).text());
        }
    }
}
