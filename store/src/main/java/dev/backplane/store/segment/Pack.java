package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SteadyFile;
import dev.backplane.store.SpanRow;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Marks;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.EventCodec;
import dev.backplane.store.event.EventCodec.RefReader;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.segment.BlockCache.Kind;
import dev.backplane.store.segment.PackDirectory.TraceRun;
import dev.backplane.store.segment.PackFormat.Block;
import dev.backplane.store.segment.PackFormat.Entries;
import dev.backplane.store.segment.PackFormat.Frame;
import dev.backplane.store.text.ShingleBloom;
import dev.backplane.store.text.TextQuery;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;

/// Reads a pack. Thread-safe; what is large is loaded when first needed.
public final class Pack implements ContentSource, AutoCloseable {
    /// In a trace of more rows than this, span ids are looked up in an index made on first use.
    private static final int SCAN_ROWS_MAX = 256;

    private final SteadyFile file;
    private final long length;
    private final PackDirectory directory;
    private final BlockCache cache;
    private final HashIndex traceIndex;
    private final int[] traceStarts;
    private final Map<Integer, HashIndex> spanIndexes = new ConcurrentHashMap<>();
    private volatile Optional<SequenceTable> sequences = Optional.empty();
    private volatile Optional<RefGraph> graph = Optional.empty();
    private volatile Optional<Joints> joints = Optional.empty();
    private volatile Optional<ShingleBloom> shingles = Optional.empty();

    private Pack(SteadyFile file, PackDirectory directory, BlockCache cache) throws IOException {
        this.file = file;
        this.length = file.size();
        this.directory = directory;
        this.cache = cache;
        this.traceStarts = new int[directory.traces().size() + 1];
        for (int i = 0; i < directory.traces().size(); i++) {
            TraceRun run = directory.traces().get(i);
            traceStarts[i + 1] = traceStarts[i] + run.rows();
        }
        this.traceIndex =
                HashIndex.of(
                        0,
                        directory.traces().size(),
                        number -> directory.traces().get(number).trace());
    }

