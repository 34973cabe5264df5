package dev.backplane.store.sql;

import dev.backplane.core.Meter;
import dev.backplane.core.Meter.Counter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.column.ColumnCache;
import dev.backplane.store.column.ColumnLoader;
import dev.backplane.store.sql.SpanFinder.Spot;
import dev.backplane.store.sql.TableView.TraceStart;
import dev.backplane.store.sql.Windows.Window;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Lists of spans and traces, newest first.
///
/// Spans that meet a filter are looked for in [Windows] of time that go back from the newest data.
/// A [SpanFinder] says where rows stand; rows are read for those that are shown. It looks in
/// columns in memory where the filter is plain enough and they are there, and asks SQL otherwise.
/// All of this is about the place of a span in time ([SpanRow#orderNanos]), which is its start if
/// it has one.
///
/// A trace stands where it began ([dev.backplane.store.event.Beginning]), and no span that has a
/// start stands before that: when a window has been searched, and at first all spans without a
/// start, then all traces that meet the filter and stand in the window are known, and where each
/// stands the view knows. A list of traces without a filter needs no search.
///
/// A cursor is the position of the last row, so that pages neither skip nor repeat rows when new
/// ones arrive. Thread-safe.
public final class Listing implements AutoCloseable {
    private static final Comparator<SpanRow> IDS_DOWN =
            Comparator.comparing((SpanRow row) -> row.key().trace())
                    .thenComparing(row -> row.key().span())
                    .reversed();

    /// Rows asked for beyond those that are wanted, so that spans that stand together seldom cost
    /// another statement.
    private static final int SPARE = 16;

    private static final int CONDITIONS_KEPT = 256;
    private static final int CONDITION_LENGTH_MAX = 4_096;
    private static final int LIMIT_MAX = 10_000;
    private static final TraceStart NEWEST = new TraceStart("", Long.MAX_VALUE);
    private static final SqlLimits WHOLE =
            new SqlLimits(Duration.ofDays(1), Long.MAX_VALUE, 1L << 30);

    private final SqlEngine engine;
    private final ColumnCache columns;
    private final ColumnLoader loader;
    private final Counter byColumns;
    private final Counter bySql;

