package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.event.ByteWriter;
import dev.backplane.store.event.EventCodec;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.PackDirectory.TraceRun;
import dev.backplane.store.sql.ColumnFile;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.ShingleBloom;
import dev.backplane.store.text.TextIndexBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// Builds one segment in a local directory, trace by trace, in row order. Memory: the ids of the
/// contents, the graph, and one open block of each kind. Not thread-safe.
public final class SegmentBuilder implements AutoCloseable {
    /// From this size on a filter of three-word shingles keeps phrase searches off the index: at
    /// four bits a shingle it lets a fifth of the absent phrases through.
    private static final long SHINGLES_FROM_BYTES = 128L << 20;

    /// Bounds the builder's memory, at 64 MiB.
    private static final long SHINGLES_SIZED_FOR_BYTES = 256L << 20;

    private static final int WORDS_PER_SHINGLE = 3;
    private static final int BITS_PER_SHINGLE = 4;

    /// How much time making a segment small and quick to rule out may take.
    public enum Effort {
        /// For segments that will be merged soon, made while senders wait for the processor.
        QUICK(3),
        /// For segments that stay.
        THOROUGH(9);

        private final int level;

        Effort(int level) {
            this.level = level;
        }
    }

    private final String project;
    private final Path directory;
    private final Effort effort;
    private final PackWriter pack;
    private final TextIndexBuilder text;
    private final Optional<ShingleBloom.Builder> shingles;
    private final Interner interner;
    private final Map<ContentSource, Adoption> adopted = new IdentityHashMap<>();
    private final ByteWriter sequences = new ByteWriter(1 << 12);
    private final ByteWriter graph = new ByteWriter(1 << 12);
    private final ByteWriter row = new ByteWriter(1 << 12);
    private final List<TraceRun> traces = new ArrayList<>();
    private final List<Long> keyHashes = new ArrayList<>();
    private final Placement.Writer placement = new Placement.Writer();
    private final List<String> traceSpans = new ArrayList<>();
    private final List<String> traceParents = new ArrayList<>();
    private final List<Long> traceOrders = new ArrayList<>();
    private final ByteWriter joints = new ByteWriter(16);
    private int jointCount;
    private int lastJoint = -1;
    private String trace = "";
    private RollUp rollUp = new RollUp();
    private long traceLatest;
    private int rows;
    private int documents;
    private long contentBytes;
    private long minStart = Long.MAX_VALUE;
    private long maxStart = Long.MIN_VALUE;
    private long maxVersion;

    /// @param directory empty; gets `pack`, `text` and `parquet`
    /// @param expectedBytes of contents: sizes the filter of phrases, which small segments do
    ///   without
    /// @param effort how hard to compress
    public SegmentBuilder(String project, Path directory, long expectedBytes, Effort effort)
            throws IOException {
        this.project = project;
        this.directory = directory;
        this.effort = effort;
        this.pack = new PackWriter(directory.resolve("pack"), effort.level);
        this.text = new TextIndexBuilder(directory);
        this.shingles =
                effort == Effort.QUICK || expectedBytes < SHINGLES_FROM_BYTES
                        ? Optional.empty()
                        : Optional.of(
                                new ShingleBloom.Builder(
                                        WORDS_PER_SHINGLE,
                                        BITS_PER_SHINGLE,
                                        Math.min(expectedBytes, SHINGLES_SIZED_FOR_BYTES)));
        this.interner =
                new Interner(
                        project,
                        new Interner.Target() {
                            @Override
                            public void leaf(Slice bytes, Optional<Shape> shape)
                                    throws IOException {
                                addLeaf(bytes, shape);
                            }

                            @Override
                            public void leaf(
                                    Slice bytes, Shape shape, ContentSource source, int number)
                                    throws IOException {
                                addLeaf(bytes, shape, source, number);
                            }

                            @Override
                            public void joint(Slice bytes, Shape shape) throws IOException {
                                joints.putVar(documents - lastJoint);
                                lastJoint = documents;
                                jointCount++;
                                addText(documents++, bytes, shape);
                            }

                            @Override
                            public void sequence(SequenceDef sequence) {
                                SequenceTable.write(
                                        sequences,
                                        interner.sequences(),
                                        interner.leaves(),
                                        sequence);
                            }
                        });
    }

