package dev.backplane.store.sql;

import dev.backplane.store.SpanRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionBuilder;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;

/// The table function `bp_rows(feed)`: span rows that live in Java, as DuckDB reads them. Columns
/// are those of [SpanColumn] before their expressions, then `bp_locator`. Only columns that the
/// query needs are filled.
///
/// A feed is registered under a number for as long as a query that reads it runs. Thread-safe.
final class RowFunction implements DuckDBTableFunction<RowFunction.Feed, RowFunction.Scan, Object> {
    static final String NAME = "bp_rows";
    static final String LOCATOR = "bp_locator";

    private static final SpanColumn[] COLUMNS = SpanColumn.values();
    private static final AtomicLong NEXT = new AtomicLong();

    private final Map<Long, Feed> feeds = new ConcurrentHashMap<>();

    /// A row and where it stands.
    record Located(long locator, SpanRow row) {}

    /// Rows that can be read any number of times, or once if they come from a stream.
    ///
    /// @param size how many, for the planner; below 0 when unknown
    record Feed(long size, Iterable<Located> rows) {}

    record Scan(Iterator<Located> rows, int[] columns) {}

    /// Makes the function known to the connection's database.
    void register(Connection connection) throws SQLException {
        try (DuckDBTableFunctionBuilder builder = DuckDBFunctions.tableFunction()) {
            builder.withName(NAME)
                    .withParameter(DuckDBColumnType.BIGINT)
                    .withProjectionPushdown()
                    .withFunction(this)
                    .register(connection);
        }
    }

    /// @return the number by which SQL names the feed, until [#remove]
    long add(Feed feed) {
        long id = NEXT.incrementAndGet();
        feeds.put(id, feed);
        return id;
    }

    void remove(long id) {
        feeds.remove(id);
    }

    @Override
    public Feed bind(DuckDBTableFunctionBindInfo info) {
        for (SpanColumn column : COLUMNS) {
            info.addResultColumn(column.id(), column.vectorType());
        }
        info.addResultColumn(LOCATOR, DuckDBColumnType.BIGINT);
        long id = info.getParameter(0).getLong();
        Feed feed = feeds.get(id);
        if (feed == null) {
            throw new IllegalStateException("no feed " + id);
        }
        if (feed.size() >= 0) {
            info.setCardinality(feed.size(), true);
        }
        return feed;
    }

    @Override
    public Scan init(DuckDBTableFunctionInitInfo info) {
        info.setMaxThreads(1);
        int[] columns = new int[(int) info.getColumnCount()];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = (int) info.getColumnIndex(i);
        }
        Feed feed = info.getBindData();
        return new Scan(feed.rows().iterator(), columns);
    }

    @Override
    public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter chunk) {
        Scan scan = info.getInitData();
        long capacity = chunk.capacity();
        long count = 0;
        while (count < capacity && scan.rows().hasNext()) {
            Located located = scan.rows().next();
            for (int i = 0; i < scan.columns().length; i++) {
                int column = scan.columns()[i];
                if (column < COLUMNS.length) {
                    COLUMNS[column].write(located.row(), chunk.vector(i), count);
                } else {
                    chunk.vector(i).setLong(count, located.locator());
                }
            }
            count++;
        }
        return count;
    }
}
