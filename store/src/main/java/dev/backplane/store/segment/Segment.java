package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.object.SegmentCache;
import dev.backplane.store.segment.Pack.RowRange;
import dev.backplane.store.segment.PackDirectory.TraceRun;
import dev.backplane.store.segment.SegmentInfo.Part;
import dev.backplane.store.text.TextIndex;
import dev.backplane.store.text.TextIndexBuilder;
import dev.backplane.store.text.TextQuery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/// A segment open for reading. Thread-safe. It counts its users: the last one to [#release] it
/// closes what cannot be used any more afterwards. Contents stay readable while somebody refers to
/// them: the pack's file is closed when nobody does.
public final class Segment implements IndexedLeaves {
    private final String id;
    private final Pack pack;
    private final TextIndex text;
    private final List<SegmentCache.Pinned> files;
    private final AtomicInteger users = new AtomicInteger(1);
    private volatile Runnable afterwards = () -> {};

    private Segment(String id, Pack pack, TextIndex text, List<SegmentCache.Pinned> files) {
        this.id = id;
        this.pack = pack;
        this.text = text;
        this.files = files;
    }

    /// @param files where the segment's objects are found as local files, for as long as it is open
    public static Segment open(SegmentCache files, SegmentInfo info, BlockCache cache)
            throws IOException {
        List<SegmentCache.Pinned> pinned = new ArrayList<>();
        try {
            for (Part part : Part.values()) {
                pinned.add(files.open(info.key(part)));
            }
            Pack pack = Pack.open(pinned.get(Part.PACK.ordinal()).path(), cache);
            return new Segment(
                    info.id(),
                    pack,
                    TextIndex.open(pinned.get(Part.TEXT.ordinal()).path()),
                    List.copyOf(pinned));
        } catch (IOException | RuntimeException e) {
            pinned.forEach(SegmentCache.Pinned::close);
            throw e;
        }
    }

    public String id() {
        return id;
    }

    public Path columns() {
        return files.get(Part.PARQUET.ordinal()).path();
    }

    public Pack pack() {
        return pack;
    }

    /// Counts the caller as a user.
    ///
    /// @return false when the segment is closed already
    public boolean retain() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    public void release() {
        if (users.decrementAndGet() == 0) {
            text.close();
            files.forEach(SegmentCache.Pinned::close);
            afterwards.run();
        }
    }

    /// Releases the segment for good; `cleanUp` runs when the last user has released it.
    public void retire(Runnable cleanUp) {
        afterwards = cleanUp;
        release();
    }

    /// The trace that a row belongs to.
    public Trace traceOf(int row) {
        return trace(pack.numberOf(row));
    }

    /// Traces are numbered in the order of their rows: by where they began, then by id.
    public int traceCount() {
        return pack.traces().size();
    }

    public OptionalInt traceNumber(String trace) {
        return pack.number(trace);
    }

    /// The number of the trace that a row belongs to.
    public int traceNumber(int row) {
        return pack.numberOf(row);
    }

    public Trace trace(int number) {
        TraceRun run = pack.traces().get(number);
        RowRange range = pack.rows(number);
        return new Trace(run.trace(), range.from(), range.to(), run.beginning(), run.latest());
    }

    /// What the segment's rows of a trace add up to.
    public RollUp rollUp(int trace) {
        return pack.rollUp(trace);
    }

    /// The same without some of its rows; reads all others.
    public RollUp rollUp(int trace, BitSet masked) {
        RollUp rollUp = new RollUp();
        RowRange range = pack.rows(trace);
        for (int row = masked.nextClearBit(range.from());
                row < range.to();
                row = masked.nextClearBit(row + 1)) {
            rollUp.add(pack.shortRow(row));
        }
        return rollUp;
    }