    /// Announces a container that rows will come from; before the first of them.
    public void adoptText(IndexedLeaves index) {
        adopted.put(index.contents(), new Adoption(index));
    }

    /// A source's index and the documents that its leaves become.
    private static final class Adoption {
        private final IndexedLeaves index;
        private final BitSet leaves;
        private final int[] documents;

        Adoption(IndexedLeaves index) {
            this.index = index;
            this.leaves = index.indexedLeaves();
            this.documents = new int[leaves.length()];
            Arrays.fill(documents, -1);
        }

        void into(TextIndexBuilder text) {
            index.adoptInto(text, leaf -> leaf < documents.length ? documents[leaf] : -1);
        }
    }

    private void addLeaf(Slice bytes, Optional<Shape> shape) throws IOException {
        int document = addLeaf(bytes);
        if (shape.isPresent()) {
            addText(document, bytes, shape.get());
        }
    }

    private void addLeaf(Slice bytes, Shape shape, ContentSource source, int number)
            throws IOException {
        int document = addLeaf(bytes);
        Adoption adoption = adopted.get(source);
        if (adoption == null || !adoption.leaves.get(number)) {
            addText(document, bytes, shape);
        } else {
            adoption.documents[number] = document;
            addShingles(bytes, shape);
        }
    }

    private int addLeaf(Slice bytes) throws IOException {
        pack.leaf(bytes.array(), bytes.offset(), bytes.length());
        contentBytes += bytes.length();
        return documents++;
    }

    private void addText(int document, Slice bytes, Shape shape) throws IOException {
        text.add(document, bytes, shape);
        addShingles(bytes, shape);
    }

    private void addShingles(Slice bytes, Shape shape) {
        shingles.ifPresent(bloom -> bloom.add(bytes, shape));
    }

    /// Adds a span of the current trace, in order of their place in time; one whose events cancel
    /// out (it was deleted a moment ago) is left out.
    public void add(SpanKey key, List<StoredEvent> all) throws IOException {
        List<StoredEvent> events = Fold.simplify(all);
        Optional<Fold.Folded> folded = Fold.fold(events);
        if (folded.isEmpty()) {
            return;
        }
        SpanData data = folded.get().data();
        trace = key.trace();
        traceSpans.add(key.span());
        traceParents.add(data.text(Field.PARENT_ID));
        long order = Rows.orderNanos(data, folded.get().version());
        traceOrders.add(order);
        rollUp.add(Rows.withoutPreviews(key, folded.get()));
        traceLatest = Math.max(traceLatest, folded.get().version());
        minStart = Math.min(minStart, order);
        maxStart = Math.max(maxStart, order);
        maxVersion = Math.max(maxVersion, folded.get().version());
        write(key, events, data);
    }

    /// Ends the current trace; the next span added begins another one.
    public void endTrace() throws IOException {
        if (traceSpans.isEmpty()) {
            return;
        }
        int first = rows - traceSpans.size();
        Map<String, Integer> rowOf = HashMap.newHashMap(traceSpans.size());
        for (int i = 0; i < traceSpans.size(); i++) {
            rowOf.put(traceSpans.get(i), first + i);
        }
        for (int i = 0; i < traceParents.size(); i++) {
            String parent = traceParents.get(i);
            int parentRow = rowOf.getOrDefault(parent, Placement.NONE);
            placement.add(traceOrders.get(i), parentRow, parentRow == Placement.NONE ? parent : "");
        }
        traces.add(
                new TraceRun(
                        trace, traceSpans.size(), rollUp.beginning().startNanos(), traceLatest));
        row.clear();
        rollUp.write(row);
        pack.trace(row);
        traceSpans.clear();
        traceParents.clear();
        traceOrders.clear();
        rollUp = new RollUp();
        traceLatest = 0;
    }

