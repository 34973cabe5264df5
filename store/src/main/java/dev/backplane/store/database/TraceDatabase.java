package dev.backplane.store.database;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.Span;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanJson;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Flame;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.SearchHit;
import dev.backplane.store.SpanRow;
import dev.backplane.store.StoreStats;
import dev.backplane.store.StoreStats.SegmentStats;
import dev.backplane.store.Subtree;
import dev.backplane.store.TraceRow;
import dev.backplane.store.TraceStore;
import dev.backplane.store.TreePart;
import dev.backplane.store.TreeRow;
import dev.backplane.store.Turn;
import dev.backplane.store.database.State.Living;
import dev.backplane.store.log.Generation;
import dev.backplane.store.log.Log;
import dev.backplane.store.log.LogReplica;
import dev.backplane.store.log.Upload;
import dev.backplane.store.segment.SegmentInfo;
import dev.backplane.store.sql.Listing;
import dev.backplane.store.sql.SqlEngine;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import dev.backplane.store.text.TextQuery;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/// The trace store of one process: a log on its own disk (and in the object store, if the options
/// say so), segments in an object store.
public final class TraceDatabase implements TraceStore {
    /// A field of type TEXT is a column; nobody's model name is longer.
    private static final int TEXT_SIZE_MAX = 64 << 10;

    private final StoreOptions options;
    private final States states;
    private final Log log;
    private final Compaction compaction;
    private final SqlEngine engine;
    private final Listing listing;
    private final Map<String, FreshTracker> freshByProject = new ConcurrentHashMap<>();
    private final AtomicLong freshEpoch = new AtomicLong();
    private final SpanTexts texts = new SpanTexts();
    private final Shapes shapes = new Shapes();
    private final RollUps rollUps = new RollUps();
    private final ConversationPages pages;

    private TraceDatabase(
            StoreOptions options,
            States states,
            Log log,
            Compaction compaction,
            SqlEngine engine,
            Meter meter) {
        this.options = options;
        this.states = states;
        this.log = log;
        this.compaction = compaction;
        this.engine = engine;
        this.pages = new ConversationPages(meter);
        this.listing =
                new Listing(
                        engine,
                        options.columnBytes(),
                        task -> Thread.ofVirtual().name("columns").start(task),
                        meter);
        meter.gauge(
                "backplane_store_log_bytes",
                "Bytes of log generations that are not in segments yet",
                () -> log.generations().stream().mapToLong(Generation::length).sum());
        meter.gauge(
                "backplane_store_fresh_spans",
                "Spans read from the log",
                () -> log.generations().stream().mapToLong(g -> g.spans().size()).sum());
        meter.gauge(
                "backplane_store_segments",
                "Segments in the manifest",
                () -> states.current().segments().size());
    }

    /// Opens the store in `objects`, with log and scratch files in the options' directory.
    ///
    /// @param objects stays the caller's to close
    /// @throws Problem `CONFLICT` when another process has the directory open
    public static TraceDatabase open(
            StoreOptions options, ObjectStore objects, HybridClock clock, Meter meter)
            throws IOException {
        States states = States.open(options, objects, meter);
        states.current()
                .manifest()
                .segments()
                .forEach(segment -> clock.observe(segment.maxVersion()));
        Compaction compaction = new Compaction(options, objects, states, clock.next(), meter);
        Log log =
                Log.open(
                        options.logDirectory(),
                        states.current().manifest().flushed(),
                        clock,
                        options.log(),
                        options.logInObjectStore()
                                ? new LogReplica.Bucket(objects)
                                : LogReplica.NONE,
                        meter,
                        compaction::wake);
        states.attach(log);
        List<Path> folders = new ArrayList<>(List.of(options.objectCache()));
        if (objects instanceof LocalObjectStore local) {
            folders.add(local.root());
        }
        SqlEngine engine = SqlEngine.inProcess(sqlOptions(folders, options));
        TraceDatabase database = new TraceDatabase(options, states, log, compaction, engine, meter);
        compaction.start(log);
        return database;
    }

