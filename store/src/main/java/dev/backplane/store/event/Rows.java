package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import java.util.EnumSet;
import java.util.Set;

/// From a span's fields to its row.
public final class Rows {
    /// What a row is made of; the rest need not be decoded for one.
    public static final Set<Field> FIELDS =
            EnumSet.complementOf(
                    EnumSet.of(
                            Field.ATTRIBUTES,
                            Field.RESOURCE,
                            Field.EVENTS,
                            Field.LINKS,
                            Field.SCOPE,
                            Field.TOOLS,
                            Field.EXPECTED,
                            Field.METADATA,
                            Field.COMMENTS,
                            Field.EXTRA));

    /// What [#withoutPreviews] is made of.
    public static final Set<Field> SHORT_FIELDS = shortFields();

    private static final int JSON_SIZE_MAX = 64 << 10;

    private Rows() {}

    private static Set<Field> shortFields() {
        Set<Field> fields = EnumSet.copyOf(FIELDS);
        fields.removeAll(EnumSet.of(Field.INPUT, Field.OUTPUT, Field.ERROR));
        return fields;
    }

    public static SpanRow of(SpanKey key, SpanData data) {
        return row(
                key,
                data,
                preview(data, Field.ERROR),
                preview(data, Field.INPUT),
                preview(data, Field.OUTPUT));
    }

    /// A row that reads no content: error and previews are empty.
    public static SpanRow withoutPreviews(SpanKey key, SpanData data) {
        return row(key, data, "", "", "");
    }

    private static SpanRow row(
            SpanKey key, SpanData data, String error, String input, String output) {
        return new SpanRow(
                key,
                data.text(Field.PARENT_ID),
                data.text(Field.NAME),
                data.has(Field.KIND) ? data.text(Field.KIND) : SpanKind.OTHER.id(),
                data.number(Field.START_TIME, 0),
                data.number(Field.END_TIME, 0),
                data.text(Field.STATUS),
                error,
                data.text(Field.MODEL),
                data.text(Field.PROVIDER),
                data.number(Field.INPUT_TOKENS, -1),
                data.number(Field.OUTPUT_TOKENS, -1),
                data.number(Field.CACHED_TOKENS, -1),
                data.number(Field.CACHE_WRITE_TOKENS, -1),
                data.number(Field.REASONING_TOKENS, -1),
                real(data, Field.COST),
                real(data, Field.TIME_TO_FIRST_TOKEN_MS),
                data.text(Field.SESSION_ID),
                data.text(Field.USER_ID),
                data.text(Field.AGENT),
                json(data, Field.TAGS),
                json(data, Field.SCORES),
                input,
                output);
    }

    private static String preview(SpanData data, Field field) {
        return data.get(field).map(value -> Previews.of(value, SpanRow.PREVIEW_LENGTH)).orElse("");
    }

    private static double real(SpanData data, Field field) {
        return data.get(field)
                .map(value ->
                        switch (value) {
                            case Value.Real(double number) -> number;
                            case Value.Int(long number) -> (double) number;
                            default -> Double.NaN;
                        })
                .orElse(Double.NaN);
    }

    private static String json(SpanData data, Field field) {
        return data.get(field).orElse(Value.text("")) instanceof Value.Json(Content content)
                        && content.size() <= JSON_SIZE_MAX
                ? content.read(JSON_SIZE_MAX).text()
                : "";
    }
}
