package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Lists of spans and traces, newest first.
///
/// Rows are looked for in windows of start time that go back from the newest data, each [#GROWTH]
/// times as long as the one before: what is asked for most, the newest rows, is found without
/// touching old parts, and a rare filter still reads everything at most 1 + 1/7 times.
///
/// A trace starts where its first span starts. Within a window that begins at `low`, the earliest
/// span at or after `low` is the start of the trace unless the trace began before `low`; the
/// roll-up, which reads the whole trace, tells, and a later window then lists it. So traces come in
/// order of start, each once, although no query groups more than the spans since `low`.
///
/// All of this is about the place of a span in time ([dev.backplane.store.SpanRow#orderNanos]),
/// which is its start if it has one. A trace in which no span has a start stands, as a span without
/// one, at the time of its latest event.
///
/// A cursor is the position of the last row, so that pages neither skip nor repeat rows when new
/// ones arrive. Thread-safe.
public final class Listing {
    private static final int GROWTH = 8;
    private static final int LIMIT_MAX = 10_000;
    private static final SqlLimits LIMITS =
            new SqlLimits(Duration.ofSeconds(60), Long.MAX_VALUE, 1L << 30);
    private static final SqlLimits WHOLE =
            new SqlLimits(Duration.ofDays(1), Long.MAX_VALUE, 1L << 30);

    private final SqlEngine engine;

    public Listing(SqlEngine engine) {
        this.engine = engine;
    }

    /// Where a page ended.
    ///
    /// @param span empty in a list of traces
    private record Cursor(long nanos, String trace, String span) {
        static Optional<Cursor> parse(String text) {
            if (text.isEmpty()) {
                return Optional.empty();
            }
            try {
                byte[] bytes = Base64.getUrlDecoder().decode(text);
                String[] parts = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
                return Optional.of(new Cursor(Long.parseLong(parts[0]), parts[1], parts[2]));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw Problem.invalid("the cursor is not one of ours", "cursor")
                        .fix("send the cursor of the previous page as it came, or none")
                        .causedBy(e);
            }
        }

        String text() {
            String parts = nanos + "\n" + trace + "\n" + span;
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(parts.getBytes(StandardCharsets.UTF_8));
        }
    }

    /// A stretch of start times: `low` inclusive, `high` exclusive.
    private record Window(long low, long high) {
        String condition() {
            return "order_time >= " + time(low) + " AND order_time < " + time(high);
        }
    }

    /// The windows of one list, newest first.
    private static final class Windows {
        private final long oldest;
        private long high;
        private long length;

        Windows(TableView view, ListQuery query, Optional<Cursor> cursor, int spansPerRow) {
            long newest = Long.MIN_VALUE;
            long first = Long.MAX_VALUE;
            for (TableView.Part part : view.parts()) {
                newest = Math.max(newest, part.maxStartNanos());
                first = Math.min(first, part.minStartNanos());
            }
            for (SpanRow row : view.fresh()) {
                newest = Math.max(newest, row.orderNanos());
                first = Math.min(first, row.orderNanos());
            }
            oldest = Math.max(first, query.sinceNanos().orElse(Long.MIN_VALUE));
            long until = Math.min(query.untilNanos().orElse(Long.MAX_VALUE), newest + 1);
            high = cursor.map(at -> Math.min(until, at.nanos() + 1)).orElse(until);
            length = firstLength(view, high, (double) query.limit() * spansPerRow);
        }

        /// About as long as it takes for so many spans to start.
        private static long firstLength(TableView view, long high, double spans) {
            double perNano = 0;
            for (TableView.Part part : view.parts()) {
                if (part.minStartNanos() < high) {
                    perNano =
                            Math.max(
                                    perNano,
                                    (double) part.rows()
                                            / (part.maxStartNanos() - part.minStartNanos() + 1));
                }
            }
            return perNano == 0 ? 3_600_000_000_000L : (long) Math.max(1e9, spans / perNano);
        }

