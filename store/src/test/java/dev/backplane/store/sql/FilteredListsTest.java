package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever finds the rows of a list, columns in memory or SQL, the pages are the same: rows, order
/// and cursors.
class FilteredListsTest {
    private static final List<String> TEXTS =
            List.of("", "", "llm", "tool", "LLM", "gpt-4o", "a'b", "ünï", "😀", "\uffee", "z", " ");
    private static final List<String> TEXT_COLUMNS =
            List.of(
                    "name",
                    "kind",
                    "status",
                    "Model",
                    "provider",
                    "session_id",
                    "user_id",
                    "agent");
    private static final List<String> WHOLE_COLUMNS =
            List.of("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens");
    private static final List<String> REAL_COLUMNS =
            List.of("cost", "time_to_first_token_ms", "duration_ms");
    private static final List<String> PRESENCE_COLUMNS =
            List.of("parent_id", "tags", "scores", "error", "input_preview", "output_preview");
    private static final List<Long> WHOLES =
            List.of(-1L, -1L, 0L, 1L, 5L, 50_000L, 4_294_967_295L, 1L << 53, (1L << 53) + 1);
    private static final List<Double> REALS =
            List.of(
                    Double.NaN,
                    0.0,
                    -0.0,
                    0.1,
                    0.30000000000000004,
                    -2.5,
                    1e300,
                    5e-324,
                    100.0,
                    Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY);

    @TempDir static Path folder;
    private static SqlEngine engine;
    private static int runs;

    @BeforeAll
    static void open() {
        engine = SqlEngine.inProcess(SqlEngine.Options.of(folder, folder.resolve("scratch")));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /// Random rows, and filters that some of them meet.
    private record Chance(RandomGenerator random) {
        SpanRow row(int number) {
            long start = Gen.oneIn(random, 12) ? 0 : time();
            return new SpanRow(
                    new SpanKey("p", "t" + random.nextInt(60), "s" + number),
                    Gen.oneIn(random, 3) ? "" : "s",
                    text(),
                    text(),
                    start,
                    Gen.oneIn(random, 8) ? 0 : time(),
                    start == 0 ? time() : start,
                    text(),
                    Gen.oneIn(random, 4) ? "failed" : "",
                    text(),
                    text(),
                    whole(),
                    whole(),
                    whole(),
                    whole(),
                    whole(),
                    Gen.pick(random, REALS),
                    Gen.pick(random, REALS),
                    text(),
                    text(),
                    text(),
                    Gen.oneIn(random, 4) ? "[\"x\"]" : "",
                    Gen.oneIn(random, 4) ? "{\"x\":1}" : "",
                    Gen.oneIn(random, 2) ? "in" : "",
                    Gen.oneIn(random, 2) ? "out" : "");
        }

        List<SpanRow> rows(int from, int count) {
            List<SpanRow> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rows.add(row(from + i));
            }
            return rows;
        }

        /// Often the same as another.
        private long time() {
            return Rows.START + random.nextInt(400) * 250_000_000L;
        }

        private String text() {
            return Gen.oneIn(random, 30) ? "n" + random.nextInt(400) : Gen.pick(random, TEXTS);
        }

        private long whole() {
            return Gen.oneIn(random, 20) ? random.nextInt(100_000) : Gen.pick(random, WHOLES);
        }

        String filter(int depth) {
            return switch (depth == 0 ? random.nextInt(5) : random.nextInt(9)) {
                case 0 -> test(Gen.pick(random, TEXT_COLUMNS), () -> SqlText.literal(text()));
                case 1 -> test(Gen.pick(random, WHOLE_COLUMNS), this::wholeText);
                case 2 -> test(Gen.pick(random, REAL_COLUMNS), this::realText);
                case 3 -> test(Gen.pick(random, "start_time", "end_time"), this::timeText);
                case 4 ->
                        Gen.pick(random, PRESENCE_COLUMNS)
                                + Gen.pick(random, " is null", " is not null");
                case 5 -> "not (" + filter(depth - 1) + ")";
                case 6 -> filter(depth - 1) + " or " + filter(depth - 1);
                default -> "(" + filter(depth - 1) + ") and (" + filter(depth - 1) + ")";
            };
        }

        private String test(String column, Supplier<String> value) {
            String operator = Gen.pick(random, "=", "<>", "!=", "<", "<=", ">", ">=");
            return switch (random.nextInt(8)) {
                case 0 -> column + " is null";
                case 1 -> column + " is not null";
                case 2 -> column + not() + " in (" + value.get() + ", " + value.get() + ")";
                case 3 -> column + not() + " between " + value.get() + " and " + value.get();
                case 4 -> value.get() + " " + operator + " " + column;
                default -> column + " " + operator + " " + value.get();
            };
        }

        private String not() {
            return Gen.oneIn(random, 2) ? " not" : "";
        }

        private String wholeText() {
            return Gen.pick(random, WHOLES).toString();
        }

        private String realText() {
            return Gen.pick(random, "0", "0.1", "-2.5", ".5", "100.", "0.3", "-1000", "9007199254");
        }

        private String timeText() {
            String time = java.time.Instant.ofEpochSecond(0, time()).toString();
            return SqlText.literal(
                    switch (random.nextInt(4)) {
                        case 0 -> time.substring(0, 10);
                        case 1 -> time.substring(0, 19).replace('T', ' ');
                        case 2 -> time;
                        default -> time.substring(0, 19) + ".250000001";
                    });
        }
    }