    private static SqlEngine.Options sqlOptions(List<Path> folders, StoreOptions options) {
        SqlEngine.Options usual = SqlEngine.Options.of(folders.getFirst(), options.scratch());
        return new SqlEngine.Options(
                folders,
                options.scratch().resolve("sql"),
                usual.spillBytes(),
                usual.concurrency(),
                usual.queueTime());
    }

    @Override
    public void append(List<SpanEvent> events) {
        for (SpanEvent event : events) {
            event.data().forEach((field, value) -> check(event.key(), field, value));
        }
        if (!events.isEmpty()) {
            log.append(events);
        }
    }

    private static void check(SpanKey key, Field field, Value value) {
        if (field.type() == Field.Type.TEXT
                && value instanceof Value.Text(Content content)
                && content.size() > TEXT_SIZE_MAX) {
            throw Problem.tooLarge(
                            field.id() + " has " + content.size() + " bytes",
                            "span " + key.span() + " of trace " + key.trace())
                    .fix("send at most " + TEXT_SIZE_MAX + " bytes, or send it as metadata");
        }
    }

    @Override
    public void upload(SpanKey key, Field field, boolean json, InputStream bytes)
            throws IOException {
        if (field.type() != Field.Type.PAYLOAD) {
            throw Problem.invalid(field.id() + " is not a payload field", "upload")
                    .fix("upload input, output, expected, error, tools, metadata or comments");
        }
        Files.createDirectories(options.scratch());
        Path spooled = Files.createTempFile(options.scratch(), "upload-", "");
        try {
            try (OutputStream out = Files.newOutputStream(spooled)) {
                bytes.transferTo(out);
            }
            if (json) {
                requireJson(spooled);
            }
            Op op = isInserted(key) ? Op.MERGE : Op.FEEDBACK;
            Upload.append(log, key, op, field, json, spooled);
        } finally {
            Files.deleteIfExists(spooled);
        }
    }

    private boolean isInserted(SpanKey key) {
        try (States.Lease lease = states.acquire()) {
            return new Spans(lease.state())
                    .events(key, Set.of()).stream().anyMatch(event -> event.op() == Op.INSERT);
        }
    }

