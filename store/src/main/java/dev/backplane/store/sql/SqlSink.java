package dev.backplane.store.sql;

import java.util.List;
import java.util.Optional;

/// Takes the result of a query, row by row, on the caller's thread.
public interface SqlSink {
    /// @param type DuckDB's name of the type (`VARCHAR`, `BIGINT`, `TIMESTAMP_NS`…)
    record Column(String name, String type) {}

    /// Called once, before any row.
    void columns(List<Column> columns);

    /// @param cells one a column; a cell is a `String`, `Long`, `Double`, `Boolean`,
    ///   `java.math.BigDecimal`, `java.time.Instant`, a [dev.backplane.core.Content] (long text or
    ///   JSON, to be streamed), or a `List` or `Map` of these
    /// @return false to stop
    boolean row(List<Optional<Object>> cells);

    /// Asked every [RowPipe#ASK_EVERY] while the query computes and has nothing to hand over.
    ///
    /// @return false when nobody waits for the result any more, which ends the query
    default boolean wanted() {
        return true;
    }

    /// Called once, after the last row.
    ///
    /// @param truncated whether rows were left out because of a limit
    void end(boolean truncated);
}