    private static FakeView view(Chance chance, int rows) throws IOException {
        Path own = Files.createDirectories(folder.resolve("run-" + runs++));
        FakeView view = new FakeView("p", (_, _) -> SpanData.EMPTY);
        int from = 0;
        for (int part = 0; part < 3; part++) {
            int count = part == 1 ? rows : rows / 4;
            int[] masked =
                    part == 2 ? new int[0] : chance.random().ints(count / 10, 0, count).toArray();
            view.part(own, chance.rows(from, count), masked);
            from += count;
        }
        return view.fresh(chance.rows(from, 60));
    }

    private record Page(List<List<String>> rows, String cursor) {}

    private static List<Page> spans(Listing listing, FakeView view, ListQuery first) {
        List<Page> pages = new ArrayList<>();
        String cursor = "";
        do {
            List<List<String>> rows = new ArrayList<>();
            cursor =
                    listing.spans(
                            view,
                            at(first, cursor),
                            (SpanRow row) ->
                                    rows.add(List.of(row.key().trace(), row.key().span())));
            pages.add(new Page(rows, cursor));
        } while (!cursor.isEmpty() && pages.size() < 4);
        return pages;
    }

    private static List<Page> traces(Listing listing, FakeView view, ListQuery first) {
        List<Page> pages = new ArrayList<>();
        String cursor = "";
        do {
            List<List<String>> rows = new ArrayList<>();
            cursor =
                    listing.traces(
                            view,
                            at(first, cursor),
                            (TraceRow row) -> rows.add(List.of(row.traceId(), "" + row.spans())));
            pages.add(new Page(rows, cursor));
        } while (!cursor.isEmpty() && pages.size() < 4);
        return pages;
    }

    private static ListQuery at(ListQuery query, String cursor) {
        return new ListQuery(
                query.project(),
                query.filter(),
                query.sinceNanos(),
                query.untilNanos(),
                cursor,
                query.limit());
    }

    private static OptionalLong maybe(Chance chance) {
        return Gen.oneIn(chance.random(), 4)
                ? OptionalLong.of(chance.time())
                : OptionalLong.empty();
    }

    private static ListQuery query(Chance chance, String filter) {
        return new ListQuery(
                "p", filter, maybe(chance), maybe(chance), "", Gen.integer(chance.random(), 1, 40));
    }

    /// What is missed is read as soon as the list is done that missed it, so that the same list
    /// begins with SQL and may go on with columns.
    private static Listing overColumns(long bytes, Meter meter) {
        return new Listing(engine, bytes, Runnable::run, meter);
    }

    private static Listing overSql() {
        return overColumns(0, new Meter());
    }

    private static void compare(int seeds, int rows, int filters) {
        Set<Integer> lengths = new HashSet<>();
        Gen.check(
                seeds,
                random -> {
                    Chance chance = new Chance(random);
                    FakeView view = view(chance, rows);
                    Meter meter = new Meter();
                    Listing columns = overColumns(64 << 20, meter);
                    Listing sql = overSql();
                    for (int i = 0; i < filters; i++) {
                        ListQuery query = query(chance, i == 0 ? "" : chance.filter(2));
                        List<Page> spans = spans(sql, view, query);
                        List<Page> traces = traces(sql, view, query);
                        lengths.add(Math.min(spans.size(), 2));
                        for (int time = 0; time < 2; time++) {
                            assertThat(spans(columns, view, query))
                                    .as("%s", query)
                                    .isEqualTo(spans);
                            assertThat(traces(columns, view, query))
                                    .as("%s", query)
                                    .isEqualTo(traces);
                        }
                        if (i == filters - 1) {
                            long before = lists(meter, "sql");
                            spans(columns, view, query);
                            traces(columns, view, query);
                            assertThat(lists(meter, "sql")).as("%s", query).isEqualTo(before);
                        }
                    }
                    assertThat(lists(meter, "columns")).isPositive();
                    assertThat(meter.render()).contains("backplane_store_columns_full_total 0");
                });
        assertThat(lengths).as("lists of more than a page").contains(2);
    }