    /// When the rows of a trace began without some of them; [Beginning#NONE] when none are left.
    /// They stand in the order of time, and where each stands is known without reading it, so only
    /// the first is read, and what follows it while there is no start.
    public Beginning beginning(int trace, BitSet masked) {
        RowRange range = pack.rows(trace);
        int last = masked.previousClearBit(range.to() - 1);
        if (last < range.from()) {
            return Beginning.NONE;
        }
        Beginning beginning = new Beginning(Beginning.NONE.startNanos(), orderNanos(last));
        boolean started = trace(trace).beginning().hasStart();
        for (int row = masked.nextClearBit(range.from());
                started && row < range.to() && !beginning.hasStart();
                row = masked.nextClearBit(row + 1)) {
            beginning = beginning.with(Beginning.of(pack.shortRow(row)));
        }
        return beginning;
    }

    public OptionalInt find(SpanKey key) {
        return pack.find(key);
    }

    /// As [#find] for a span that has no parent; may miss one where there are many.
    public OptionalInt findRoot(SpanKey key) {
        return pack.findRoot(key);
    }

    /// What [#mayContain] wants to know of a span.
    public static long hash(SpanKey key) {
        return KeyBloom.hash(key.trace(), key.span());
    }

    /// Whether a span with this hash may be here: no false negatives.
    public boolean mayContain(long hash) {
        return pack.mayContain(hash);
    }

    public Optional<RowRange> trace(String trace) {
        return pack.trace(trace);
    }

    /// A trace in the segment.
    ///
    /// @param from its first row
    /// @param to one past its last
    /// @param beginning of all its rows
    /// @param latest version of any of its events
    public record Trace(String id, int from, int to, Beginning beginning, long latest) {}

    public SpanKey key(int row) {
        return pack.row(row, Set.of()).key();
    }

    public List<StoredEvent> events(int row, Set<Field> wanted) {
        return pack.row(row, wanted).events();
    }

    public SpanRow row(int row) {
        return pack.spanRow(row);
    }

    /// The row less all that would have to be read from contents.
    public SpanRow shortRow(int row) {
        return pack.shortRow(row);
    }

    /// The same for one thread that reads many rows which lie together.
    ///
    /// @param wanted of [Rows#SHORT_FIELDS]; others may be empty
    public IntFunction<SpanRow> shortRows(Set<Field> wanted) {
        return pack.shortRows(wanted);
    }

    /// The row of the span's parent in this segment, or -1.
    public int parent(int row) {
        return pack.graph().placement().parent(row);
    }

    /// The id of a row's parent when that is not in this segment, else empty.
    public String strayParent(int row) {
        return pack.graph().placement().strayParent(row);
    }

    /// Where a row stands in time.
    public long orderNanos(int row) {
        return pack.graph().placement().orderNanos(row);
    }

    @Override
    public ContentSource contents() {
        return pack;
    }

    @Override
    public BitSet indexedLeaves() {
        RefGraph graph = pack.graph();
        BitSet leaves = new BitSet();
        text.numbers().map(graph::leafOfDocument).filter(leaf -> leaf >= 0).forEach(leaves::set);
        return leaves;
    }

    @Override
    public void adoptInto(TextIndexBuilder target, IntUnaryOperator document) {
        RefGraph graph = pack.graph();
        target.adopt(
                text,
                own -> {
                    int leaf = graph.leafOfDocument(own);
                    return leaf < 0 ? -1 : document.applyAsInt(leaf);
                });
    }

    /// @param masked rows that are not there for this search
    public SegmentSearch search(TextQuery query, BitSet masked) {
        return new SegmentSearch(pack, text, query, masked);
    }

    /// Reads and checks every byte of pack and index.
    public void verify(java.util.function.LongConsumer bytesRead) {
        pack.verify(bytesRead);
        try {
            text.verify();
        } catch (IOException e) {
            throw Problem.internal("the text index of segment " + id + " is damaged", "store")
                    .fix("restore it from a copy")
                    .causedBy(e);
        }
    }
}
