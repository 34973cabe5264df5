package dev.backplane.server;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Span;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanJson;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Flame;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.SearchHit;
import dev.backplane.store.SpanRow;
import dev.backplane.store.StoreStats;
import dev.backplane.store.Subtree;
import dev.backplane.store.TraceRow;
import dev.backplane.store.TraceStore;
import dev.backplane.store.TreePart;
import dev.backplane.store.TreeRow;
import dev.backplane.store.Turn;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// A store in memory that lets tests of the surfaces decide what it does next: be full, fail, hold
/// still. It folds events by fields only; what a merge means exactly is tested with the real store.
final class MemoryTraceStore implements TraceStore {
    private final Map<SpanKey, SpanData> spans = new LinkedHashMap<>();
    Optional<RuntimeException> failure = Optional.empty();
    Runnable beforeAppend = () -> {};
    Runnable beforeCompact = () -> {};

    /// What [#expire] was asked for: project and time.
    final BlockingQueue<String> expired = new LinkedBlockingQueue<>();

    @Override
    public void append(List<SpanEvent> events) {
        beforeAppend.run();
        synchronized (this) {
            failure.ifPresent(problem -> {
                throw problem;
            });
            events.forEach(this::apply);
        }
    }

    private void apply(SpanEvent event) {
        if (event.op() == SpanEvent.Op.DELETE) {
            spans.remove(event.key());
            return;
        }
        SpanData.Builder data = spans.getOrDefault(event.key(), SpanData.EMPTY).toBuilder();
        event.data().forEach(data::put);
        spans.put(event.key(), data.build());
    }

    @Override
    public void upload(SpanKey key, Field field, boolean json, InputStream bytes)
            throws IOException {
        Content content = Slice.of(bytes.readAllBytes());
        Value value = json ? Value.json(content) : Value.text(content);
        append(
                List.of(
                        SpanEvent.merge(
                                key,
                                SpanData.builder().put(field, value).build(),
                                SpanEvent.MergeRules.NONE)));
    }

    @Override
    public synchronized Optional<Span> span(SpanKey key) {
        return Optional.ofNullable(spans.get(key)).map(data -> new Span(key, data, 1));
    }

    private synchronized List<SpanRow> rows(String project) {
        List<SpanRow> rows = new ArrayList<>();
        spans.forEach((key, data) -> {
            if (key.project().equals(project)) {
                rows.add(row(key, data));
            }
        });
        rows.sort(Comparator.comparingLong(SpanRow::startNanos).reversed());
        return rows;
    }

    private static SpanRow row(SpanKey key, SpanData data) {
        return new SpanRow(
                key,
                data.text(Field.PARENT_ID),
                data.text(Field.NAME),
                data.text(Field.KIND),
                data.number(Field.START_TIME, 0),
                data.number(Field.END_TIME, 0),
                data.number(Field.START_TIME, 0),
                data.text(Field.STATUS),
                "",
                data.text(Field.MODEL),
                data.text(Field.PROVIDER),
                data.number(Field.INPUT_TOKENS, -1),
                data.number(Field.OUTPUT_TOKENS, -1),
                -1,
                -1,
                -1,
                Double.NaN,
                Double.NaN,
                "",
                "",
                data.text(Field.AGENT),
                "",
                data.get(Field.SCORES).map(MemoryTraceStore::json).orElse(""),
                data.text(Field.INPUT),
                data.text(Field.OUTPUT));
    }

    private static String json(Value value) {
        return value instanceof Value.Json(Content content) ? content.read(1 << 20).text() : "";
    }

    @Override
    public Optional<TraceRow> trace(String project, String trace) {
        return traces(project).stream().filter(row -> row.traceId().equals(trace)).findFirst();
    }

    private List<TraceRow> traces(String project) {
        Map<String, List<SpanRow>> byTrace = new LinkedHashMap<>();
        rows(project)
                .forEach(row ->
                        byTrace.computeIfAbsent(row.key().trace(), _ -> new ArrayList<>())
                                .add(row));
        List<TraceRow> traces = new ArrayList<>();
        byTrace.forEach((trace, rows) -> {
            SpanRow first = rows.getLast();
            traces.add(
                    new TraceRow(
                            project,
                            trace,
                            first.name(),
                            first.startNanos(),
                            rows.stream().mapToLong(SpanRow::endNanos).max().orElse(0),
                            rows.size(),
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            List.of(),
                            "",
                            "",
                            "",
                            "",
                            "",
                            ""));
        });
        return traces;
    }

    @Override
    public Tree tree(
            String project, String trace, String query, TreePart part, int offset, int limit) {
        List<TreeRow> rows =
                rows(project).stream()
                        .filter(row -> row.key().trace().equals(trace))
                        .map(row -> new TreeRow(row, 0, 0, true, 0, 1))
                        .toList();
        return new Tree(rows.stream().skip(offset).limit(limit).toList(), rows.size());
    }

