package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Spans of which nobody has said when they began: with feedback, a payload or a row without times
/// coming first. Each test looks at fresh spans and at compacted ones.
class AbsentStartTest {
    @TempDir Path directory;
    private TimedStore timed;
    private long began;

    /// `old` is a day older than `live`; `live` has feedback for a span that has not come,
    /// `waiting` has nothing else; `rows` came without any times.
    @BeforeEach
    void open() throws IOException {
        timed = new TimedStore(directory);
        timed.span("old", "a");
        timed.time.advance(Duration.ofDays(1));
        began = timed.nanos();
        timed.span("live", "a");
        timed.time.advance(Duration.ofMinutes(1));
        timed.feedback("live", "later");
        timed.time.advance(Duration.ofMinutes(1));
        timed.feedback("waiting", "later");
        timed.time.advance(Duration.ofMinutes(1));
        for (String span : List.of("x", "y")) {
            timed.store.append(
                    List.of(
                            SpanEvent.insert(
                                    TimedStore.key("rows", span),
                                    SpanData.builder().put(Field.NAME, span).build())));
            timed.time.advance(Duration.ofMinutes(1));
        }
    }

    @AfterEach
    void close() {
        timed.close();
    }

    private interface Check {
        void run() throws IOException;
    }

    /// In the log, in a segment, half and half, and after a restart.
    private void everywhere(Check check) throws IOException {
        check.run();
        timed.reopen();
        check.run();
        timed.store.compact(Progress.NONE);
        check.run();
        timed.feedback("live", "later");
        timed.span("new", "a");
        timed.store.deleteTrace("default", "new");
        check.run();
        timed.reopen();
        check.run();
    }

    private List<TraceRow> traces(OptionalLong since, OptionalLong until, int page) {
        List<TraceRow> rows = new ArrayList<>();
        String cursor = "";
        do {
            cursor =
                    timed.store.traces(
                            new ListQuery("default", "", since, until, cursor, page), rows::add);
        } while (!cursor.isEmpty());
        return rows;
    }

    private List<SpanRow> spans(int page) {
        List<SpanRow> rows = new ArrayList<>();
        String cursor = "";
        do {
            cursor =
                    timed.store.spans(
                            new ListQuery(
                                    "default",
                                    "",
                                    OptionalLong.empty(),
                                    OptionalLong.empty(),
                                    cursor,
                                    page),
                            rows::add);
        } while (!cursor.isEmpty());
        return rows;
    }

    private List<String> sql(String query) {
        List<String> rows = new ArrayList<>();
        timed.store.sql(
                "default",
                query,
                SqlLimits.DEFAULT,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        rows.add(
                                String.join(
                                        " ",
                                        cells.stream()
                                                .map(cell -> cell.map(Object::toString).orElse("-"))
                                                .toList()));
                        return true;
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
        return rows;
    }

    @Test
    void aTraceStartsWhereItsEarliestStartIs() throws IOException {
        everywhere(() -> {
            TraceRow live = timed.store.trace("default", "live").orElseThrow();
            assertThat(live.startNanos()).isEqualTo(began);
            assertThat(live.durationMs()).isEqualTo(1_000);
            assertThat(live.name()).isEqualTo("a");
            assertThat(live.spans()).isEqualTo(2);
            TraceRow waiting = timed.store.trace("default", "waiting").orElseThrow();
            assertThat(waiting.startNanos()).isZero();
            assertThat(waiting.durationMs()).isNaN();
        });
    }

    @Test
    void listsPutWhatHasNoStartWhereItsLatestEventIs() throws IOException {
        everywhere(() -> {
            for (int page : new int[] {1, 3, 100}) {
                assertThat(traces(OptionalLong.empty(), OptionalLong.empty(), page))
                        .extracting(TraceRow::traceId)
                        .containsExactly("rows", "waiting", "live", "old");
                assertThat(spans(page))
                        .extracting(row -> row.key().trace() + "/" + row.key().span())
                        .containsSubsequence("rows/y", "rows/x", "waiting/later")
                        .endsWith("live/a", "old/a")
                        .hasSize(6);
            }
            assertThat(traces(OptionalLong.of(began), OptionalLong.empty(), 1))
                    .extracting(TraceRow::traceId)
                    .containsExactly("rows", "waiting", "live");
            assertThat(traces(OptionalLong.empty(), OptionalLong.of(began + 1), 1))
                    .extracting(TraceRow::traceId)
                    .containsExactly("live", "old");
            assertThat(spans(100))
                    .filteredOn(row -> row.key().span().equals("later"))
                    .allMatch(row -> row.startNanos() == 0);
        });
    }

    @Test
    void sqlSaysNull() throws IOException {
        everywhere(() -> {
            assertThat(
                            sql(
                                    "SELECT span_id, start_time, duration_ms FROM spans"
                                            + " WHERE trace_id = 'live' ORDER BY span_id"))
                    .containsExactly("a 2026-01-02T00:00:00Z 1000.0", "later - -");
            assertThat(sql("SELECT trace_id FROM spans WHERE start_time < '2026-01-02'"))
                    .containsExactly("old");
            assertThat(sql("SELECT trace_id, start_time FROM traces ORDER BY trace_id"))
                    .containsExactly(
                            "live 2026-01-02T00:00:00Z",
                            "old 2026-01-01T00:00:00Z",
                            "rows -",
                            "waiting -");
            assertThat(sql("SELECT count(*) FROM (SELECT * FROM spans) WHERE start_time IS NULL"))
                    .containsExactly("4");
        });
    }

    @Test
    void theStartCountsWhenItComes() throws IOException {
        timed.store.upload(
                TimedStore.key("put", "s"),
                Field.INPUT,
                false,
                new ByteArrayInputStream("words".getBytes(StandardCharsets.UTF_8)));
        assertThat(traces(OptionalLong.empty(), OptionalLong.empty(), 10).getFirst().startNanos())
                .isZero();
        timed.store.compact(Progress.NONE);
        timed.store.append(
                List.of(
                        SpanEvent.merge(
                                TimedStore.key("put", "s"),
                                SpanData.builder().put(Field.START_TIME, began - 1).build(),
                                SpanEvent.MergeRules.NONE)));
        for (int round = 0; round < 2; round++) {
            List<TraceRow> traces = traces(OptionalLong.empty(), OptionalLong.of(began), 10);
            assertThat(traces).extracting(TraceRow::traceId).containsExactly("put", "old");
            assertThat(traces.getFirst().startNanos()).isEqualTo(began - 1);
            timed.store.compact(Progress.NONE);
        }
    }

    @Test
    void retentionDoesNotTakeItForOld() throws IOException {
        everywhere(() -> {
            timed.store.expire("default", timed.time.instant().minus(Duration.ofHours(1)));
            assertThat(traces(OptionalLong.empty(), OptionalLong.empty(), 10))
                    .extracting(TraceRow::traceId)
                    .containsExactly("rows", "waiting", "live");
        });
    }
}
