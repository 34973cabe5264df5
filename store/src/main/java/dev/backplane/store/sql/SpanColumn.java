package dev.backplane.store.sql;

import dev.backplane.store.SpanRow;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBWritableVector;

/// The columns of a span's row as they stand in a column file, in file order, and how each is taken
/// from a [SpanRow]. The constant's lower-case name is the column's name.
///
/// A duration is not stored: it is the difference of two columns that are. [#ORDER_TIME] is for our
/// own lists and bounds and stays out of `*`.
///
/// Times pass through a vector as nanoseconds and become `TIMESTAMP_NS` in [#expression].
enum SpanColumn {
    TRACE_ID(DuckDBColumnType.VARCHAR),
    SPAN_ID(DuckDBColumnType.VARCHAR),
    PARENT_ID(DuckDBColumnType.VARCHAR),
    PROJECT(DuckDBColumnType.VARCHAR),
    NAME(DuckDBColumnType.VARCHAR),
    KIND(DuckDBColumnType.VARCHAR),
    START_TIME(DuckDBColumnType.BIGINT),
    END_TIME(DuckDBColumnType.BIGINT),
    STATUS(DuckDBColumnType.VARCHAR),
    ERROR(DuckDBColumnType.VARCHAR),
    MODEL(DuckDBColumnType.VARCHAR),
    PROVIDER(DuckDBColumnType.VARCHAR),
    INPUT_TOKENS(DuckDBColumnType.BIGINT),
    OUTPUT_TOKENS(DuckDBColumnType.BIGINT),
    CACHED_TOKENS(DuckDBColumnType.BIGINT),
    CACHE_WRITE_TOKENS(DuckDBColumnType.BIGINT),
    REASONING_TOKENS(DuckDBColumnType.BIGINT),
    COST(DuckDBColumnType.DOUBLE),
    TIME_TO_FIRST_TOKEN_MS(DuckDBColumnType.DOUBLE),
    SESSION_ID(DuckDBColumnType.VARCHAR),
    USER_ID(DuckDBColumnType.VARCHAR),
    AGENT(DuckDBColumnType.VARCHAR),
    TAGS(DuckDBColumnType.VARCHAR),
    SCORES(DuckDBColumnType.VARCHAR),
    INPUT_PREVIEW(DuckDBColumnType.VARCHAR),
    OUTPUT_PREVIEW(DuckDBColumnType.VARCHAR),
    ORDER_TIME(DuckDBColumnType.BIGINT);

    private final DuckDBColumnType vectorType;
    private final String id = name().toLowerCase(java.util.Locale.ROOT);

    SpanColumn(DuckDBColumnType vectorType) {
        this.vectorType = vectorType;
    }

    /// The name in files and SQL.
    String id() {
        return id;
    }

    /// The type in which the value passes from Java to DuckDB.
    DuckDBColumnType vectorType() {
        return vectorType;
    }

    /// Makes the column of the file from the column that [#write] filled.
    String expression() {
        return switch (this) {
            case START_TIME, END_TIME, ORDER_TIME -> "make_timestamp_ns(" + id + ") AS " + id;
            case TAGS, SCORES -> "CAST(" + id + " AS JSON) AS " + id;
            case TRACE_ID,
                    SPAN_ID,
                    PARENT_ID,
                    PROJECT,
                    NAME,
                    KIND,
                    STATUS,
                    ERROR,
                    MODEL,
                    PROVIDER,
                    INPUT_TOKENS,
                    OUTPUT_TOKENS,
                    CACHED_TOKENS,
                    CACHE_WRITE_TOKENS,
                    REASONING_TOKENS,
                    COST,
                    TIME_TO_FIRST_TOKEN_MS,
                    SESSION_ID,
                    USER_ID,
                    AGENT,
                    INPUT_PREVIEW,
                    OUTPUT_PREVIEW ->
                    id;
        };
    }

    /// Sets the value of `row` at `index`; an absent one is NULL.
    void write(SpanRow row, DuckDBWritableVector vector, long index) {
        switch (this) {
            case TRACE_ID -> text(row.key().trace(), vector, index);
            case SPAN_ID -> text(row.key().span(), vector, index);
            case PARENT_ID -> text(row.parentId(), vector, index);
            case PROJECT -> text(row.key().project(), vector, index);
            case NAME -> text(row.name(), vector, index);
            case KIND -> text(row.kind(), vector, index);
            case START_TIME -> time(row.startNanos(), vector, index);
            case END_TIME -> time(row.endNanos(), vector, index);
            case STATUS -> text(row.status(), vector, index);
            case ERROR -> text(row.error(), vector, index);
            case MODEL -> text(row.model(), vector, index);
            case PROVIDER -> text(row.provider(), vector, index);
            case INPUT_TOKENS -> whole(row.inputTokens(), vector, index);
            case OUTPUT_TOKENS -> whole(row.outputTokens(), vector, index);
            case CACHED_TOKENS -> whole(row.cachedTokens(), vector, index);
            case CACHE_WRITE_TOKENS -> whole(row.cacheWriteTokens(), vector, index);
            case REASONING_TOKENS -> whole(row.reasoningTokens(), vector, index);
            case COST -> real(row.cost(), vector, index);
            case TIME_TO_FIRST_TOKEN_MS -> real(row.timeToFirstTokenMs(), vector, index);
            case SESSION_ID -> text(row.sessionId(), vector, index);
            case USER_ID -> text(row.userId(), vector, index);
            case AGENT -> text(row.agent(), vector, index);
            case TAGS -> text(row.tags(), vector, index);
            case SCORES -> text(row.scores(), vector, index);
            case INPUT_PREVIEW -> text(row.inputPreview(), vector, index);
            case OUTPUT_PREVIEW -> text(row.outputPreview(), vector, index);
            case ORDER_TIME -> vector.setLong(index, row.orderNanos());
        }
    }

    private static void text(String value, DuckDBWritableVector vector, long index) {
        if (value.isEmpty()) {
            vector.setNull(index);
        } else {
            vector.setString(index, value);
        }
    }

    private static void time(long nanos, DuckDBWritableVector vector, long index) {
        if (nanos == 0) {
            vector.setNull(index);
        } else {
            vector.setLong(index, nanos);
        }
    }

    private static void whole(long value, DuckDBWritableVector vector, long index) {
        if (value < 0) {
            vector.setNull(index);
        } else {
            vector.setLong(index, value);
        }
    }

    private static void real(double value, DuckDBWritableVector vector, long index) {
        if (Double.isNaN(value)) {
            vector.setNull(index);
        } else {
            vector.setDouble(index, value);
        }
    }
}
