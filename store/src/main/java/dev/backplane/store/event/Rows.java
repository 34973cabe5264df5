package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import dev.backplane.store.event.Fold.Folded;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

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

    public static SpanRow of(SpanKey key, Folded folded) {
        return of(key, folded.data(), folded.version(), Previews::newest);
    }

    /// The same for who knows where the newest message of a payload is.
    ///
    /// @param version of the latest event
    /// @param newest from a JSON content to its last element, or to itself where it has none
    public static SpanRow of(
            SpanKey key, SpanData data, long version, UnaryOperator<Content> newest) {
        return row(
                key,
                data,
                version,
                field ->
                        data.get(field)
                                .map(value -> Previews.of(value, SpanRow.PREVIEW_LENGTH, newest))
                                .orElse(""));
    }

    /// A row that reads no content: error and previews are empty.
    public static SpanRow withoutPreviews(SpanKey key, Folded folded) {
        return row(key, folded.data(), folded.version(), _ -> "");
    }

    private static SpanRow row(
            SpanKey key, SpanData data, long version, Function<Field, String> preview) {
        return new SpanRow(
                key,
                data.text(Field.PARENT_ID),
                shared(data, Field.NAME),
                data.has(Field.KIND) ? shared(data, Field.KIND) : SpanKind.OTHER.id(),
                data.number(Field.START_TIME, 0),
                data.number(Field.END_TIME, 0),
                orderNanos(data, version),
                shared(data, Field.STATUS),
                preview.apply(Field.ERROR),
                shared(data, Field.MODEL),
                shared(data, Field.PROVIDER),
                data.number(Field.INPUT_TOKENS, -1),
                data.number(Field.OUTPUT_TOKENS, -1),
                data.number(Field.CACHED_TOKENS, -1),
                data.number(Field.CACHE_WRITE_TOKENS, -1),
                data.number(Field.REASONING_TOKENS, -1),
                real(data, Field.COST),
                real(data, Field.TIME_TO_FIRST_TOKEN_MS),
                shared(data, Field.SESSION_ID),
                shared(data, Field.USER_ID),
                shared(data, Field.AGENT),
                SharedText.of(json(data, Field.TAGS)),
                json(data, Field.SCORES),
                preview.apply(Field.INPUT),
                preview.apply(Field.OUTPUT));
    }

    /// Whether the fields say when the span began.
    public static boolean started(SpanData data) {
        return data.number(Field.START_TIME, 0) != 0;
    }

    /// Where a span stands in time, for order and for leaving out what a query cannot need: its
    /// start, or while it has none the time of its latest event. The only place that decides it.
    ///
    /// @param version of the latest event
    public static long orderNanos(SpanData data, long version) {
        return started(data) ? data.number(Field.START_TIME, 0) : orderNanos(version);
    }

    /// Where a span without a start stands.
    ///
    /// @param version of the latest event
    public static long orderNanos(long version) {
        return TimeUnit.MILLISECONDS.toNanos(HybridClock.millisOf(version));
    }

    private static String shared(SpanData data, Field field) {
        return SharedText.of(data.text(field));
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
