package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.SpanKey;
import dev.backplane.store.Progress;
import dev.backplane.store.database.State.Living;
import dev.backplane.store.database.State.Place;
import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.Fold.Folded;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import dev.backplane.store.segment.BlockCache;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentBuilder;
import dev.backplane.store.segment.SegmentBuilder.Effort;
import dev.backplane.store.segment.SegmentInfo;
import dev.backplane.store.segment.SegmentInfo.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Makes segments: of log generations, and larger ones of smaller ones. It only builds; what it
/// built enters the state by [TraceDatabase], in one step. One thread at a time.
final class Compactor {
    private static final System.Logger LOG = System.getLogger(Compactor.class.getName());

    /// Segments of one size class are merged when there are this many.
    private static final int MERGE_WIDTH = 4;

    /// A segment with a larger share of dead rows than one in this many is rewritten.
    private static final int DEAD_SHARE = 5;

    /// How many times more rows a segment may have than what would be merged into it.
    private static final int REST_SHARE = 8;

    /// Postings are taken over from a container of which more than one in this many spans is
    /// wanted: below that, going through all its postings costs more than cutting a few texts.
    private static final int ADOPTED_SHARE = 4;

    /// Of a segment's id: hexadecimal, when the process that made it started. A number follows.
    private static final int ID_DIGITS = 11;

    private static final Set<Field> START = EnumSet.of(Field.START_TIME);

    private final ObjectStore objects;
    private final StoreOptions options;
    private final BlockCache cache;
    private final AtomicLong sequence = new AtomicLong();
    private final long started;

    /// @param millis now
    /// @param living no segment made here may have the name of one of these, even while the wall
    ///   clock stands behind the one of an earlier run
    Compactor(
            ObjectStore objects,
            StoreOptions options,
            BlockCache cache,
            long millis,
            List<SegmentInfo> living) {
        this.objects = objects;
        this.options = options;
        this.cache = cache;
        this.started =
                Math.max(
                        millis,
                        living.stream()
                                .mapToLong(info -> Long.parseLong(info.id(), 0, ID_DIGITS, 16) + 1)
                                .max()
                                .orElse(0));
    }

    /// What is to replace what.
    ///
    /// @param added complete and durable, not yet in any manifest
    /// @param superseded rows of older segments that are in `added` now, by segment id
    /// @param removed ids of segments whose living rows are all in `added`
    record Outcome(List<SegmentInfo> added, Map<String, BitSet> superseded, List<String> removed) {}

    /// Segments for the oldest generation, one a project.
    Outcome flush(State state, Effort effort, Progress progress) throws IOException {
        Generation generation = state.generations().getFirst();
        State upToIt =
                new State(state.epoch(), state.manifest(), state.segments(), List.of(generation));
        Map<String, BitSet> superseded = new HashMap<>();
        List<SegmentInfo> added = new ArrayList<>();
        try {
            for (String project : generation.spans().projects()) {
                flush(upToIt, project, superseded, effort, progress).ifPresent(added::add);
            }
        } catch (IOException | RuntimeException e) {
            added.forEach(segment -> discard(segment.id()));
            throw e;
        }
        return new Outcome(added, superseded, List.of());
    }

    private Optional<SegmentInfo> flush(
            State state,
            String project,
            Map<String, BitSet> superseded,
            Effort effort,
            Progress progress)
            throws IOException {
        Map<String, List<Start>> traces = new HashMap<>();
        Spans reader = new Spans(state);
        Consumer<FreshSpan> start =
                span -> {
                    state.find(span.key())
                            .ifPresent(place ->
                                    superseded
                                            .computeIfAbsent(
                                                    place.living().info().id(), _ -> new BitSet())
                                            .set(place.row()));
                    Fold.fold(reader.events(span.key(), START))
                            .ifPresent(folded ->
                                    traces.computeIfAbsent(
                                                    span.key().trace(), _ -> new ArrayList<>(1))
                                            .add(Start.of(span.key(), folded)));
                };
        state.generations().getLast().spans().project(project, start);
        return build(project, traces, reader, state.generations().getLast(), effort, progress);
    }

    /// A span and where it stands in time: all that is held of a generation while it is put in
    /// order.
    private record Start(SpanKey key, Beginning beginning) {
        static final Comparator<Start> ORDER =
                Comparator.comparingLong((Start start) -> start.beginning().nanos())
                        .thenComparing(start -> start.key().span());

        static Start of(SpanKey key, Folded folded) {
            return new Start(key, Beginning.of(folded.data(), folded.version()));
        }
    }

    /// The spans of a trace in their order.
    private record Ordered(long nanos, List<Start> spans) {
        static final Comparator<Ordered> ORDER =
                Comparator.comparingLong(Ordered::nanos)
                        .thenComparing(trace -> trace.spans().getFirst().key().trace());

