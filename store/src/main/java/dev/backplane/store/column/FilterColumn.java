package dev.backplane.store.column;

import dev.backplane.store.SpanRow;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The columns of `spans` that a [RowFilter] can test. The constant's lower-case name is the
/// column's name in SQL, but for the two that are ours.
public enum FilterColumn {
    PROJECT(Kind.TEXT),
    NAME(Kind.TEXT),
    KIND(Kind.TEXT),
    STATUS(Kind.TEXT),
    MODEL(Kind.TEXT),
    PROVIDER(Kind.TEXT),
    SESSION_ID(Kind.TEXT),
    USER_ID(Kind.TEXT),
    AGENT(Kind.TEXT),
    START_TIME(Kind.TIME),
    END_TIME(Kind.TIME),
    INPUT_TOKENS(Kind.WHOLE),
    OUTPUT_TOKENS(Kind.WHOLE),
    CACHED_TOKENS(Kind.WHOLE),
    CACHE_WRITE_TOKENS(Kind.WHOLE),
    REASONING_TOKENS(Kind.WHOLE),
    COST(Kind.REAL),
    TIME_TO_FIRST_TOKEN_MS(Kind.REAL),
    DURATION_MS(Kind.REAL),
    PARENT_ID(Kind.PRESENCE),
    ERROR(Kind.PRESENCE),
    TAGS(Kind.PRESENCE),
    SCORES(Kind.PRESENCE),
    INPUT_PREVIEW(Kind.PRESENCE),
    OUTPUT_PREVIEW(Kind.PRESENCE),

    /// Where a span stands in lists: never absent.
    ORDER_TIME(Kind.TIME),

    /// Whether there is a start time.
    STARTED(Kind.PRESENCE);

    /// What is kept of a column.
    public enum Kind {
        TEXT(4),
        WHOLE(8),
        /// Nanoseconds since 1970.
        TIME(8),
        REAL(8),
        /// Only whether there is a value.
        PRESENCE(1);

        private final int width;

        Kind(int width) {
            this.width = width;
        }

        /// The most bytes that a row takes, a text's dictionary apart.
        int width() {
            return width;
        }
    }

    /// What stands for an absent whole number or time; no value of ours is that small.
    public static final long NO_NUMBER = Long.MIN_VALUE;

    private static final Map<String, FilterColumn> BY_ID =
            Arrays.stream(values())
                    .filter(column -> column != ORDER_TIME && column != STARTED)
                    .collect(Collectors.toMap(FilterColumn::id, Function.identity()));

    private final Kind kind;
    private final String id = name().toLowerCase(Locale.ROOT);

    FilterColumn(Kind kind) {
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    public String id() {
        return id;
    }

    /// The column that a filter means by a name; case does not matter.
    public static Optional<FilterColumn> of(String name) {
        return Optional.ofNullable(BY_ID.get(name.toLowerCase(Locale.ROOT)));
    }

    /// Of a column of [Kind#TEXT]; empty when absent.
    String text(SpanRow row) {
        return switch (this) {
            case PROJECT -> row.key().project();
            case NAME -> row.name();
            case KIND -> row.kind();
            case STATUS -> row.status();
            case MODEL -> row.model();
            case PROVIDER -> row.provider();
            case SESSION_ID -> row.sessionId();
            case USER_ID -> row.userId();
            case AGENT -> row.agent();
            default -> throw new IllegalArgumentException(id + " is no text");
        };
    }

    /// Of a column of [Kind#WHOLE] or [Kind#TIME]; [#NO_NUMBER] when absent.
    long whole(SpanRow row) {
        return switch (this) {
            case START_TIME -> row.startNanos() == 0 ? NO_NUMBER : row.startNanos();
            case END_TIME -> row.endNanos() == 0 ? NO_NUMBER : row.endNanos();
            case ORDER_TIME -> row.orderNanos();
            case INPUT_TOKENS -> tokens(row.inputTokens());
            case OUTPUT_TOKENS -> tokens(row.outputTokens());
            case CACHED_TOKENS -> tokens(row.cachedTokens());
            case CACHE_WRITE_TOKENS -> tokens(row.cacheWriteTokens());
            case REASONING_TOKENS -> tokens(row.reasoningTokens());
            default -> throw new IllegalArgumentException(id + " is no whole number");
        };
    }

    private static long tokens(long count) {
        return count < 0 ? NO_NUMBER : count;
    }

    /// Of a column of [Kind#REAL]; NaN when absent.
    double real(SpanRow row) {
        return switch (this) {
            case COST -> row.cost();
            case TIME_TO_FIRST_TOKEN_MS -> row.timeToFirstTokenMs();
            case DURATION_MS -> row.durationMs();
            default -> throw new IllegalArgumentException(id + " is no number");
        };
    }

    /// Whether there is a value.
    boolean present(SpanRow row) {
        return switch (this) {
            case PARENT_ID -> !row.parentId().isEmpty();
            case ERROR -> !row.error().isEmpty();
            case TAGS -> !row.tags().isEmpty();
            case SCORES -> !row.scores().isEmpty();
            case INPUT_PREVIEW -> !row.inputPreview().isEmpty();
            case OUTPUT_PREVIEW -> !row.outputPreview().isEmpty();
            case STARTED -> row.startNanos() != 0;
            default ->
                    switch (kind) {
                        case TEXT -> !text(row).isEmpty();
                        case WHOLE, TIME -> whole(row) != NO_NUMBER;
                        case REAL -> !Double.isNaN(real(row));
                        case PRESENCE -> throw new IllegalArgumentException(id);
                    };
        };
    }
}
