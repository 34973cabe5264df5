package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Marks;
import dev.backplane.store.content.Refs;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.Pack.RowRange;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextIndex;
import dev.backplane.store.text.TextQuery;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One query over one segment. The postings and the graph are gone through once; what is new in a
/// trace is worked out for the traces that are asked for. Not thread-safe.
public final class SegmentSearch implements ContentSearch {
    /// Fields whose short values are searched as the row's own words.
    public static final Set<Field> WORD_FIELDS =
            EnumSet.of(Field.NAME, Field.ERROR, Field.TAGS, Field.METADATA, Field.EXTRA);

    private final Pack pack;
    private final RefGraph graph;
    private final TextQuery query;
    private final BitSet masked;
    private final Map<TextQuery.Leaf, BitSet> documents = new HashMap<>();
    private final Map<TextQuery.Leaf, Marks> marks = new HashMap<>();

    /// Documents of any leaf whose occurrence speaks for a match.
    private final BitSet wanted = new BitSet();

    private Optional<BitSet> held = Optional.empty();

    /// The trace whose rows were worked out last.
    private int traceFrom;

    private int traceTo;
    private final BitSet introduced = new BitSet();
    private final Map<Integer, NewPlace> newPlaces = new HashMap<>();

    private record NewPlace(Field field, int place) {}

    /// @param masked rows that are not there for this search
    SegmentSearch(Pack pack, TextIndex text, TextQuery query, BitSet masked) {
        this.pack = pack;
        this.graph = pack.graph();
        this.query = query;
        this.masked = masked;
        for (TextQuery.Leaf leaf : query.leaves()) {
            BitSet found = new BitSet();
            if (pack.mayContain(leaf)) {
                text.collect(leaf, found);
            }
            documents.put(leaf, found);
        }
        query.wanted().forEach(leaf -> wanted.or(documents(leaf)));
    }

    @SuppressWarnings("NullAway") // every leaf of the query was collected when this was made
    private BitSet documents(TextQuery.Leaf leaf) {
        return documents.get(leaf);
    }

    @Override
    public ContentSource source() {
        return pack;
    }

    @Override
    public Joints joints() {
        return pack.joints();
    }

    @Override
    public Marks marks(TextQuery.Leaf leaf) {
        return marks.computeIfAbsent(leaf, l -> pack.marks(documents(l)));
    }

    /// The rows for which the query holds, in one field if given.
    public BitSet holding(Optional<Field> field) {
        BitSet rows = query.evaluate(graph.rows(), leaf -> holding(field, leaf));
        rows.andNot(masked);
        return rows;
    }

    private BitSet holding(Optional<Field> field, TextQuery.Leaf leaf) {
        Marks found = marks(leaf);
        BitSet rows = found.isEmpty() ? new BitSet() : graph.rowsReferring(found, field);
        if (field.isEmpty() || WORD_FIELDS.contains(field.get())) {
            graph.addOwnRows(documents(leaf), rows);
        }
        return rows;
    }

    /// The nearest row before `row` in which the query holds and something that it looks for is new
    /// in its trace: the first place of each match, not every turn that repeats it. -1 when there
    /// is none.
    public int introducedBefore(int row) {
        int before = row;
        while (before > 0) {
            int candidate = holding().previousSetBit(before - 1);
            if (candidate < 0) {
                return -1;
            }
            introduce(candidate);
            int found = introduced.previousSetBit(before - 1);
            if (found >= traceFrom) {
                return found;
            }
            before = traceFrom;
        }
        return -1;
    }

    private BitSet holding() {
        if (held.isEmpty()) {
            held = Optional.of(holding(Optional.empty()));
        }
        return held.get();
    }

    /// Whether the query holds for a row that is there.
    public boolean holds(int row) {
        return holding().get(row);
    }

    /// Works out the introducing rows of the trace that a row belongs to.
    private void introduce(int row) {
        if (row >= traceFrom && row < traceTo) {
            return;
        }
        RowRange trace = pack.trace(pack.traceOf(row).trace()).orElseThrow();
        traceFrom = trace.from();
        traceTo = trace.to();
        introduced.clear();
        newPlaces.clear();
        FirstReach reach = new FirstReach(pack, joints(), wanted(query), _ -> true);
        for (int r = masked.nextClearBit(traceFrom); r < traceTo; r = masked.nextClearBit(r + 1)) {
            Optional<NewPlace> place = reach(r, reach);
            if (place.isPresent()) {
                newPlaces.put(r, place.get());
            }
            boolean fresh = place.isPresent() || wanted.get(graph.rowDocument(r));
            introduced.set(r, fresh && holding().get(r));
        }
    }

    /// The last of a row's places that are new; all of them count as seen.
    private Optional<NewPlace> reach(int row, FirstReach reach) {
        Optional<NewPlace> found = Optional.empty();
        for (int i = 0; i < graph.refs(row); i++) {
            int place = reach.visit(graph.ref(row, i));
            Optional<Field> field = graph.field(row, i);
            if (place != Refs.NONE && field.isPresent()) {
                found = Optional.of(new NewPlace(field.get(), place));
            }
        }
        return found;
    }

    /// What the query looks for in a row and no row asked about before had; empty when there is
    /// nothing.
    public Optional<Passage> reached(int row, FirstReach reach) {
        Optional<NewPlace> place = reach(row, reach);
        return place.isPresent() || wanted.get(graph.rowDocument(row))
                ? Optional.of(passage(row, place))
                : Optional.empty();
    }

    /// @param row the last one that [#introducedBefore] gave
    public Passage passage(int row) {
        introduce(row);
        return passage(row, Optional.ofNullable(newPlaces.get(row)));
    }

    private Passage passage(int row, Optional<NewPlace> place) {
        return place.map(found -> passage(found.field(), found.place()))
                .orElseGet(() ->
                        new Passage(
                                Optional.empty(),
                                Slice.of(Words.of(pack.row(row, WORD_FIELDS).events())),
                                Shape.TEXT));
    }
}
