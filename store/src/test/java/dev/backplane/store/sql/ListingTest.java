package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
    @TempDir static Path folder;
    private static SqlEngine engine;
    private static Listing listing;

    @BeforeAll
    static void open() {
        engine = SqlEngine.inProcess(SqlEngine.Options.of(folder, folder.resolve("scratch")));
        listing = new Listing(engine, 16 << 20, Runnable::run, new Meter());
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static ListQuery query(String filter, String cursor, int limit) {
        return new ListQuery(
                "p", filter, OptionalLong.empty(), OptionalLong.empty(), cursor, limit);
    }

    /// Rows of traces that overlap in time and lie across parts and the fresh rows, with some
    /// superseded.
    private record Data(FakeView view, List<SpanRow> rows) {
        static Data of(long seed, Path folder) throws IOException {
            Random random = new Random(seed);
            List<SpanRow> all =
                    new Rows(seed)
                            .many("p", Rows.START, 300_000_000L, 600).stream()
                                    .sorted(Comparator.comparingLong(SpanRow::startNanos))
                                    .toList();
            Path own = java.nio.file.Files.createDirectories(folder.resolve("seed-" + seed));
            FakeView view = new FakeView("p", (_, _) -> SpanData.EMPTY);
            List<SpanRow> living = new ArrayList<>();
            for (int part = 0; part < 4; part++) {
                List<SpanRow> rows = new ArrayList<>(all.subList(part * 150, (part + 1) * 150));
                rows.sort(Comparator.comparing(row -> row.key().trace()));
                int dead = random.nextInt(150);
                for (int i = 0; i < rows.size(); i++) {
                    if (part == 3 || i != dead) {
                        living.add(rows.get(i));
                    }
                }
                if (part == 3) {
                    view.fresh(rows);
                } else {
                    view.part(own, rows, dead);
                }
            }
            return new Data(view, living);
        }

        List<SpanRow> spans(Predicate<SpanRow> filter) {
            return rows.stream()
                    .filter(filter)
                    .sorted(
                            Comparator.comparingLong(SpanRow::startNanos)
                                    .thenComparing(row -> row.key().trace())
                                    .thenComparing(row -> row.key().span())
                                    .reversed())
                    .toList();
        }

        List<String> traces(Predicate<SpanRow> filter) {
            Map<String, List<SpanRow>> byTrace =
                    rows.stream().collect(Collectors.groupingBy(row -> row.key().trace()));
            return byTrace.entrySet().stream()
                    .filter(entry -> entry.getValue().stream().anyMatch(filter))
                    .sorted(
                            Comparator.<Map.Entry<String, List<SpanRow>>>comparingLong(entry ->
                                            entry.getValue().stream()
                                                    .mapToLong(SpanRow::startNanos)
                                                    .min()
                                                    .orElseThrow())
                                    .thenComparing(Map.Entry::getKey)
                                    .reversed())
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    private static List<SpanRow> allSpans(FakeView view, String filter, int page) {
        List<SpanRow> rows = new ArrayList<>();
        String cursor = "";
        do {
            int before = rows.size();
            cursor = listing.spans(view, query(filter, cursor, page), rows::add);
            assertThat(rows.size() - before).isLessThanOrEqualTo(page);
        } while (!cursor.isEmpty());
        return rows;
    }

    private static List<TraceRow> allTraces(FakeView view, String filter, int page) {
        List<TraceRow> rows = new ArrayList<>();
        String cursor = "";
        do {
            cursor = listing.traces(view, query(filter, cursor, page), rows::add);
        } while (!cursor.isEmpty());
        return rows;
    }

    @Test
    void spansComeNewestFirstOverAllPages() throws IOException {
        for (long seed = 1; seed <= 2; seed++) {
            Data data = Data.of(seed, folder);
            assertThat(allSpans(data.view(), "", 70))
                    .as("seed %d", seed)
                    .isEqualTo(data.spans(_ -> true));
            assertThat(allSpans(data.view(), "kind = 'llm' and status = 'error'", 7))
                    .as("seed %d", seed)
                    .isEqualTo(data.spans(row -> row.kind().equals("llm") && row.failed()));
        }
    }

    @Test
    void tracesComeInOrderOfStartEachOnce() throws IOException {
        for (long seed = 4; seed <= 5; seed++) {
            Data data = Data.of(seed, folder);
            for (int page : List.of(5, 1_000)) {
                assertThat(allTraces(data.view(), "", page))
                        .as("seed %d, page %d", seed, page)
                        .extracting(TraceRow::traceId)
                        .isEqualTo(data.traces(_ -> true));
            }
            assertThat(allTraces(data.view(), "name = 'book' and status = 'error'", 3))
                    .as("seed %d", seed)
                    .extracting(TraceRow::traceId)
                    .isEqualTo(data.traces(row -> row.name().equals("book") && row.failed()));
        }
    }

    @Test
    void aTraceIsRolledUp() throws IOException {
        Data data = Data.of(7, folder);
        for (TraceRow row : allTraces(data.view(), "", 50)) {
            List<SpanRow> spans =
                    data.spans(each -> each.key().trace().equals(row.traceId())).reversed();
            assertThat(row.spans()).isEqualTo(spans.size());
            assertThat(row.startNanos()).isEqualTo(spans.getFirst().startNanos());
            assertThat(row.endNanos())
                    .isEqualTo(spans.stream().mapToLong(SpanRow::endNanos).max().orElseThrow());
            assertThat(row.errors()).isEqualTo(spans.stream().filter(SpanRow::failed).count());
            assertThat(row.inputTokens())
                    .isEqualTo(
                            spans.stream()
                                    .mapToLong(each -> Math.max(0, each.inputTokens()))
                                    .sum());
            assertThat(row.models())
                    .isEqualTo(
                            spans.stream()
                                    .map(SpanRow::model)
                                    .filter(model -> !model.isEmpty())
                                    .distinct()
                                    .sorted()
                                    .toList());
            assertThat(row.status()).isEqualTo(row.errors() > 0 ? "error" : "ok");
        }
        TraceRow one = allTraces(data.view(), "", 3).getFirst();
        assertThat(data.view().trace(one.traceId())).contains(one);
        assertThat(data.view().trace("none")).isEmpty();
    }

    @Test
    void sinceAndUntilBoundTheList() throws IOException {
        Data data = Data.of(8, folder);
        long since = Rows.START + 5_000_000_000L;
        long until = Rows.START + 9_000_000_000L;
        ListQuery query =
                new ListQuery("p", "", OptionalLong.of(since), OptionalLong.of(until), "", 10_000);
        List<SpanRow> rows = new ArrayList<>();
        assertThat(listing.spans(data.view(), query, rows::add)).isEmpty();
        assertThat(rows)
                .isNotEmpty()
                .isEqualTo(
                        data.spans(row -> row.startNanos() >= since && row.startNanos() < until));
        List<TraceRow> traces = new ArrayList<>();
        listing.traces(data.view(), query, traces::add);
        assertThat(traces).isNotEmpty();
        assertThat(traces).allMatch(row -> row.startNanos() >= since && row.startNanos() < until);
    }

    @Test
    void aSinkCanStop() throws IOException {
        Data data = Data.of(9, folder);
        List<SpanRow> rows = new ArrayList<>();
        String cursor =
                listing.spans(
                        data.view(),
                        query("", "", 100),
                        row -> {
                            rows.add(row);
                            return rows.size() < 5;
                        });
        listing.spans(data.view(), query("", cursor, 5), rows::add);
        assertThat(rows).isEqualTo(data.spans(_ -> true).subList(0, 10));
    }

    @Test
    void keysComeTraceByTrace() throws IOException {
        Data data = Data.of(10, folder);
        List<SpanKey> keys = new ArrayList<>();
        listing.keys(data.view(), "kind = 'tool'", keys::add);
        assertThat(keys)
                .containsExactlyInAnyOrderElementsOf(
                        data.spans(row -> row.kind().equals("tool")).stream()
                                .map(SpanRow::key)
                                .toList());
        assertThat(keys).isSortedAccordingTo(Comparator.comparing(SpanKey::trace));
    }

    @Test
    void nothingIsListedFromNothing() {
        FakeView view = new FakeView("p", (_, _) -> SpanData.EMPTY);
        assertThat(allSpans(view, "", 10)).isEmpty();
        assertThat(allTraces(view, "kind = 'llm'", 10)).isEmpty();
    }

    @Test
    void aFilterIsOneConditionAndNoMore() throws IOException {
        FakeView view = Data.of(11, folder).view();
        for (String filter :
                List.of(
                        "1) union select 1 from (select 1",
                        "true) limit (1",
                        "true) group by (kind",
                        "true; select 1",
                        "kind =",
                        "exists (select * from '/etc/passwd')",
                        "getenv('HOME') = ''",
                        "(select count(*) from duckdb_settings()) > 0",
                        "bp_in(1, 1, 1)",
                        "nothing = 1",
                        ")",
                        "/*",
                        "true) -- ",
                        "'")) {
            Problem problem =
                    org.junit.jupiter.api.Assertions.assertThrows(
                            Problem.class, () -> allSpans(view, filter, 1_000), filter);
            assertThat(problem.kind()).isIn(Problem.Kind.INVALID, Problem.Kind.BLOCKED);
            assertThat(problem.fix()).isNotEmpty();
        }
        assertThat(allSpans(view, "kind = 'llm' -- or not", 1_000))
                .isNotEmpty()
                .allMatch(row -> row.kind().equals("llm"));
        assertThatThrownBy(() -> allSpans(view, "kind = = 1", 1))
                .hasMessageContaining("filter, line 1, column 8");
    }

    @Test
    void aFilterCannotSayWhereARowStands() {
        FakeView view = new FakeView("p", (_, _) -> SpanData.EMPTY);
        assertThatThrownBy(() -> allSpans(view, "kind = 'llm' and Bp_Locator > 0", 1))
                .hasMessageContaining("there is no column Bp_Locator")
                .hasMessageContaining("filter, line 1, column 18");
    }

    @Test
    void aForeignCursorIsRefused() {
        FakeView view = new FakeView("p", (_, _) -> SpanData.EMPTY);
        for (String cursor : List.of("x", "!!", "MQ", "MQox")) {
            assertThatThrownBy(() -> listing.spans(view, query("", cursor, 1), _ -> true))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("cursor");
        }
        assertThatThrownBy(() -> listing.spans(view, query("", "", 0), _ -> true))
                .isInstanceOf(Problem.class);
    }
}