        Optional<Window> next() {
            if (high <= oldest) {
                return Optional.empty();
            }
            long low = high - oldest <= length ? oldest : high - length;
            Window window = new Window(low, high);
            high = low;
            length = length > Long.MAX_VALUE / GROWTH ? Long.MAX_VALUE : length * GROWTH;
            return Optional.of(window);
        }
    }

    /// Spans that meet the filter, newest first; the sink returns false to stop.
    ///
    /// @return the cursor of the next page, empty when there is none
    public String spans(TableView view, ListQuery query, Predicate<SpanRow> sink) {
        check(query);
        Optional<Cursor> cursor = Cursor.parse(query.cursor());
        String filter = filter(query.filter());
        Windows windows = new Windows(view, query, cursor, 16);
        Page<SpanRow> page = new Page<>(query.limit(), sink);
        for (Optional<Window> window = windows.next();
                window.isPresent() && page.open();
                window = windows.next()) {
            String sql =
                    ("SELECT %s FROM spans WHERE %s%s%s ORDER BY order_time DESC, trace_id DESC,"
                                    + " span_id DESC LIMIT %d")
                            .formatted(
                                    SpanCells.COLUMNS,
                                    window.get().condition(),
                                    cursor.map(Listing::after).orElse(""),
                                    filter,
                                    page.wanted());
            each(view, sql, LIMITS, cells -> offer(SpanCells.span(cells), page));
        }
        return page.cursor();
    }

    private static boolean offer(SpanRow row, Page<SpanRow> page) {
        return page.offer(row, new Cursor(row.orderNanos(), row.key().trace(), row.key().span()));
    }

    private static String after(Cursor cursor) {
        return " AND (order_time < %s OR (trace_id, span_id) < (%s, %s))"
                .formatted(
                        time(cursor.nanos()),
                        SqlText.literal(cursor.trace()),
                        SqlText.literal(cursor.span()));
    }

    /// Traces with a span that meets the filter, newest start first.
    ///
    /// @return the cursor of the next page, empty when there is none
    public String traces(TableView view, ListQuery query, Predicate<TraceRow> sink) {
        check(query);
        Optional<Cursor> cursor = Cursor.parse(query.cursor());
        String filter = filter(query.filter());
        Windows windows = new Windows(view, query, cursor, 40);
        Page<TraceRow> page = new Page<>(query.limit(), sink);
        for (Optional<Window> window = windows.next();
                window.isPresent() && page.open();
                window = windows.next()) {
            Optional<Cursor> at = cursor;
            boolean more = true;
            while (more && page.open()) {
                List<Start> starts = starts(view, window.get(), filter, at, page.wanted());
                offer(view, starts, page);
                more = starts.size() == page.batch();
                if (more) {
                    Start last = starts.getLast();
                    at = Optional.of(last.cursor());
                }
            }
        }
        return page.cursor();
    }

    private record Start(String trace, long nanos) {
        Cursor cursor() {
            return new Cursor(nanos, trace, "");
        }
    }

    /// Traces whose earliest span since the window's beginning lies in the window, newest first.
    private List<Start> starts(
            TableView view, Window window, String filter, Optional<Cursor> cursor, int limit) {
        String since = "order_time >= " + time(window.low());
        String start = "coalesce(min(start_time), max(order_time))";
        String matching =
                filter.isEmpty()
                        ? ""
                        : " AND trace_id IN (SELECT trace_id FROM spans WHERE %s%s)"
                                .formatted(since, filter);
        String after =
                cursor.map(at ->
                                " AND (%3$s < %1$s OR %3$s = %1$s AND trace_id < %2$s)"
                                        .formatted(
                                                time(at.nanos()),
                                                SqlText.literal(at.trace()),
                                                start))
                        .orElse("");
        String sql =
                ("SELECT trace_id, epoch_ns(%s) AS start FROM spans WHERE %s%s"
                                + " GROUP BY trace_id HAVING %s < %s%s"
                                + " ORDER BY start DESC,"
                                + " trace_id DESC LIMIT %d")
                        .formatted(
                                start, since, matching, start, time(window.high()), after, limit);
        List<Start> starts = new ArrayList<>();
        each(
                view,
                sql,
                LIMITS,
                cells ->
                        starts.add(
                                new Start(
                                        SpanCells.text(cells.get(0)),
                                        SpanCells.whole(cells.get(1)))));
        return starts;
    }