    private void write(SpanKey key, List<StoredEvent> events, SpanData data) throws IOException {
        RowRefs base = new RowRefs(interner.leaves(), interner.sequences());
        row.clear();
        row.putVar(base.leaves()).putVar(base.sequences()).putText(key.span());
        row.putVar(events.size());
        List<RefGraph.Ref> refs = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            StoredEvent event = events.get(i);
            int index = i;
            EventCodec.Encoded encoded = EventCodec.encode(event);
            int[] hole = {0};
            encoded.write(
                    row,
                    event.version(),
                    content -> {
                        int ref = interner.intern(content);
                        Field field = encoded.fields().get(hole[0]++);
                        if (!Fold.overruled(events, index, field)) {
                            remember(refs, new RefGraph.Ref(field, ref));
                        }
                        return base.relative(ref);
                    });
        }
        pack.row(row);
        RefGraph.write(
                graph,
                base,
                interner.leaves() - base.leaves(),
                interner.sequences() - base.sequences(),
                refs);
        addText(documents++, Slice.of(Words.of(events, data)), Shape.TEXT);
        keyHashes.add(KeyBloom.hash(key.trace(), key.span()));
        rows++;
    }

    /// Attributes repeat what the typed fields refer to already; the first mention is enough.
    private static void remember(List<RefGraph.Ref> refs, RefGraph.Ref ref) {
        boolean raw = ref.field() == Field.ATTRIBUTES || ref.field() == Field.EVENTS;
        boolean mentioned =
                refs.stream().anyMatch(r -> r.ref() == ref.ref() && (raw || r.equals(ref)));
        if (!mentioned) {
            refs.add(ref);
        }
    }

    public int rows() {
        return rows;
    }

    public long contentBytes() {
        return contentBytes;
    }

    public String project() {
        return project;
    }

    /// Completes the three files. At least one span must have been added.
    ///
    /// @return facts for the manifest; its id and mask are the caller's
    public Built finish(BlockCache cache) throws IOException {
        endTrace();
        placement.write(graph);
        graph.putVar(jointCount).put(joints.array(), 0, joints.size());
        KeyBloom bloom = KeyBloom.sized(rows);
        keyHashes.forEach(bloom::add);
        pack.finish(
                new PackDirectory.Totals(
                        project,
                        rows,
                        interner.leaves(),
                        interner.sequences(),
                        contentBytes,
                        minStart,
                        maxStart,
                        maxVersion),
                new PackDirectory.Sections(
                        sequences, graph, shingles.map(SegmentBuilder::bytes), traces, bloom));
        pack.close();
        adopted.values().forEach(adoption -> adoption.into(text));
        Path textFile = directory.resolve("text");
        text.finish(textFile);
        Path columns = directory.resolve("parquet");
        try (Pack written = Pack.open(directory.resolve("pack"), cache)) {
            ColumnFile.write(
                    columns, IntStream.range(0, rows).mapToObj(written::spanRow).iterator());
        }
        return new Built(
                directory,
                project,
                rows,
                traces.size(),
                interner.leaves(),
                contentBytes,
                Files.size(columns),
                Files.size(textFile),
                Files.size(directory.resolve("pack")),
                minStart,
                maxStart,
                maxVersion,
                effort);
    }

    private static ByteWriter bytes(ShingleBloom.Builder shingles) {
        Slice bytes = shingles.build().bytes();
        return new ByteWriter(bytes.length()).put(bytes.array(), bytes.offset(), bytes.length());
    }

    /// A finished segment in its directory.
    public record Built(
            Path directory,
            String project,
            int rows,
            int traces,
            int contents,
            long contentBytes,
            long columnBytes,
            long textBytes,
            long packBytes,
            long minStartNanos,
            long maxStartNanos,
            long maxVersion,
            Effort effort) {}

    @Override
    public void close() throws IOException {
        pack.close();
        text.close();
    }
}
