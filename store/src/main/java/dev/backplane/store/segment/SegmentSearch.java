package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.content.Refs;
import dev.backplane.store.event.Fold;
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
public final class SegmentSearch {
    /// Fields whose short values are searched as the row's own words.
    private static final Set<Field> WORD_FIELDS =
            EnumSet.of(Field.NAME, Field.ERROR, Field.TAGS, Field.METADATA, Field.EXTRA);

    private final Pack pack;
    private final RefGraph graph;
    private final TextQuery query;
    private final Map<TextQuery.Leaf, BitSet> documents = new HashMap<>();
    private final Map<TextQuery.Leaf, BitSet> leaves = new HashMap<>();
    private final Map<TextQuery.Leaf, BitSet> sequences = new HashMap<>();

    /// Documents of any leaf whose occurrence speaks for a match.
    private final BitSet wanted = new BitSet();

    private Optional<BitSet> held = Optional.empty();

    /// The trace whose rows were worked out last.
    private int traceFrom;

    private int traceTo;
    private final BitSet introduced = new BitSet();
    private final Map<Integer, NewLeaf> newLeaves = new HashMap<>();

    private record NewLeaf(int number, Optional<Field> field) {}

    SegmentSearch(Pack pack, TextIndex text, TextQuery query) {
        this.pack = pack;
        this.graph = pack.graph();
        this.query = query;
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

    private BitSet leaves(TextQuery.Leaf leaf) {
        return leaves.computeIfAbsent(leaf, l -> graph.leavesOf(documents(l)));
    }

    private BitSet sequences(TextQuery.Leaf leaf) {
        return sequences.computeIfAbsent(
                leaf,
                l -> leaves(l).isEmpty() ? new BitSet() : pack.sequences().containing(leaves(l)));
    }

    /// The rows for which the query holds, in one field if given.
    BitSet holding(Optional<Field> field) {
        return query.evaluate(graph.rows(), leaf -> holding(field, leaf));
    }

    private BitSet holding(Optional<Field> field, TextQuery.Leaf leaf) {
        BitSet rows =
                leaves(leaf).isEmpty()
                        ? new BitSet()
                        : graph.rowsReferring(leaves(leaf), sequences(leaf), field);
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
            int held = holding().previousSetBit(before - 1);
            if (held < 0) {
                return -1;
            }
            introduce(held);
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

    /// Works out the introducing rows of the trace that a row belongs to.
    private void introduce(int row) {
        if (row >= traceFrom && row < traceTo) {
            return;
        }
        RowRange trace = pack.trace(pack.traceOf(row).trace()).orElseThrow();
        traceFrom = trace.from();
        traceTo = trace.to();
        introduced.clear();
        newLeaves.clear();
        BitSet leafSet = new BitSet();
        BitSet sequenceSet = new BitSet();
        for (TextQuery.Leaf leaf : query.wanted()) {
            leafSet.or(leaves(leaf));
            sequenceSet.or(sequences(leaf));
        }
        FirstReach reach = new FirstReach(pack, leafSet, sequenceSet);
        for (int r = traceFrom; r < traceTo; r++) {
            boolean fresh = wanted.get(graph.rowDocument(r));
            for (int i = 0; i < graph.refs(r); i++) {
                int leaf = reach.visit(graph.ref(r, i));
                if (leaf != Refs.NONE) {
                    fresh = true;
                    newLeaves.put(r, new NewLeaf(leaf, graph.field(r, i)));
                }
            }
            introduced.set(r, fresh && holding().get(r));
        }
    }

    /// The text that made a row a hit.
    ///
    /// @param field where it stands, empty for the row's own words
    public record Passage(Optional<Field> field, Slice text, Shape shape) {}

    /// @param row the last one that [#introducedBefore] gave
    public Passage passage(int row) {
        introduce(row);
        NewLeaf leaf = newLeaves.get(row);
        if (leaf != null) {
            Slice bytes = pack.leaf(leaf.number());
            return new Passage(leaf.field(), bytes, Passages.shape(bytes));
        }
        Slice words =
                Fold.fold(pack.row(row, WORD_FIELDS).events())
                        .map(folded -> Slice.of(Words.of(folded.data())))
                        .orElse(Slice.EMPTY);
        return new Passage(Optional.empty(), words, Shape.TEXT);
    }
}