    private static void requireJson(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                JsonParser parser = dev.backplane.core.Json.parser(in)) {
            while (parser.nextToken() != null) {
                // reading to the end is the check
            }
        } catch (tools.jackson.core.exc.StreamReadException e) {
            throw dev.backplane.core.Json.malformed(e, "upload");
        } catch (JacksonException e) {
            throw Problem.invalid("the upload is not JSON", "upload").causedBy(e);
        }
    }

    @Override
    public Optional<Span> span(SpanKey key) {
        try (States.Lease lease = states.acquire()) {
            return new Spans(lease.state()).span(key);
        }
    }

    /// What was made of older segments keeps them in memory, and no reader will want it again.
    private void forgetBefore(long epoch) {
        if (freshEpoch.getAndAccumulate(epoch, Math::max) < epoch) {
            freshByProject.values().removeIf(fresh -> fresh.epoch() < epoch);
            texts.forgetBefore(epoch);
        }
    }

    private View view(String project) {
        States.Lease lease = states.acquire();
        try {
            Fresh fresh =
                    freshByProject.computeIfAbsent(project, FreshTracker::new).at(lease.state());
            forgetBefore(lease.state().epoch());
            return new View(project, lease.state(), fresh, texts, rollUps, lease::close);
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    @Override
    public Optional<TraceRow> trace(String project, String trace) {
        try (View view = view(project)) {
            return view.trace(trace);
        }
    }

    @Override
    public Tree tree(
            String project, String trace, String query, TreePart part, int offset, int limit) {
        try (View view = view(project)) {
            TraceShape tree = shapes.get(view, trace);
            BitSet matched = matched(view, tree, query, part);
            BitSet shown =
                    matched.cardinality() == tree.size() ? matched : tree.withAncestors(matched);
            List<TreeRow> rows = new ArrayList<>();
            int skipped = 0;
            for (int i = shown.nextSetBit(0);
                    i >= 0 && rows.size() < limit;
                    i = shown.nextSetBit(i + 1)) {
                if (skipped++ >= offset) {
                    rows.add(tree.row(view, i, matched.get(i)));
                }
            }
            return new Tree(rows, shown.cardinality());
        }
    }

    private BitSet matched(View view, TraceShape tree, String query, TreePart part) {
        BitSet matched = new BitSet(tree.size());
        if (query.isBlank()) {
            matched.set(0, tree.size());
        } else {
            matched = tree.matching(view.match(Optional.empty(), TextQuery.parse(query)));
        }
        if (part != TreePart.ALL) {
            matched.and(shapes.subtrees(view, tree).part(part));
        }
        return matched;
    }

    @Override
    public Flame flame(String project, String trace, Flame.Window window) {
        try (View view = view(project)) {
            return shapes.flame(view, shapes.get(view, trace)).window(view, window);
        }
    }

    @Override
    public OptionalInt position(String project, String trace, String span) {
        if (!SpanKey.isId(span)) {
            return OptionalInt.empty();
        }
        try (View view = view(project)) {
            return position(view, shapes.get(view, trace), trace, span);
        }
    }

    private static OptionalInt position(View view, TraceShape shape, String trace, String span) {
        int position =
                view.place(trace, span)
                        .map(place -> shape.position(place.part(), place.row()))
                        .orElse(TraceShape.NONE);
        return position == TraceShape.NONE ? OptionalInt.empty() : OptionalInt.of(position);
    }

    @Override
    public List<Subtree> subtrees(String project, String trace, int offset, int limit) {
        try (View view = view(project)) {
            return shapes.subtrees(view, shapes.get(view, trace)).window(offset, limit);
        }
    }

    @Override
    public OptionalInt conversation(
            String project, String trace, String under, int from, Predicate<Turn> sink) {
        try (View view = view(project)) {
            TraceShape shape = shapes.get(view, trace);
            int first = under.isEmpty() ? 0 : position(view, shape, trace, under).orElse(0);
            int end =
                    under.isEmpty() || shape.size() == 0
                            ? shape.size()
                            : first + shape.subtreeSize(first);
            return new Conversation(view, shape, pages)
                    .page(
                            new ConversationPages.Page(project, trace, under, from),
                            first,
                            end,
                            sink);
        }
    }

    @Override
    public String spans(ListQuery query, Predicate<SpanRow> sink) {
        try (View view = view(query.project())) {
            return listing.spans(view, query, sink);
        }
    }

    @Override
    public String traces(ListQuery query, Predicate<TraceRow> sink) {
        try (View view = view(query.project())) {
            return listing.traces(view, query, sink);
        }
    }

    @Override
    public String search(ListQuery query, Predicate<SearchHit> sink) {
        try (View view = view(query.project())) {
            return new Search(view, query).run(sink);
        }
    }

    @Override
    public void sql(String project, String sql, SqlLimits limits, SqlSink sink) {
        try (View view = view(project)) {
            engine.execute(view, sql, limits, sink);
        }
    }

    @Override
    public boolean sqlToParquet(
            String project, String sql, SqlLimits limits, Path target, BooleanSupplier wanted) {
        try (View view = view(project)) {
            return engine.toParquet(view, sql, limits, target, wanted);
        }
    }

    @Override
    public void deleteTrace(String project, String trace) {
        log.erase(project, trace, states::erase);
    }

    @Override
    public void deleteProject(String project) {
        log.erase(project, "", states::erase);
    }

    @Override
    public void expire(String project, Instant idleSince) {
        long version = HybridClock.versionAt(idleSince.toEpochMilli());
        log.expire(project, version, () -> idle(project, version), states::erase);
    }

    private Set<String> idle(String project, long since) {
        try (States.Lease lease = states.acquire()) {
            return IdleTraces.of(lease.state(), project, since);
        }
    }

    @Override
    public long storedBytes(String project) {
        try (States.Lease lease = states.acquire()) {
            State state = lease.state();
            return state.segments(project).stream().mapToLong(l -> l.info().bytes()).sum()
                    + state.generations().stream().mapToLong(g -> g.stored(project)).sum();
        }
    }

    @Override
    public Set<String> projects() {
        try (States.Lease lease = states.acquire()) {
            Set<String> projects = new TreeSet<>();
            for (Living living : lease.state().segments()) {
                if (living.info().liveRows() > 0) {
                    projects.add(living.info().project());
                }
            }
            lease.state().generations().forEach(g -> projects.addAll(g.spans().projects()));
            return projects;
        }
    }

    @Override
    public StoreStats stats() {
        try (States.Lease lease = states.acquire()) {
            State state = lease.state();
            List<SegmentInfo> infos = state.segments().stream().map(Living::info).toList();
            List<Generation> generations = state.generations();
            return new StoreStats(
                    state.manifest().receivedBytes()
                            + generations.stream().mapToLong(Generation::received).sum(),
                    generations.stream().mapToLong(Generation::length).sum(),
                    generations.stream().mapToLong(g -> g.spans().size()).sum(),
                    infos.stream().mapToLong(SegmentInfo::liveRows).sum(),
                    infos.stream().mapToLong(SegmentInfo::columnBytes).sum(),
                    infos.stream().mapToLong(SegmentInfo::textBytes).sum(),
                    infos.stream().mapToLong(SegmentInfo::packBytes).sum(),
                    state.manifest().number(),
                    infos.stream().map(TraceDatabase::stats).toList());
        }
    }

    private static SegmentStats stats(SegmentInfo info) {
        return new SegmentStats(
                info.id(),
                info.project(),
                info.rows(),
                info.traces(),
                info.dead().cardinality(),
                info.contents(),
                info.contentBytes(),
                info.columnBytes(),
                info.textBytes(),
                info.packBytes(),
                info.minStartNanos(),
                info.maxStartNanos());
    }

    @Override
    public void compact(Progress progress) {
        log.seal();
        compaction.everything(progress);
    }

    @Override
    public List<String> verify(Progress progress) {
        List<String> wrong = new ArrayList<>();
        try (States.Lease lease = states.acquire()) {
            List<Living> segments = lease.state().segments();
            long total = segments.stream().mapToLong(living -> living.info().bytes()).sum();
            long[] done = {0};
            for (Living living : segments) {
                try {
                    living.segment()
                            .verify(bytes -> {
                                done[0] += bytes;
                                progress.at("checking segments", done[0], total);
                            });
                } catch (Problem e) {
                    wrong.add("segment " + living.info().id() + ": " + e.getMessage());
                }
            }
            for (Generation generation : lease.state().generations()) {
                try {
                    generation.verify();
                } catch (Problem e) {
                    wrong.add("log " + generation.number() + ": " + e.getMessage());
                }
            }
        }
        return wrong;
    }

    @Override
    public void export(String project, String filter, OutputStream out, Progress progress)
            throws IOException {
        try (View view = view(project)) {
            long[] done = {0};
            listing.keys(
                    view,
                    filter,
                    key -> {
                        try {
                            Optional<Span> span = span(key);
                            if (span.isPresent()) {
                                SpanJson.write(span.get(), out);
                                out.write('\n');
                            }
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        progress.at("exporting", ++done[0], 0);
                        return true;
                    });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void close() {
        compaction.close();
        listing.close();
        engine.close();
        log.close();
        states.close();
    }
}
