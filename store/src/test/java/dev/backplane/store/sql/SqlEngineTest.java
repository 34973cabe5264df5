package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a query may use and what happens at the limits; what it may say stands in the SQL files.
@Timeout(60)
class SqlEngineTest {
    private static final SqlLimits LIMITS =
            new SqlLimits(Duration.ofSeconds(20), 100_000, 256L << 20);
    private static final SqlLimits SHORT =
            new SqlLimits(Duration.ofMillis(700), 100_000, 256L << 20);

    @TempDir static Path folder;
    private static SqlEngine engine;

    @BeforeAll
    static void open() {
        engine =
                SqlEngine.inProcess(
                        new SqlEngine.Options(
                                List.of(folder),
                                folder.resolve("scratch"),
                                64L << 20,
                                3,
                                Duration.ofMillis(300)));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private record Rows(List<List<Optional<Object>>> rows, List<Boolean> truncated) {
        Object only() {
            return rows.getFirst().getFirst().orElseThrow();
        }
    }

    private static Rows run(TableView view, String sql, SqlLimits limits) {
        return run(view, sql, limits, _ -> true);
    }

    private static Rows run(
            TableView view, String sql, SqlLimits limits, Predicate<List<Optional<Object>>> more) {
        List<List<Optional<Object>>> rows = new ArrayList<>();
        List<Boolean> truncated = new ArrayList<>();
        engine.execute(
                view,
                sql,
                limits,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        rows.add(cells);
                        return more.test(cells);
                    }

                    @Override
                    public void end(boolean cut) {
                        truncated.add(cut);
                    }
                });
        return new Rows(rows, truncated);
    }

    private static FakeView empty() {
        return new FakeView("p", (_, _) -> SpanData.EMPTY);
    }

    private static FakeView view(int rows, String payload) {
        List<SpanRow> fresh = new dev.backplane.store.sql.Rows(1).many("p", 1, 1_000_000, rows);
        return new FakeView(
                        "p",
                        (_, _) -> SpanData.builder().put(Field.OUTPUT, Value.json(payload)).build())
                .fresh(fresh);
    }

    @Test
    void noTwoColumnsHaveOneName() {
        List<String> names = new ArrayList<>();
        engine.execute(
                empty(),
                "select 1 a, 2 a, 3 a_1, 4 a",
                LIMITS,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {
                        columns.forEach(column -> names.add(column.name()));
                    }

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        return true;
                    }

                    @Override
                    public void end(boolean cut) {}
                });
        assertThat(names).containsExactly("a", "a_1", "a_1_1", "a_2");
    }

    @Test
    void rowsBeyondTheLimitAreCutAndSaidToBe() {
        SqlLimits ten = new SqlLimits(Duration.ofSeconds(20), 10, 256L << 20);
        Rows cut = run(empty(), "select * from range(1000)", ten);
        assertThat(cut.rows()).hasSize(10);
        assertThat(cut.truncated()).containsExactly(true);
        Rows whole = run(empty(), "select * from range(10)", ten);
        assertThat(whole.rows()).hasSize(10);
        assertThat(whole.truncated()).containsExactly(false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select count(*) from range(1000000000) a, range(1000) b, range(1000) c"
                        + " where a.range + b.range < c.range - 1000",
                "with recursive t(n) as (select 1 union all select n + 1 from t)"
                        + " select max(n) from t",
                "select * from range(1000000000000) where range < 0",
                "select sum(length(regexp_replace(a.range::varchar || b.range::varchar,"
                        + " '(a+)+(b*)*[0-9]+', 'x', 'g')))"
                        + " from range(1000000) a, range(1000000) b",
                "select count(*) from range(100000) a, range(100000) b, range(100000) c where"
                        + " levenshtein(a.range::varchar, b.range::varchar) > 100"
            })
    void endlessQueriesEndInTime(String sql) {
        Problem problem = assertThrows(Problem.class, () -> run(empty(), sql, SHORT));
        assertThat(problem.kind()).as("%s", problem).isEqualTo(Problem.Kind.TIMEOUT);
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select count(distinct md5(range::varchar || 'a') || md5(range::varchar))"
                        + " from range(100000000)",
                "select list(range order by -range) from range(1000000000)",
                "select string_agg(md5(range::varchar), '') from range(1000000000)",
                "with recursive t(s) as (select 'aaaaaaaaaaaaaaaa' union all select s || s from t)"
                        + " select max(length(s)) from t",
                "select md5(range::varchar) m from range(1000000000)"
                        + " order by m desc offset 900000000",
                "select a.range, list(b.range) from range(100000) a, range(100000) b group by 1",
                // A cross product keeps one of its sides.
                "select count(*) from range(1000000000) a, range(1000000000) b"
            })
    void memoryBombsAreLimited(String sql) {
        SqlLimits limits = new SqlLimits(Duration.ofSeconds(4), 10, 64L << 20);
        Problem problem = assertThrows(Problem.class, () -> run(empty(), sql, limits));
        assertThat(problem.kind())
                .as("%s", problem)
                .isIn(Problem.Kind.LIMITED, Problem.Kind.TIMEOUT);
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select sum((range::varchar || case when range = 4000000 then 'x' else '' end)"
                        + "::int) from range(5000000)",
                "select case when range = 50000 then 'x' else range::varchar end::int"
                        + " from range(60000)"
            })
    void whatFailsOnTheWaySaysWhy(String sql) {
        Problem problem = assertThrows(Problem.class, () -> run(empty(), sql, LIMITS, _ -> true));
        assertThat(problem.kind()).as("%s", problem).isEqualTo(Problem.Kind.INVALID);
        assertThat(problem.what()).contains("could not convert string");
    }

    @Test
    void textThatWouldOverflowTheParserIsRefused() {
        List<String> texts =
                List.of(
                        "select " + "(".repeat(100_000),
                        "select " + "(".repeat(5_000) + "1" + ")".repeat(5_000),
                        "select 1 from spans" + ",spans".repeat(30_000),
                        "select 1 from spans" + " cross join spans".repeat(2_000),
                        "select * from "
                                + "(select * from ".repeat(140)
                                + "spans"
                                + ")".repeat(140),
                        "select 1" + " union all select 1".repeat(20_000),
                        "select 1" + " except select 1".repeat(3_000),
                        "select " + "not ".repeat(40_000) + "true",
                        "select " + "- ".repeat(40_000) + "1",
                        "select 1" + "+1".repeat(20_000),
                        "select 1" + "::int".repeat(9_000),
                        "select a" + "->0".repeat(9_000),
                        "select " + "case when true then ".repeat(5_000) + "1",
                        "select '" + "x".repeat(1 << 20) + "'",
                        "select " + "[".repeat(140) + "1" + "]".repeat(140) + "[1]".repeat(900),
                        "with " + "a as (".repeat(140),
                        "select \"" + "a".repeat(1000) + "\"" + ".a".repeat(10_000),
                        "",
                        "   ",
                        "-- nothing",
                        "\u0000");
        for (String text : texts) {
            SqlLimits limits = new SqlLimits(Duration.ofSeconds(5), 10, 256L << 20);
            try {
                run(empty(), text, limits);
            } catch (Problem problem) {
                assertThat(problem.kind())
                        .as("%.60s: %s", text, problem)
                        .isIn(
                                Problem.Kind.INVALID,
                                Problem.Kind.TOO_LARGE,
                                Problem.Kind.TIMEOUT,
                                Problem.Kind.LIMITED);
            }
        }
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @Test
    void aBarePayloadIsReadOnlyForTheRowsOfTheResult() {
        FakeView view = view(5_000, "{\"x\":1}");
        Rows rows =
                run(view, "select span_id, output from spans order by start_time limit 10", LIMITS);
        assertThat(rows.rows()).hasSize(10);
        assertThat(view.payloadReads).hasValue(10);
    }

    @Test
    void anExpressionReadsPayloadsOnlyForRowsThatCheapConditionsLeave() {
        FakeView view = view(5_000, "{\"x\":1}");
        long left = view.fresh().stream().filter(row -> row.name().equals("book")).count();
        Rows rows =
                run(
                        view,
                        "select count(*) from spans where name = 'book' and output->>'x' = '1'",
                        LIMITS);
        assertThat(rows.only()).isEqualTo(left);
        assertThat(view.payloadReads).hasValue(left);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select output->>'x' from spans order by start_time desc limit 10",
                "select span_id, output->'x' y, output from spans s where s.kind <> 'none'"
                        + " order by s.start_time, s.span_id limit 10",
                "select upper(spans.output->>'x'), error from spans limit 10",
                "select case when output->>'x' = '1' then 1 end from spans limit 5 offset 5"
            })
    void anExpressionAfterALimitReadsOnlyItsRows(String sql) {
        FakeView view = view(5_000, "{\"x\":1}");
        run(view, sql, LIMITS);
        assertThat(view.payloadReads.get()).isBetween(1L, 20L);
    }

    /// A content that exists only as it is read.
    private record Zeros(long size) implements Content {
        @Override
        public InputStream open() {
            return new InputStream() {
                private long left = size;

                @Override
                public int read() {
                    return left-- > 0 ? '0' : -1;
                }
            };
        }
    }

    @Test
    void aHugePayloadStreamsBareAndIsRefusedInExpressions() {
        FakeView view =
                new FakeView(
                                "p",
                                (_, _) ->
                                        SpanData.builder()
                                                .put(Field.OUTPUT, Value.text(new Zeros(1L << 40)))
                                                .put(Field.INPUT, Value.json(new Zeros(1L << 40)))
                                                .build())
                        .fresh(new dev.backplane.store.sql.Rows(1).trace("p", 1, 2));
        Content content = (Content) run(view, "select input from spans", LIMITS).only();
        assertThat(content.size()).isEqualTo(1L << 40);
        Problem problem =
                assertThrows(
                        Problem.class, () -> run(view, "select length(output) from spans", LIMITS));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.TOO_LARGE);
    }

    @Test
    void manyPayloadsAtATimeAreLimited() {
        FakeView view = view(400, "\"" + "x".repeat(1 << 20) + "\"");
        Problem problem =
                assertThrows(
                        Problem.class,
                        () ->
                                run(
                                        view,
                                        "select count(*) from spans where output like '%y%'",
                                        LIMITS));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.LIMITED);
    }

    @Test
    void aSinkThatWantsNoMoreStopsTheQuery() {
        Rows rows = run(empty(), "select * from range(1000000000)", LIMITS, _ -> false);
        assertThat(rows.rows()).hasSize(1);
        assertThat(rows.truncated()).isEmpty();
    }

    @Test
    void aSinkThatFailsStopsTheQueryAndIsHeard() {
        assertThrows(
                IllegalStateException.class,
                () ->
                        run(
                                empty(),
                                "select * from range(1000000000)",
                                LIMITS,
                                _ -> {
                                    throw new IllegalStateException("client gone");
                                }));
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @Test
    void oneViewNeverSeesAnother() throws Exception {
        List<Future<Object>> counts = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 1; i <= 2; i++) {
                int size = i * 100;
                FakeView view = view(size, "{\"n\":" + size + "}");
                counts.add(
                        threads.submit(() -> {
                            for (int round = 0; round < 10; round++) {
                                Rows rows =
                                        run(
                                                view,
                                                "select count(*), min(output->>'n'),"
                                                        + " max(output->>'n') from spans",
                                                LIMITS);
                                assertThat(rows.rows().getFirst())
                                        .containsExactly(
                                                Optional.of((long) size),
                                                Optional.of(Integer.toString(size)),
                                                Optional.of(Integer.toString(size)));
                            }
                            return size;
                        }));
            }
            for (Future<Object> count : counts) {
                count.get(50, TimeUnit.SECONDS);
            }
        }
    }

    /// A view whose payloads are there only when the latch is down; reading one says so first.
    private static FakeView held(CountDownLatch reading, CountDownLatch done) {
        List<SpanRow> rows = new dev.backplane.store.sql.Rows(1).many("p", 1, 1_000_000, 1);
        return new FakeView(
                        "p",
                        (_, _) -> {
                            reading.countDown();
                            try {
                                assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return SpanData.builder().put(Field.OUTPUT, "x").build();
                        })
                .fresh(rows);
    }

    private static final String READS = "select count(*) from spans where output like '%x%'";

    @Test
    void queriesBeyondTheirTurnsAreSentAway() throws Exception {
        CountDownLatch reading = new CountDownLatch(2);
        CountDownLatch done = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Rows>> held = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                FakeView view = held(reading, done);
                held.add(threads.submit(() -> run(view, READS, LIMITS)));
            }
            assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
            Problem problem = assertThrows(Problem.class, () -> run(empty(), "select 42", LIMITS));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
            assertThat(problem.retryAfter()).isPresent();
            assertThat(engine.condition("kind = 'llm'").sql()).isNotEmpty();
            done.countDown();
            for (Future<Rows> each : held) {
                assertThat(each.get(20, TimeUnit.SECONDS).only()).isEqualTo(1L);
            }
        }
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @Test
    void filesLeaveATurnToQueries() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            FakeView view = held(reading, done);
            Future<Boolean> held = threads.submit(() -> toFile(view, READS));
            assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
            Problem problem = assertThrows(Problem.class, () -> toFile(empty(), "select 42"));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
            assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
            done.countDown();
            assertThat(held.get(20, TimeUnit.SECONDS)).isFalse();
        }
        assertThat(toFile(empty(), "select 42")).isFalse();
    }

    private static boolean toFile(TableView view, String sql) {
        return engine.toParquet(view, sql, LIMITS, folder.resolve("turns.parquet"), () -> true);
    }

    @Test
    void aQueryThatNobodyWaitsForEnds() {
        List<Boolean> asked = new ArrayList<>();
        Problem problem =
                assertThrows(
                        Problem.class,
                        () ->
                                engine.execute(
                                        empty(),
                                        "with recursive t(n) as (select 1 union all select n + 1"
                                                + " from t) select max(n) from t",
                                        LIMITS,
                                        new SqlSink() {
                                            @Override
                                            public void columns(List<Column> columns) {}

                                            @Override
                                            public boolean row(List<Optional<Object>> cells) {
                                                return true;
                                            }

                                            @Override
                                            public void end(boolean cut) {}

                                            @Override
                                            public boolean wanted() {
                                                asked.add(true);
                                                return asked.size() < 2;
                                            }
                                        }));
        assertThat(problem.what()).contains("nobody waits");
        assertThat(asked).hasSize(2);
        assertThat(run(empty(), "select 42", LIMITS).only()).isEqualTo(42L);
    }

    @Test
    void aResultBecomesAParquetFile() throws Exception {
        Path target = folder.resolve("it's a result.parquet");
        FakeView view = view(100, "{\"n\":7}");
        boolean cut =
                engine.toParquet(
                        view,
                        "select span_id, start_time, output, output->>'n' n from spans order by 1",
                        LIMITS,
                        target,
                        () -> true);
        assertThat(cut).isFalse();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery(
                                "select count(*), min(output), min(n) from "
                                        + SqlText.literal(target.toString()))) {
            result.next();
            assertThat(result.getLong(1)).isEqualTo(100);
            assertThat(result.getString(2)).isEqualTo("{\"n\":7}");
            assertThat(result.getString(3)).isEqualTo("7");
        }
        assertThrows(
                Problem.class,
                () -> engine.toParquet(view, "select * from nowhere", LIMITS, target, () -> true));
        assertThat(leftovers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 99, 100, 101, Long.MAX_VALUE})
    void aParquetFileIsCutOnlyIfThereWasMore(long rows) throws Exception {
        Path target = folder.resolve("cut-" + rows + ".parquet");
        FakeView view = view(100, "{\"n\":7}");
        SqlLimits limits = new SqlLimits(Duration.ofSeconds(20), rows, 256L << 20);
        String sql = "select span_id, output from spans order by span_id desc";
        assertThat(engine.toParquet(view, sql, limits, target, () -> true)).isEqualTo(rows < 100);
        List<String> written = new ArrayList<>();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery(
                                "select span_id from " + SqlText.literal(target.toString()))) {
            while (result.next()) {
                written.add(result.getString(1));
            }
        }
        List<String> all = new ArrayList<>();
        run(view, "select span_id from spans order by 1 desc", LIMITS)
                .rows()
                .forEach(row -> all.add((String) row.getFirst().orElseThrow()));
        assertThat(written).isEqualTo(all.subList(0, (int) Math.min(rows, 100)));
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void aParquetFileThatNobodyWaitsForAnyMoreIsNotFinished() throws Exception {
        Path target = folder.resolve("unwanted.parquet");
        List<Boolean> asked = new ArrayList<>();
        Problem problem =
                assertThrows(
                        Problem.class,
                        () ->
                                engine.toParquet(
                                        empty(),
                                        "select count(*) from range(1000000) a, range(1000000) b",
                                        LIMITS,
                                        target,
                                        () -> {
                                            asked.add(true);
                                            return asked.size() < 2;
                                        }));
        assertThat(problem.what()).contains("nobody waits");
        assertThat(target).doesNotExist();
        assertThat(leftovers()).isEmpty();
    }

    private static List<Path> leftovers() throws IOException {
        try (var files = Files.list(folder.resolve("scratch"))) {
            return files.filter(file -> file.toString().endsWith(".parquet")).toList();
        }
    }

    @Test
    void halfSurrogatesInJsonDoNotBreakAQuery() {
        FakeView view =
                view(3, "{\"a\":\"x\\ud83d\",\"b\":\"\\ud83d\\ude00\",\"c\":\"\\\\ud83d\"}");
        Rows rows =
                run(
                        view,
                        "select output->>'a', output->>'b', output->>'c' from spans limit 1",
                        LIMITS);
        assertThat(rows.rows().getFirst())
                .containsExactly(Optional.of("x\ufffd"), Optional.of("😀"), Optional.of("\\ud83d"));
        Content bare = (Content) run(view, "select output from spans limit 1", LIMITS).only();
        assertThat(((Slice) bare).text()).contains("x\\ud83d\"");
    }

    @Test
    void everyFunctionOnTheListIsDuckDbs() throws Exception {
        List<String> known = new ArrayList<>();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery(
                                "select distinct lower(function_name) from duckdb_functions()")) {
            while (result.next()) {
                known.add(result.getString(1));
            }
        }
        List<String> unknown = new ArrayList<>(SqlGuard.functions());
        unknown.removeAll(known);
        // Built into the grammar rather than the catalog.
        assertThat(unknown).containsExactlyInAnyOrder("coalesce", "grouping", "grouping_id", "try");
    }
}