        static Ordered of(List<Start> spans) {
            Beginning all =
                    spans.stream().map(Start::beginning).reduce(Beginning.NONE, Beginning::with);
            return new Ordered(all.nanos(), spans.stream().sorted(Start.ORDER).toList());
        }
    }

    private Optional<SegmentInfo> build(
            String project,
            Map<String, List<Start>> traces,
            Spans reader,
            Generation generation,
            Effort effort,
            Progress progress)
            throws IOException {
        List<Ordered> ordered =
                traces.values().stream().map(Ordered::of).sorted(Ordered.ORDER).toList();
        try (Scratch scratch = Scratch.in(options.scratch());
                SegmentBuilder builder =
                        new SegmentBuilder(
                                project, scratch.directory(), generation.length(), effort)) {
            int spans = traces.values().stream().mapToInt(List::size).sum();
            if (spans > generation.spans().size() / ADOPTED_SHARE) {
                generation.text().catchUp();
                builder.adoptText(generation.text());
            }
            int done = 0;
            for (Ordered trace : ordered) {
                for (Start span : trace.spans()) {
                    builder.add(span.key(), reader.lasting(span.key()));
                    progress.at("writing segments", ++done, spans);
                }
                builder.endTrace();
            }
            return builder.rows() == 0 ? Optional.empty() : Optional.of(publish(builder));
        }
    }

    private SegmentInfo publish(SegmentBuilder builder) throws IOException {
        SegmentBuilder.Built built = builder.finish(cache);
        String id = ("%0" + ID_DIGITS + "x-%04x").formatted(started, sequence.incrementAndGet());
        for (Part part : Part.values()) {
            Path file = built.directory().resolve(part.suffix());
            boolean written = false;
            try {
                written = objects.putIfAbsent(SegmentInfo.key(id, part), file).isPresent();
            } finally {
                if (!written) {
                    discard(id);
                }
            }
            if (!written) {
                throw new IOException("an object of segment " + id + " exists already");
            }
        }
        return SegmentInfo.of(id, built);
    }