    /// Rolls up the traces and hands over those that began where their earliest span was seen.
    private void offer(TableView view, List<Start> starts, Page<TraceRow> page) {
        if (starts.isEmpty()) {
            return;
        }
        String ids =
                starts.stream()
                        .map(start -> SqlText.literal(start.trace()))
                        .collect(Collectors.joining(", "));
        Map<String, TraceRow> rows = new HashMap<>();
        String sql =
                "SELECT "
                        + SpanCells.TRACE_COLUMNS
                        + " FROM traces WHERE trace_id IN ("
                        + ids
                        + ")";
        each(
                view,
                sql,
                LIMITS,
                cells -> {
                    TraceRow row = SpanCells.trace(cells);
                    rows.put(row.traceId(), row);
                    return true;
                });
        for (Start start : starts) {
            TraceRow row = rows.get(start.trace());
            if (row != null && begins(row, start) && page.open()) {
                page.offer(row, start.cursor());
            }
        }
    }

    /// Whether nothing before the window says that the trace began there.
    private static boolean begins(TraceRow row, Start start) {
        return row.startNanos() == 0 || row.startNanos() == start.nanos();
    }

    /// The roll-up of one trace.
    public Optional<TraceRow> trace(TableView view, String trace) {
        List<TraceRow> rows = new ArrayList<>();
        String sql =
                "SELECT %s FROM traces WHERE trace_id = %s"
                        .formatted(SpanCells.TRACE_COLUMNS, SqlText.literal(trace));
        each(view, sql, LIMITS, cells -> rows.add(SpanCells.trace(cells)));
        return rows.stream().findFirst();
    }

    /// The keys of all spans that meet the filter, trace by trace; for work over a whole project.
    ///
    /// @param filter as in [ListQuery]
    public void keys(TableView view, String filter, Predicate<SpanKey> sink) {
        String sql =
                ("SELECT trace_id, span_id FROM spans WHERE true%s ORDER BY trace_id, order_time,"
                                + " span_id")
                        .formatted(filter(filter));
        each(
                view,
                sql,
                WHOLE,
                cells ->
                        sink.test(
                                new SpanKey(
                                        view.project(),
                                        SpanCells.text(cells.get(0)),
                                        SpanCells.text(cells.get(1)))));
    }

    private static void check(ListQuery query) {
        if (query.limit() < 1 || query.limit() > LIMIT_MAX) {
            throw Problem.invalid("limit " + query.limit(), "limit")
                    .fix("ask for 1 to " + LIMIT_MAX + " rows");
        }
    }

    private String filter(String filter) {
        return filter.isBlank() ? "" : " AND (" + engine.condition(filter) + ")";
    }

    private static String time(long nanos) {
        return "make_timestamp_ns(" + nanos + ")";
    }

    private void each(
            TableView view, String sql, SqlLimits limits, Predicate<List<Optional<Object>>> row) {
        engine.execute(
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

    /// Counts the rows that were handed over and looks one row ahead to know if there are more.
    private static final class Page<R> {
        private final int limit;
        private final Predicate<R> sink;
        private Optional<Cursor> last = Optional.empty();
        private int count;
        private int batch;
        private boolean stopped;
        private boolean more;

        Page(int limit, Predicate<R> sink) {
            this.limit = limit;
            this.sink = sink;
        }

        boolean open() {
            return !stopped && !more;
        }

        /// Rows to ask for: what is missing and one more.
        int wanted() {
            batch = limit - count + 1;
            return batch;
        }

        /// What [#wanted] last said.
        int batch() {
            return batch;
        }

        boolean offer(R row, Cursor position) {
            if (count == limit) {
                more = true;
                return false;
            }
            count++;
            last = Optional.of(position);
            stopped = !sink.test(row);
            return !stopped;
        }

        String cursor() {
            return last.filter(_ -> more || stopped).map(Cursor::text).orElse("");
        }
    }
}