    private static long lists(Meter meter, String by) {
        String line = "backplane_store_lists_total{by=\"" + by + "\"} ";
        return meter.render()
                .lines()
                .filter(each -> each.startsWith(line))
                .mapToLong(each -> Long.parseLong(each.substring(line.length())))
                .sum();
    }

    @Test
    void columnsFindWhatSqlFinds() {
        compare(3, 200, 25);
    }

    @Test
    void overSeveralBlocks() {
        compare(1, 17_000, 12);
    }

    /// Parts come and go from memory, and lists change from one way to the other.
    @Test
    void withoutRoomForAll() {
        Gen.check(
                3,
                random -> {
                    Chance chance = new Chance(random);
                    FakeView view = view(chance, 200);
                    Meter meter = new Meter();
                    Listing columns = overColumns(Gen.integer(random, 500, 8_000), meter);
                    Listing sql = overSql();
                    for (int i = 0; i < 25; i++) {
                        ListQuery query = query(chance, chance.filter(2));
                        List<Page> spans = spans(sql, view, query);
                        List<Page> traces = traces(sql, view, query);
                        for (int time = Gen.integer(random, 1, 4); time > 0; time--) {
                            assertThat(spans(columns, view, query))
                                    .as("%s", query)
                                    .isEqualTo(spans);
                            assertThat(traces(columns, view, query))
                                    .as("%s", query)
                                    .isEqualTo(traces);
                        }
                    }
                    assertThat(meter.render())
                            .doesNotContain("backplane_store_columns_full_total 0\n");
                });
    }

    @Test
    void manyListsAtATimeWhileColumnsAreRead() {
        Gen.check(
                2,
                random -> {
                    Chance chance = new Chance(random);
                    FakeView view = view(chance, 3_000);
                    Listing sql = overSql();
                    List<ListQuery> queries = new ArrayList<>();
                    List<List<Page>> expected = new ArrayList<>();
                    for (int i = 0; i < 6; i++) {
                        queries.add(query(chance, chance.filter(1)));
                        expected.add(traces(sql, view, queries.getLast()));
                    }
                    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
                    try (Listing columns =
                            new Listing(
                                    engine,
                                    Gen.integer(random, 20_000, 2_000_000),
                                    task -> Thread.ofVirtual().start(task),
                                    new Meter())) {
                        List<Thread> threads = new ArrayList<>();
                        for (int i = 0; i < 3; i++) {
                            int first = i * 2;
                            threads.add(
                                    Thread.ofVirtual()
                                            .uncaughtExceptionHandler((_, e) -> failures.add(e))
                                            .start(() -> {
                                                for (int j = 0; j < 12; j++) {
                                                    int at = (first + j) % queries.size();
                                                    assertThat(
                                                                    traces(
                                                                            columns,
                                                                            view,
                                                                            queries.get(at)))
                                                            .isEqualTo(expected.get(at));
                                                }
                                            }));
                        }
                        for (Thread thread : threads) {
                            thread.join();
                        }
                    }
                    assertThat(failures).isEmpty();
                });
    }

    /// Closing in the middle of a reading leaves the engine usable, and lists too.
    @Test
    void closedListsAreFoundBySql() throws IOException {
        Chance chance = new Chance(Gen.random(7));
        FakeView view = view(chance, 17_000);
        Meter meter = new Meter();
        Listing columns =
                new Listing(engine, 64 << 20, task -> Thread.ofVirtual().start(task), meter);
        ListQuery query = query(chance, "kind = 'llm' and cost >= 0 and name <> 'tool'");
        List<Page> before = spans(columns, view, query);
        columns.close();
        assertThat(spans(columns, view, query)).isEqualTo(before);
        assertThat(spans(overSql(), view, query)).isEqualTo(before);
        assertThat(meter.render()).contains("backplane_store_columns_failures_total 0\n");
    }
}