    @Override
    public Flame flame(String project, String trace, Flame.Window window) {
        return new Flame(0, 0, 0, 0, List.of());
    }

    @Override
    public OptionalInt position(String project, String trace, String span) {
        return OptionalInt.empty();
    }

    @Override
    public List<Subtree> subtrees(String project, String trace, int offset, int limit) {
        return List.of();
    }

    @Override
    public OptionalInt conversation(
            String project, String trace, String under, int from, Predicate<Turn> sink) {
        return OptionalInt.empty();
    }

    /// The cursor is the number of rows seen; the only filter known is `span_id = '…'`.
    private static <T> String page(ListQuery query, List<T> all, Predicate<T> sink) {
        int at = query.cursor().isEmpty() ? 0 : Integer.parseInt(query.cursor());
        for (int end = Math.min(all.size(), at + query.limit()); at < end; at++) {
            if (!sink.test(all.get(at))) {
                return "";
            }
        }
        return at < all.size() ? Integer.toString(at) : "";
    }

    @Override
    public String spans(ListQuery query, Predicate<SpanRow> sink) {
        if (query.filter().equals("nonsense")) {
            throw Problem.invalid("no column is called nonsense", "filter");
        }
        List<SpanRow> rows =
                rows(query.project()).stream()
                        .filter(row ->
                                query.filter().isEmpty()
                                        || query.filter()
                                                .equals("span_id = '" + row.key().span() + "'"))
                        .toList();
        return page(query, rows, sink);
    }

    @Override
    public String traces(ListQuery query, Predicate<TraceRow> sink) {
        return page(query, traces(query.project()), sink);
    }

    @Override
    public String search(ListQuery query, Predicate<SearchHit> sink) {
        List<SearchHit> hits =
                rows(query.project()).stream()
                        .filter(row -> row.inputPreview().contains(query.filter()))
                        .map(row -> {
                            int at = row.inputPreview().indexOf(query.filter());
                            return new SearchHit(
                                    row,
                                    "input",
                                    row.inputPreview(),
                                    List.of(new int[] {at, at + query.filter().length()}));
                        })
                        .toList();
        return page(query, hits, sink);
    }

    @Override
    public void sql(String project, String sql, SqlLimits limits, SqlSink sink) {
        sink.columns(
                List.of(
                        new SqlSink.Column("t", "VARCHAR"),
                        new SqlSink.Column("n", "BIGINT"),
                        new SqlSink.Column("all", "STRUCT")));
        sink.row(
                List.of(
                        Optional.of("a \"quote\""),
                        Optional.of(Long.MAX_VALUE),
                        Optional.of(Map.of("list", List.of(1.5, true, Instant.ofEpochSecond(1))))));
        sink.row(List.of(Optional.of(Slice.of("long")), Optional.empty(), Optional.empty()));
        sink.end(true);
    }

    @Override
    public boolean sqlToParquet(
            String project, String sql, SqlLimits limits, Path target, BooleanSupplier wanted) {
        throw Problem.invalid("not here", "memory");
    }

    @Override
    public synchronized void deleteTrace(String project, String trace) {
        spans.keySet().removeIf(key -> key.project().equals(project) && key.trace().equals(trace));
    }

    @Override
    public synchronized void deleteProject(String project) {
        spans.keySet().removeIf(key -> key.project().equals(project));
    }

    @Override
    public void expire(String project, Instant idleSince) {
        expired.add(project + " " + idleSince);
    }

    @Override
    public synchronized long storedBytes(String project) {
        return rows(project).isEmpty() ? 0 : 300;
    }

    @Override
    public synchronized Set<String> projects() {
        Set<String> names = new TreeSet<>();
        spans.keySet().forEach(key -> names.add(key.project()));
        return names;
    }

    @Override
    public StoreStats stats() {
        List<StoreStats.SegmentStats> segments = new ArrayList<>();
        for (String project : projects()) {
            segments.add(
                    new StoreStats.SegmentStats(
                            project,
                            project,
                            rows(project).size(),
                            1,
                            0,
                            0,
                            0,
                            100,
                            100,
                            100,
                            0,
                            0));
        }
        return new StoreStats(0, 0, 0, 0, 0, 0, 0, 1, segments);
    }

    @Override
    public void compact(Progress progress) {
        beforeCompact.run();
        progress.at("compacting", 1, 2);
        failure.ifPresent(problem -> {
            throw problem;
        });
    }

    @Override
    public List<String> verify(Progress progress) {
        return List.of("a finding");
    }

    @Override
    public synchronized void export(
            String project, String filter, OutputStream out, Progress progress) throws IOException {
        for (Map.Entry<SpanKey, SpanData> entry : spans.entrySet()) {
            SpanJson.write(new Span(entry.getKey(), entry.getValue(), 1), out);
            out.write('\n');
        }
    }

    @Override
    public void close() {}

    static ListQuery everything(String project) {
        return new ListQuery(project, "", OptionalLong.empty(), OptionalLong.empty(), "", 10_000);
    }
}