    /// Filters that DuckDB's parser has seen: whoever pages or refreshes sends the same again.
    private final Map<String, Condition> conditions =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Condition> eldest) {
                    return size() > CONDITIONS_KEPT;
                }
            };

    /// @param columnBytes the most that columns of segments may take in memory
    /// @param background as in [ColumnLoader]
    public Listing(SqlEngine engine, long columnBytes, Executor background, Meter meter) {
        this.engine = engine;
        this.columns = new ColumnCache(columnBytes, meter);
        this.loader = new ColumnLoader(columns, engine::columns, background, meter);
        String name = "backplane_store_lists_total";
        String help =
                "Lists of spans and filtered lists of traces: by columns in memory, or with SQL";
        this.byColumns = meter.counter(name, help, "by=\"columns\"");
        this.bySql = meter.counter(name, help, "by=\"sql\"");
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

        /// Whether the span comes after it in lists of spans.
        boolean isBefore(SpanRow row) {
            if (row.orderNanos() != nanos) {
                return row.orderNanos() < nanos;
            }
            int traces = row.key().trace().compareTo(trace);
            return traces < 0 || traces == 0 && row.key().span().compareTo(span) < 0;
        }

        String text() {
            String parts = nanos + "\n" + trace + "\n" + span;
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(parts.getBytes(StandardCharsets.UTF_8));
        }
    }

    /// Spans that meet the filter, newest first; the sink returns false to stop.
    ///
    /// @return the cursor of the next page, empty when there is none
    public String spans(TableView view, ListQuery query, Predicate<SpanRow> sink) {
        check(query);
        Optional<Cursor> cursor = Cursor.parse(query.cursor());
        long asked = query.untilNanos().orElse(Long.MAX_VALUE);
        long until = cursor.map(at -> Math.min(asked, at.nanos() + 1)).orElse(asked);
        Windows windows =
                new Windows(view, query.sinceNanos().orElse(Long.MIN_VALUE), until, until);
        Page<SpanRow> page = new Page<>(query.limit(), sink);
        find(
                view,
                query.filter(),
                finder -> {
                    for (Optional<Window> window = windows.next();
                            window.isPresent() && page.open();
                            window = windows.next()) {
                        spans(view, window.get(), finder, cursor, page);
                    }
                });
        return page.cursor();
    }

    private void find(TableView view, String filter, Consumer<SpanFinder> list) {
        Condition condition = condition(filter);
        SpanFinder sql = new SqlFinder(engine, view, condition.after());
        if (condition.filter().isEmpty()) {
            bySql.increment();
            list.accept(sql);
            return;
        }
        try (ColumnFinder finder =
                new ColumnFinder(view, condition.filter().get(), columns, loader, sql)) {
            list.accept(finder);
            (finder.usedOther() ? bySql : byColumns).increment();
        }
    }

    /// Hands over spans of a window until the page is full. They are found by time alone: ids are
    /// the widest columns there are, and only spans that stand together need them.
    private void spans(
            TableView view,
            Window window,
            SpanFinder finder,
            Optional<Cursor> cursor,
            Page<SpanRow> page) {
        long high = window.high();
        int limit = page.wanted() + SPARE;
        boolean more = true;
        while (more && page.open()) {
            List<Spot> spots = finder.spots(new Window(window.low(), high), limit);
            more = spots.size() == limit;
            int from = 0;
            while (from < spots.size() && page.open()) {
                long nanos = spots.get(from).nanos();
                int to = from + 1;
                while (to < spots.size() && spots.get(to).nanos() == nanos) {
                    to++;
                }
                if (more && to == spots.size()) {
                    // The limit may have cut the spans that stand together.
                    limit = high == nanos + 1 ? limit * 4 : limit;
                    high = nanos + 1;
                } else {
                    together(view, spots.subList(from, to), cursor, page);
                }
                from = to;
            }
        }
    }

    /// Spans that stand together, by their ids downwards.
    private static void together(
            TableView view, List<Spot> spots, Optional<Cursor> cursor, Page<SpanRow> page) {
        List<SpanRow> rows = new ArrayList<>(spots.size());
        for (Spot spot : spots) {
            SpanRow row = view.row(spot.locator());
            if (cursor.isEmpty() || cursor.get().isBefore(row)) {
                rows.add(row);
            }
        }
        rows.sort(IDS_DOWN);
        for (SpanRow row : rows) {
            if (!page.open()) {
                return;
            }
            page.offer(row, new Cursor(row.orderNanos(), row.key().trace(), row.key().span()));
        }
    }

    /// Traces with a span that meets the filter, newest first.
    ///
    /// @return the cursor of the next page, empty when there is none
    public String traces(TableView view, ListQuery query, Predicate<TraceRow> sink) {
        check(query);
        TraceStart place =
                Cursor.parse(query.cursor())
                        .map(at -> new TraceStart(at.trace(), at.nanos()))
                        .orElse(NEWEST);
        TraceStart until = new TraceStart("", query.untilNanos().orElse(Long.MAX_VALUE));
        TraceStart before = TraceStart.NEWEST_FIRST.compare(place, until) > 0 ? place : until;
        long since = query.sinceNanos().orElse(Long.MIN_VALUE);
        Page<TraceRow> page = new Page<>(query.limit(), sink);
        if (query.filter().isBlank()) {
            Iterator<TraceStart> traces = view.tracesBefore(before);
            while (page.open() && traces.hasNext()) {
                TraceStart next = traces.next();
                if (next.nanos() < since) {
                    break;
                }
                offer(view, next, page);
            }
        } else {
            find(view, query.filter(), finder -> matching(view, finder, before, since, page));
        }
        return page.cursor();
    }

    private static void offer(TableView view, TraceStart trace, Page<TraceRow> page) {
        view.trace(trace.trace())
                .ifPresent(row -> page.offer(row, new Cursor(trace.nanos(), trace.trace(), "")));
    }

    private void matching(
            TableView view, SpanFinder finder, TraceStart before, long since, Page<TraceRow> page) {
        Set<String> seen = new HashSet<>();
        PriorityQueue<TraceStart> waiting = new PriorityQueue<>(TraceStart.NEWEST_FIRST);
        Consumer<String> found =
                trace -> {
                    if (seen.add(trace)) {
                        view.start(trace)
                                .filter(start -> TraceStart.NEWEST_FIRST.compare(start, before) > 0)
                                .ifPresent(waiting::add);
                    }
                };
        finder.tracesWithoutStart(found);
        Windows windows = new Windows(view, since, Long.MAX_VALUE, before.nanos());
        for (Optional<Window> window = windows.next();
                window.isPresent() && page.open();
                window = windows.next()) {
            finder.traces(window.get(), found);
            while (page.open()
                    && !waiting.isEmpty()
                    && waiting.element().nanos() >= window.get().low()) {
                offer(view, waiting.remove(), page);
            }
        }
    }

    /// The keys of all spans that meet the filter, trace by trace; for work over a whole project.
    ///
    /// @param filter as in [ListQuery]
    public void keys(TableView view, String filter, Predicate<SpanKey> sink) {
        String sql =
                ("SELECT trace_id, span_id FROM spans WHERE true%s ORDER BY trace_id, order_time,"
                                + " span_id")
                        .formatted(condition(filter).after());
        SqlFinder.each(
                engine,
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

    private Condition condition(String filter) {
        if (filter.isBlank()) {
            return Condition.NONE;
        }
        synchronized (conditions) {
            Condition known = conditions.get(filter);
            if (known != null) {
                return known;
            }
        }
        Condition checked = engine.condition(filter);
        if (filter.length() < CONDITION_LENGTH_MAX
                && checked.sql().length() < CONDITION_LENGTH_MAX) {
            synchronized (conditions) {
                conditions.put(filter, checked);
            }
        }
        return checked;
    }

    /// Reads no columns any more; to be called before the engine is closed.
    @Override
    public void close() {
        loader.close();
    }

    /// Counts the rows that were handed over and looks one row ahead to know if there are more.
    private static final class Page<R> {
        private final int limit;
        private final Predicate<R> sink;
        private Optional<Cursor> last = Optional.empty();
        private int count;
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
            return limit - count + 1;
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
