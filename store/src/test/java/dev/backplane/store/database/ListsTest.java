package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.Json;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.TraceRow;
import dev.backplane.store.log.LogLimits;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.SpanGen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Lists and trees say what SQL says, wherever the spans of a trace lie: in the log, in one segment
/// or in several, with rows of segments superseded, judged and deleted.
class ListsTest {
    private static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();
    private static final List<String> FILTERS =
            List.of(
                    "",
                    "kind = 'llm'",
                    "status = 'error'",
                    "model = 'gpt-4o' and input_tokens > 50000",
                    "duration_ms > 20000 or scores is not null",
                    "any_span(status = 'error') and parent_id is null",
                    "name = 'no such name'");

    @TempDir Path directory;
    private int runs;
    private int compared;
    private int trees;

    @Test
    void listsAndTreesEqualSql() {
        Gen.check(
                3,
                random -> {
                    try (Store store = new Store(directory.resolve("run-" + runs++), random)) {
                        for (int round = 0; round < 4; round++) {
                            store.play(12);
                            compare(store.database, random);
                            compareTrees(store.database);
                        }
                    }
                });
        assertThat(trees).as("trees compared").isGreaterThan(30);
        assertThat(compared).as("traces compared in full").isGreaterThan(30);
    }

    /// A database with small generations, so that traces come to lie in several segments.
    private static final class Store implements AutoCloseable {
        final LocalObjectStore objects;
        final TraceDatabase database;
        private final RandomGenerator random;
        private final SpanGen spans;
        private final List<SpanKey> keys = new ArrayList<>();

        Store(Path directory, RandomGenerator random) throws IOException {
            this.random = random;
            this.spans = new SpanGen(random);
            objects = LocalObjectStore.open(directory.resolve("objects"));
            StoreOptions options =
                    new StoreOptions(
                            directory.resolve("node"),
                            new LogLimits(64 << 10, 30),
                            Duration.ofHours(1),
                            1 << 20,
                            1 << 20,
                            100_000,
                            false);
            database = TraceDatabase.open(options, objects, HybridClock.system(), new Meter());
        }

        void play(int steps) {
            for (int i = 0; i < steps; i++) {
                switch (Gen.integer(random, 0, 15)) {
                    case 0 -> database.compact(Progress.NONE);
                    case 2 -> database.append(judgements());
                    case 1 -> {
                        if (!keys.isEmpty()) {
                            SpanKey any = Gen.pick(random, keys);
                            database.deleteTrace(any.project(), any.trace());
                        }
                    }
                    default -> {
                        List<SpanEvent> events = spans.events(Gen.integer(random, 1, 15));
                        database.append(events);
                        events.forEach(event -> keys.add(event.key()));
                    }
                }
            }
        }

        /// Feedback may come before anybody says when its span began, or even for a trace that
        /// nobody has said anything of; and a start may come later than that.
        private List<SpanEvent> judgements() {
            List<SpanEvent> events = new ArrayList<>();
            for (int i = Gen.integer(random, 1, 8); i > 0; i--) {
                String trace =
                        keys.isEmpty() || Gen.oneIn(random, 2)
                                ? "judged-" + random.nextInt(20)
                                : Gen.pick(random, keys).trace();
                SpanKey key = new SpanKey("default", trace, "judged-" + random.nextInt(3));
                SpanData.Builder data = SpanData.builder();
                data.put(Field.KIND, Gen.pick(random, "llm", "tool"));
                data.put(Field.STATUS, Gen.pick(random, "ok", "error"));
                if (Gen.oneIn(random, 4)) {
                    data.put(Field.START_TIME, start());
                }
                events.add(SpanEvent.merge(key, data.build(), SpanEvent.MergeRules.NONE));
                keys.add(key);
            }
            return events;
        }

        /// Also after the time of the event, as by a clock that is wrong.
        private long start() {
            long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
            return now + TimeUnit.HOURS.toNanos(Gen.integer(random, -100, 100)) + random.nextInt();
        }

        @Override
        public void close() throws IOException {
            database.close();
            objects.close();
        }
    }

    private void compare(TraceDatabase store, RandomGenerator random) {
        for (String filter : FILTERS) {
            String where = filter.isEmpty() ? "" : " WHERE " + filter;
            assertThat(spans(store, filter, Gen.integer(random, 10, 80)))
                    .as("spans%s", where)
                    .isEqualTo(
                            keys(
                                    store,
                                    "SELECT trace_id, span_id FROM spans"
                                            + where
                                            + " ORDER BY order_time DESC, trace_id DESC,"
                                            + " span_id DESC"));
            List<List<String>> expected =
                    keys(
                            store,
                            "SELECT trace_id FROM spans WHERE trace_id IN (SELECT trace_id FROM"
                                    + " spans"
                                    + where
                                    + ") GROUP BY trace_id ORDER BY coalesce(min(start_time),"
                                    + " max(order_time)) DESC, trace_id DESC");
            List<TraceRow> listed = traces(store, filter, Gen.integer(random, 2, 20));
            assertThat(listed)
                    .as("traces%s", where)
                    .extracting(row -> List.of(row.traceId()))
                    .isEqualTo(expected);
        }
        Map<String, TraceRow> all = new HashMap<>();
        traces(store, "", 1_000).forEach(row -> all.put(row.traceId(), row));
        rows(
                store,
                "SELECT trace_id, name, epoch_ns(start_time), epoch_ns(end_time), span_count,"
                        + " error_count, llm_count, input_tokens, output_tokens, cached_tokens,"
                        + " reasoning_tokens, cost, array_to_string(models, '|'), session_id,"
                        + " user_id, agent, status, tags, scores, (SELECT count(DISTINCT"
                        + " order_time) FROM spans WHERE spans.trace_id = traces.trace_id)"
                        + " FROM traces",
                cells -> {
                    TraceRow row = all.remove(text(cells.get(0)));
                    assertThat(row).isNotNull();
                    assertThat(store.trace("default", row.traceId())).contains(row);
                    equal(row, cells);
                });
        assertThat(all).isEmpty();
    }

