package dev.backplane.store.sql;

import dev.backplane.store.sql.Windows.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Finds spans by one statement each time: any condition that SQL can say.
final class SqlFinder implements SpanFinder {
    private static final SqlLimits LIMITS =
            new SqlLimits(Duration.ofSeconds(60), Long.MAX_VALUE, 1L << 30);

    private final SqlEngine engine;
    private final TableView view;
    private final String filter;

    /// @param filter empty, or a condition with an AND before it
    SqlFinder(SqlEngine engine, TableView view, String filter) {
        this.engine = engine;
        this.view = view;
        this.filter = filter;
    }

    @Override
    public List<Spot> spots(Window window, int limit) {
        String sql =
                ("SELECT %s, epoch_ns(order_time) FROM spans WHERE %s%s"
                                + " ORDER BY order_time DESC LIMIT %d")
                        .formatted(RowFunction.LOCATOR, window.condition(), filter, limit);
        List<Spot> spots = new ArrayList<>();
        each(
                engine,
                view,
                sql,
                LIMITS,
                cells ->
                        spots.add(
                                new Spot(
                                        SpanCells.whole(cells.get(0)),
                                        SpanCells.whole(cells.get(1)))));
        return spots;
    }

    @Override
    public void traces(Window window, Consumer<String> found) {
        traces(window.condition(), found);
    }

    @Override
    public void tracesWithoutStart(Consumer<String> found) {
        traces("start_time IS NULL", found);
    }

    private void traces(String condition, Consumer<String> found) {
        each(
                engine,
                view,
                "SELECT DISTINCT trace_id FROM spans WHERE " + condition + filter,
                LIMITS,
                cells -> {
                    found.accept(SpanCells.text(cells.getFirst()));
                    return true;
                });
    }

    @Override
    public void close() {
        // each statement is closed when it has ended
    }

    /// Runs a statement of ours; `row` returns false to stop.
    static void each(
            SqlEngine engine,
            TableView view,
            String sql,
            SqlLimits limits,
            Predicate<List<Optional<Object>>> row) {
        engine.executeOwn(
                view,
                sql,
                limits,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        return row.test(cells);
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
    }
}
