package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import dev.backplane.store.column.Column;
import dev.backplane.store.column.FilterColumn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// Runs SQL that people and programs wrote over one [TableView] at a time. Thread-safe.
///
/// One `SELECT` (with `WITH`, set operations, subqueries, joins, window functions) over the tables
/// `spans`, `traces`, `scores` and `messages` of the view. Nothing else can be reached: no file, no
/// setting, no other project; see [SqlGuard] and [SqlRewriter].
public interface SqlEngine extends AutoCloseable {
    /// Runs the query and hands its rows to `sink` on the calling thread. Payload columns in the
    /// result are read when their row is handed over, not before.
    ///
    /// @throws Problem `INVALID` for what is no query over our tables, `BLOCKED` for what is never
    ///   allowed, `LIMITED` for too much memory, `TIMEOUT` after `limits.time()`, `UNAVAILABLE`
    ///   when too many queries wait
    void execute(TableView view, String sql, SqlLimits limits, SqlSink sink);

    /// As [#execute], for a query that the store wrote: it may name where rows stand, which no user
    /// learns. What a user wrote of it must have come through [#condition].
    void executeOwn(TableView view, String sql, SqlLimits limits, SqlSink sink);

    /// As [#execute], into a Parquet file that appears when it is complete.
    ///
    /// @param wanted as [SqlSink#wanted]
    /// @return whether rows were left out because of `limits.rows()`
    boolean toParquet(
            TableView view, String sql, SqlLimits limits, Path target, BooleanSupplier wanted);

    /// Checks that `filter` is one condition over the columns of `spans`.
    ///
    /// @throws Problem `INVALID` or `BLOCKED`
    Condition condition(String filter);

    /// Reads columns of a part, as a [ColumnLoader.Reader].
    ///
    /// @param file [TableView.Part#columns]
    Map<FilterColumn, Column> columns(
            Path file,
            long rows,
            Set<FilterColumn> columns,
            long dictionaryBytes,
            BooleanSupplier wanted);

    @Override
    void close();

    /// @param columnFolders where [TableView.Part#columns] live; no other file can be read
    /// @param scratch for what does not fit in memory; made if missing
    /// @param spillBytes the most that `scratch` may hold
    /// @param concurrency queries that run at the same time
    /// @param queueTime how long a query waits for its turn
    record Options(
            List<Path> columnFolders,
            Path scratch,
            long spillBytes,
            int concurrency,
            Duration queueTime) {
        public Options {
            columnFolders = List.copyOf(columnFolders);
        }

        public static Options of(Path columnFolder, Path scratch) {
            return new Options(List.of(columnFolder), scratch, 4L << 30, 4, Duration.ofSeconds(10));
        }
    }

    /// The engine inside this process.
    static SqlEngine inProcess(Options options) {
        return new DuckEngine(options);
    }
}