    private void equal(TraceRow row, List<Optional<Object>> cells) {
        assertThat(List.of(row.startNanos(), row.endNanos(), row.spans(), row.errors()))
                .as("trace %s", row.traceId())
                .isEqualTo(cells.subList(2, 6).stream().map(ListsTest::number).toList());
        assertThat(
                        List.of(
                                row.llmCalls(),
                                row.inputTokens(),
                                row.outputTokens(),
                                row.cachedTokens(),
                                row.reasoningTokens()))
                .isEqualTo(cells.subList(6, 11).stream().map(ListsTest::number).toList());
        double cost = (Double) cells.get(11).orElseThrow();
        assertThat(row.cost()).isCloseTo(cost, within(1e-12 * Math.max(1, Math.abs(cost))));
        assertThat(sql(String.join("|", row.models()))).isEqualTo(text(cells.get(12)));
        assertThat(row.tags()).isEqualTo(text(cells.get(17)));
        // Of spans that start together, either may speak for the trace.
        if (number(cells.get(19)) == row.spans()) {
            compared++;
            assertThat(
                            List.of(
                                    sql(row.name()),
                                    sql(row.sessionId()),
                                    sql(row.userId()),
                                    sql(row.agent()),
                                    row.status()))
                    .as("trace %s", row.traceId())
                    .isEqualTo(
                            List.of(
                                    text(cells.get(1)),
                                    text(cells.get(13)),
                                    text(cells.get(14)),
                                    text(cells.get(15)),
                                    text(cells.get(16))));
            assertThat(scores(row.scores())).isEqualTo(scores(text(cells.get(18))));
        }
    }

    private record Span(String id, String parent) {}

    private void compareTrees(TraceDatabase store) {
        Map<String, List<Span>> traces = new HashMap<>();
        rows(
                store,
                "SELECT trace_id, span_id, parent_id FROM spans ORDER BY order_time, span_id",
                cells ->
                        traces.computeIfAbsent(text(cells.get(0)), _ -> new ArrayList<>())
                                .add(new Span(text(cells.get(1)), text(cells.get(2)))));
        traces.forEach((trace, spans) -> {
            Map<String, List<String>> children = new HashMap<>();
            List<String> ids = spans.stream().map(Span::id).toList();
            for (Span span : spans) {
                boolean isRoot = !ids.contains(span.parent()) || span.parent().equals(span.id());
                children.computeIfAbsent(isRoot ? "" : span.parent(), _ -> new ArrayList<>())
                        .add(span.id());
            }
            List<String> expected = new ArrayList<>();
            walk("", 0, children, expected);
            // Where spans are each other's ancestors, any of them may be taken for the root.
            if (expected.size() == spans.size()) {
                assertThat(store.tree("default", trace, "", 0, 10_000).rows())
                        .as("tree of %s", trace)
                        .extracting(row -> row.depth() + " " + row.span().key().span())
                        .isEqualTo(expected);
                trees++;
            }
        });
    }

    private static void walk(
            String parent, int depth, Map<String, List<String>> children, List<String> into) {
        for (String child : children.getOrDefault(parent, List.of())) {
            into.add(depth + " " + child);
            walk(child, depth + 1, children, into);
        }
    }

    /// DuckDB has no half surrogates.
    private static String sql(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /// A score that is null is none.
    private static JsonNode scores(String json) {
        ObjectNode scores = (ObjectNode) MAPPER.readTree(json.isEmpty() ? "{}" : json);
        scores.removeIf(JsonNode::isNull);
        return scores;
    }

    private static List<List<String>> spans(TraceDatabase store, String filter, int page) {
        List<List<String>> found = new ArrayList<>();
        String cursor = "";
        do {
            cursor =
                    store.spans(
                            query(filter, cursor, page),
                            row -> found.add(List.of(row.key().trace(), row.key().span())));
        } while (!cursor.isEmpty());
        return found;
    }

    private static List<TraceRow> traces(TraceDatabase store, String filter, int page) {
        List<TraceRow> found = new ArrayList<>();
        String cursor = "";
        do {
            cursor = store.traces(query(filter, cursor, page), found::add);
        } while (!cursor.isEmpty());
        return found;
    }

    private static ListQuery query(String filter, String cursor, int limit) {
        return new ListQuery(
                "default", filter, OptionalLong.empty(), OptionalLong.empty(), cursor, limit);
    }

    private static List<List<String>> keys(TraceDatabase store, String sql) {
        List<List<String>> found = new ArrayList<>();
        rows(store, sql, cells -> found.add(cells.stream().map(ListsTest::text).toList()));
        return found;
    }

    private interface Row {
        void take(List<Optional<Object>> cells);
    }

    private static void rows(TraceDatabase store, String sql, Row row) {
        store.sql(
                "default",
                sql,
                SqlLimits.DEFAULT,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        row.take(cells);
                        return true;
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
    }

    private static String text(Optional<Object> cell) {
        return switch (cell.orElse("")) {
            case Content content -> content.read(1 << 20).text();
            case Object value -> value.toString();
        };
    }

    private static long number(Optional<Object> cell) {
        return cell.isPresent() ? (Long) cell.get() : 0;
    }
}