    public static Pack open(Path path, BlockCache cache) throws IOException {
        SteadyFile file = SteadyFile.open(path, StandardOpenOption.READ);
        try {
            long size = file.size();
            if (size < PackFormat.TAIL_SIZE) {
                throw PackFormat.damaged(path.getFileName() + " is too short for a pack");
            }
            byte[] bytes = read(file, size - PackFormat.TAIL_SIZE, PackFormat.TAIL_SIZE);
            ByteReader tail = new ByteReader(Slice.of(bytes));
            long offset = tail.getLong();
            Frame frame = new Frame(offset, tail.getInt(), tail.getInt(), tail.getInt());
            boolean valid =
                    tail.getLong() == PackFormat.MAGIC
                            && offset >= 0
                            && frame.length() >= 0
                            && offset + frame.length() + PackFormat.TAIL_SIZE == size;
            if (!valid) {
                throw PackFormat.damaged(path.getFileName() + " does not end as a pack does");
            }
            byte[] raw = PackFormat.decompress(read(file, offset, frame.length()), frame);
            return new Pack(file, PackDirectory.read(raw).within(offset), cache);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static byte[] read(SteadyFile file, long offset, int length) throws IOException {
        try {
            return file.read(offset, length).array();
        } catch (EOFException cutOff) {
            throw PackFormat.damaged("file ends before " + (offset + length));
        }
    }

    private byte[] load(Frame frame) {
        try {
            return PackFormat.decompress(read(file, frame.offset(), frame.length()), frame);
        } catch (IOException e) {
            throw Problem.unavailable("a segment could not be read", "store").causedBy(e);
        }
    }

    PackDirectory.Totals totals() {
        return directory.totals();
    }

    List<TraceRun> traces() {
        return directory.traces();
    }

    /// Bytes of the file.
    long length() {
        return length;
    }

    private Slice entry(Kind kind, List<Block> blocks, int number) {
        int count =
                switch (kind) {
                    case LEAVES -> totals().leaves();
                    case ROWS -> totals().rows();
                    case TRACES -> traces().size();
                };
        if (number < 0 || number >= count) {
            throw PackFormat.damaged("it refers to entry " + number + " of its " + kind);
        }
        int at = blockOf(blocks, number);
        Block block = blocks.get(at);
        return cached(kind, at, block).entry(number - block.first());
    }

    private Entries cached(Kind kind, int at, Block block) {
        return cache.get(this, kind, at, () -> entries(block));
    }

    private static int blockOf(List<Block> blocks, int number) {
        int low = 0;
        int high = blocks.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (blocks.get(middle).first() <= number) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private Entries entries(Block block) {
        Entries entries = Entries.parse(load(block.frame()));
        if (entries.count() != block.count()) {
            throw PackFormat.damaged("a block holds " + entries.count() + " entries");
        }
        return entries;
    }

    @Override
    public Slice leaf(int number) {
        return entry(Kind.LEAVES, directory.leafBlocks(), number);
    }

    @Override
    public SequenceDef sequence(int number) {
        return sequences().get(number);
    }

    SequenceTable sequences() {
        Optional<SequenceTable> present = sequences;
        if (present.isEmpty()) {
            present = Optional.of(SequenceTable.read(load(directory.sequences()), totals()));
            sequences = present;
        }
        return present.get();
    }

    /// The joints of the long texts here.
    Joints joints() {
        Optional<Joints> present = joints;
        if (present.isEmpty()) {
            SequenceTable table = sequences();
            Joints made = new Joints();
            for (int i = 0; i < table.count(); i++) {
                if (table.isChunked(i)) {
                    made.add(this, table.get(i), _ -> {});
                }
            }
            present = Optional.of(made);
            joints = present;
        }
        return present.get();
    }

    /// Where the documents say that something is.
    Marks marks(BitSet documents) {
        if (documents.isEmpty()) {
            return Marks.none();
        }
        BitSet leaves = new BitSet();
        BitSet found = new BitSet();
        graph().locate(documents, leaves, found);
        BitSet joined = new BitSet();
        SequenceTable table = sequences();
        for (int i = 0; i < table.count() && !found.isEmpty(); i++) {
            joined.set(i, table.isChunked(i) && joints().any(this, table.get(i), found));
        }
        return leaves.isEmpty() && joined.isEmpty()
                ? Marks.none()
                : new Marks(leaves, found, table.containing(leaves, joined));
    }

    RefGraph graph() {
        Optional<RefGraph> present = graph;
        if (present.isEmpty()) {
            present = Optional.of(RefGraph.read(load(directory.graph()), totals()));
            graph = present;
        }
        return present.get();
    }

    /// Whether a text here may hold the phrase: no false negatives. Small segments have no filter,
    /// their index is as quick.
    boolean mayContain(TextQuery.Leaf leaf) {
        Optional<ShingleBloom> filter = shingles;
        if (filter.isEmpty() && directory.shingles().isPresent()) {
            filter = directory.shingles().map(frame -> ShingleBloom.read(Slice.of(load(frame))));
            shingles = filter;
        }
        return filter.map(bloom -> bloom.mayContain(leaf)).orElse(true);
    }

    /// A row with its events.
    record Row(SpanKey key, List<StoredEvent> events) {}

    Row row(int row, Set<Field> wanted) {
        return row(row, entry(Kind.ROWS, directory.rowBlocks(), row), wanted);
    }

    private Row row(int row, Slice entry, Set<Field> wanted) {
        ByteReader in = new ByteReader(entry);
        RowRefs refs =
                new RowRefs(in.getVarInt(Integer.MAX_VALUE), in.getVarInt(Integer.MAX_VALUE));
        SpanKey key = new SpanKey(totals().project(), traceOf(row).trace(), in.getText());
        int count = in.getVarInt(in.remaining());
        RefReader reader = new RefReader(this, refs::absolute);
        List<StoredEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(EventCodec.decode(in, reader, wanted));
        }
        return new Row(key, events);
    }

    private String spanId(int row) {
        ByteReader in = new ByteReader(entry(Kind.ROWS, directory.rowBlocks(), row));
        in.getVar();
        in.getVar();
        return in.getText();
    }

    SpanRow spanRow(int row) {
        Row read = row(row, Rows.FIELDS);
        return Rows.of(read.key(), fold(row, read));
    }

    /// The row less all that would have to be read from contents.
    SpanRow shortRow(int row) {
        return shortRow(row, row(row, Rows.SHORT_FIELDS));
    }

    private static SpanRow shortRow(int row, Row read) {
        return Rows.withoutPreviews(read.key(), fold(row, read));
    }

    /// The same for one thread that reads many rows which lie together: the block of the last one
    /// is at hand, so that not each row asks the cache that all threads share.
    ///
    /// @param wanted of [Rows#SHORT_FIELDS]; others may be empty
    IntFunction<SpanRow> shortRows(Set<Field> wanted) {
        return new IntFunction<>() {
            private int first;
            private Entries entries = Entries.NONE;

            @Override
            public SpanRow apply(int row) {
                if (row < first || row - first >= entries.count()) {
                    int at = blockOf(directory.rowBlocks(), row);
                    Block block = directory.rowBlocks().get(at);
                    entries = cached(Kind.ROWS, at, block);
                    first = block.first();
                }
                return shortRow(row, row(row, entries.entry(row - first), wanted));
            }
        };
    }

    private static Fold.Folded fold(int row, Row read) {
        return Fold.fold(read.events())
                .orElseThrow(() -> PackFormat.damaged("row " + row + " folds to nothing"));
    }

    TraceRun traceOf(int row) {
        return directory.traces().get(numberOf(row));
    }

    /// The number of the trace that a row belongs to.
    int numberOf(int row) {
        int found = Arrays.binarySearch(traceStarts, row);
        int index = found >= 0 ? found : -found - 2;
        while (directory.traces().get(index).rows() == 0) {
            index++;
        }
        return index;
    }

    /// The rows of a trace: first and one past the last.
    public record RowRange(int from, int to) {}

    Optional<RowRange> trace(String trace) {
        OptionalInt number = traceIndex.find(trace);
        return number.isEmpty() ? Optional.empty() : Optional.of(rows(number.getAsInt()));
    }

    /// The number of a trace, if it is here.
    OptionalInt number(String trace) {
        return traceIndex.find(trace);
    }

    RowRange rows(int trace) {
        return new RowRange(traceStarts[trace], traceStarts[trace + 1]);
    }

    /// The roll-up of all rows of a trace, the dead ones too. The caller's to change.
    RollUp rollUp(int trace) {
        ByteReader in = new ByteReader(entry(Kind.TRACES, directory.traceBlocks(), trace));
        RollUp read = RollUp.read(in);
        if (in.remaining() != 0) {
            throw PackFormat.damaged("the roll-up of trace " + trace + " is too long");
        }
        return read;
    }

    /// Whether a span with this hash may be here: no false negatives.
    boolean mayContain(long hash) {
        return directory.bloom().mayContain(hash);
    }

    /// The row of a span that has no parent, if it is among the first such rows of its trace. Spans
    /// whose parent is in another segment mostly mean the root, and an index of all span ids of a
    /// large trace costs reading all its rows.
    OptionalInt findRoot(SpanKey key) {
        Optional<RowRange> range = trace(key.trace());
        int to = range.map(RowRange::to).orElse(0);
        Placement placement = graph().placement();
        int looked = 0;
        for (int row = range.map(RowRange::from).orElse(0);
                row < to && looked < SCAN_ROWS_MAX;
                row++) {
            if (placement.parent(row) == Placement.NONE && placement.strayParent(row).isEmpty()) {
                if (spanId(row).equals(key.span())) {
                    return OptionalInt.of(row);
                }
                looked++;
            }
        }
        return OptionalInt.empty();
    }

    OptionalInt find(SpanKey key) {
        Optional<RowRange> range = trace(key.trace());
        if (range.isEmpty()) {
            return OptionalInt.empty();
        }
        int from = range.get().from();
        int to = range.get().to();
        if (to - from > SCAN_ROWS_MAX) {
            return spanIndexes
                    .computeIfAbsent(from, _ -> HashIndex.of(from, to, this::spanId))
                    .find(key.span());
        }
        for (int row = from; row < to; row++) {
            if (spanId(row).equals(key.span())) {
                return OptionalInt.of(row);
            }
        }
        return OptionalInt.empty();
    }

    /// Reads and checks every frame.
    void verify(java.util.function.LongConsumer bytesRead) {
        for (List<Block> blocks :
                List.of(directory.leafBlocks(), directory.rowBlocks(), directory.traceBlocks())) {
            for (Block block : blocks) {
                entries(block);
                bytesRead.accept(block.frame().length());
            }
        }
        SequenceTable.read(load(directory.sequences()), totals());
        RefGraph.read(load(directory.graph()), totals());
        directory.shingles().ifPresent(frame -> ShingleBloom.read(Slice.of(load(frame))));
        for (int row = 0; row < totals().rows(); row++) {
            row(row, Set.of());
        }
        for (int trace = 0; trace < directory.traces().size(); trace++) {
            rollUp(trace);
        }
    }

    @Override
    public void close() {
        cache.drop(this);
        try {
            file.close();
        } catch (IOException e) {
            throw Problem.unavailable("closing a segment failed", "store").causedBy(e);
        }
    }
}