    /// Deletes what was written of a segment that no manifest will name: every retry writes anew.
    /// What cannot be deleted now goes at the next start.
    void discard(String id) {
        for (Part part : Part.values()) {
            try {
                objects.delete(SegmentInfo.key(id, part));
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "could not delete segment {0}: {1}",
                        id,
                        e.getMessage());
                return;
            }
        }
    }

    /// Which segments of a project are worth merging now; none when all is well.
    ///
    /// Size classes grow by [#MERGE_WIDTH]: a row is rewritten once a class, so the work a row sees
    /// in its life is the logarithm of the store's size.
    List<Living> mergeCandidates(State state) {
        Map<String, Map<Integer, List<Living>>> classes = new LinkedHashMap<>();
        for (Living living : state.segments()) {
            int live = living.info().liveRows();
            boolean rotten = living.info().dead().cardinality() > living.info().rows() / DEAD_SHARE;
            if (rotten) {
                return List.of(living);
            }
            if (live <= options.mergeRowsMax() / MERGE_WIDTH) {
                int size = (31 - Integer.numberOfLeadingZeros(Math.max(1, live))) / 2;
                classes.computeIfAbsent(living.info().project(), _ -> new TreeMap<>())
                        .computeIfAbsent(size, _ -> new ArrayList<>())
                        .add(living);
            }
        }
        for (Map<Integer, List<Living>> byClass : classes.values()) {
            for (List<Living> group : byClass.values()) {
                if (group.size() >= MERGE_WIDTH) {
                    return group.subList(0, MERGE_WIDTH);
                }
            }
        }
        return List.of();
    }

    /// As many segments of one project as fit into one, or one that is not as small as it gets: for
    /// a compaction that somebody asked for.
    List<Living> mergeEverything(State state) {
        for (List<Living> group : small(state)) {
            List<Living> fitting = new ArrayList<>();
            long rows = 0;
            for (Living living : group) {
                if (rows + living.info().liveRows() <= options.mergeRowsMax()) {
                    fitting.add(living);
                    rows += living.info().liveRows();
                }
            }
            if (fitting.size() > 1) {
                return fitting;
            }
        }
        return alone(state, living -> !living.info().thorough() || !living.info().dead().isEmpty());
    }

    /// The same for a store to which nothing is added any more, as often as that happens: a large
    /// segment is not rewritten for a few rows more. What stays apart grows by [#REST_SHARE] at
    /// least from one segment of a project to the next.
    List<Living> mergeAtRest(State state) {
        for (List<Living> group : small(state)) {
            group.sort(Comparator.comparingInt(living -> living.info().liveRows()));
            int merged = 0;
            long rows = 0;
            for (int i = 0; i < group.size(); i++) {
                int own = group.get(i).info().liveRows();
                if (i > 0 && rows + own <= options.mergeRowsMax() && rows >= own / REST_SHARE) {
                    merged = i + 1;
                }
                rows += own;
            }
            if (merged > 1) {
                return group.subList(0, merged);
            }
        }
        return alone(state, living -> !living.info().thorough());
    }

    /// The segments of each project that another could join.
    private Iterable<List<Living>> small(State state) {
        Map<String, List<Living>> small = new LinkedHashMap<>();
        for (Living living : state.segments()) {
            if (living.info().liveRows() <= options.mergeRowsMax() / 2) {
                small.computeIfAbsent(living.info().project(), _ -> new ArrayList<>()).add(living);
            }
        }
        return small.values();
    }

    private static List<Living> alone(State state, Predicate<Living> wanted) {
        return state.segments().stream().filter(wanted).limit(1).toList();
    }

    /// One segment of the living rows of several of one project.
    ///
    /// @param last nobody will merge it again soon, as far as can be told
    Outcome merge(List<Living> sources, boolean last, Progress progress) throws IOException {
        String project = sources.getFirst().info().project();
        List<Run> runs = runs(sources);
        List<String> removed = sources.stream().map(source -> source.info().id()).toList();
        List<SegmentInfo> added = new ArrayList<>();
        long expectedBytes =
                sources.stream().mapToLong(source -> source.info().contentBytes()).sum();
        long rows = sources.stream().mapToLong(source -> source.info().liveRows()).sum();
        Effort effort =
                last || rows > options.mergeRowsMax() / MERGE_WIDTH
                        ? Effort.THOROUGH
                        : Effort.QUICK;
        try (Scratch scratch = Scratch.in(options.scratch());
                SegmentBuilder builder =
                        new SegmentBuilder(project, scratch.directory(), expectedBytes, effort)) {
            for (Living source : sources) {
                if (source.info().liveRows() > source.info().rows() / ADOPTED_SHARE) {
                    builder.adoptText(source.segment());
                }
            }
            int done = 0;
            for (Run run : runs) {
                for (Place place : ordered(run.places())) {
                    Segment segment = place.living().segment();
                    builder.add(segment.key(place.row()), segment.events(place.row(), Spans.ALL));
                    progress.at("merging segments", ++done, rows);
                }
                builder.endTrace();
            }
            if (builder.rows() > 0) {
                added.add(publish(builder));
            }
        }
        return new Outcome(added, Map.of(), removed);
    }

    /// A trace and the living rows of it.
    private record Run(String trace, Beginning beginning, List<Place> places) {
        Run with(Run other) {
            List<Place> all = new ArrayList<>(places);
            all.addAll(other.places);
            return new Run(trace, beginning.with(other.beginning), all);
        }
    }

    /// Traces of all sources in the order of the new segment.
    private static List<Run> runs(List<Living> sources) {
        Map<String, Run> byTrace = new HashMap<>();
        for (Living source : sources) {
            for (int number = 0; number < source.segment().traceCount(); number++) {
                Run run = run(source, number);
                if (!run.places().isEmpty()) {
                    byTrace.merge(run.trace(), run, Run::with);
                }
            }
        }
        return byTrace.values().stream()
                .sorted(
                        Comparator.comparingLong((Run run) -> run.beginning().nanos())
                                .thenComparing(Run::trace))
                .toList();
    }

    /// A trace may have begun with a row that is dead by now.
    private static Run run(Living source, int number) {
        Segment.Trace trace = source.segment().trace(number);
        List<Place> places = new ArrayList<>();
        for (int row = trace.from(); row < trace.to(); row++) {
            if (source.live(row)) {
                places.add(new Place(source, row));
            }
        }
        boolean whole = places.size() == trace.to() - trace.from();
        Beginning beginning =
                whole
                        ? trace.beginning()
                        : source.segment().beginning(number, source.info().dead());
        return new Run(trace.id(), beginning, places);
    }

    /// A trace's rows of one segment are in order; those of several are put in order by their
    /// starts.
    private static List<Place> ordered(List<Place> places) {
        if (places.stream().map(Place::living).distinct().count() < 2) {
            return places;
        }
        Map<Place, Start> starts = HashMap.newHashMap(places.size());
        for (Place place : places) {
            Segment segment = place.living().segment();
            Fold.fold(segment.events(place.row(), START))
                    .ifPresent(folded ->
                            starts.put(place, Start.of(segment.key(place.row()), folded)));
        }
        return starts.keySet().stream()
                .sorted(Comparator.comparing(starts::get, Start.ORDER))
                .toList();
    }

    /// A directory that goes when it is closed, whatever is in it.
    private record Scratch(Path directory) implements AutoCloseable {
        static Scratch in(Path parent) throws IOException {
            Files.createDirectories(parent);
            return new Scratch(Files.createTempDirectory(parent, "segment-"));
        }

        @Override
        public void close() throws IOException {
            delete(directory);
        }
    }

    static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> paths = Files.walk(tree)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }
}
