package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.Words;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextIndex;
import dev.backplane.store.text.TextQuery;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One query over one segment. The postings are read once; everything else is worked out for the
/// rows that are asked for, so that the first page of a common word costs no more than that of a
/// rare one. Not thread-safe.
public final class SegmentSearch {
    /// Fields whose short values are searched as the row's own words.
    private static final Set<Field> WORD_FIELDS =
            EnumSet.of(Field.NAME, Field.ERROR, Field.TAGS, Field.METADATA);

    private final Pack pack;
    private final RefGraph graph;
    private final TextQuery query;
    private final Map<TextQuery.Leaf, BitSet> documents = new HashMap<>();
    private final Map<TextQuery.Leaf, BitSet> leaves = new HashMap<>();
    private final Map<TextQuery.Leaf, BitSet> sequences = new HashMap<>();

    /// Documents of any leaf whose occurrence speaks for a match.
    private final BitSet wanted = new BitSet();

    SegmentSearch(Pack pack, TextIndex text, TextQuery query) {
        this.pack = pack;
        this.graph = pack.graph();
        this.query = query;
        for (TextQuery.Leaf leaf : query.leaves()) {
            BitSet found = new BitSet();
            text.collect(leaf, found);
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

    /// The nearest row before `row` in which the query holds and something that it looks for is
    /// new: the first place of each match, not every turn that repeats it. -1 when there is none.
    public int introducedBefore(int row) {
        int before = row;
        while (before > 0) {
            int document = wanted.previousSetBit(graph.rowDocument(before - 1));
            if (document < 0) {
                return -1;
            }
            int candidate = graph.rowOfDocument(document);
            if (query instanceof TextQuery.Leaf || query.holds(leaf -> holds(leaf, candidate))) {
                return candidate;
            }
            before = candidate;
        }
        return -1;
    }

    private boolean holds(TextQuery.Leaf leaf, int row) {
        return documents(leaf).get(graph.rowDocument(row))
                || graph.fieldHolding(row, leaves(leaf), sequences(leaf)).isPresent();
    }

    /// The text that made a row a hit.
    ///
    /// @param field where it stands, empty for the row's own words
    public record Passage(Optional<Field> field, Slice text, Shape shape) {}

    public Passage passage(int row) {
        int first = row == 0 ? 0 : graph.rowDocument(row - 1) + 1;
        int document = wanted.nextSetBit(first);
        if (document >= 0 && document < graph.rowDocument(row)) {
            int number = graph.leafOfDocument(document);
            Slice bytes = pack.leaf(number);
            return new Passage(
                    graph.fieldReaching(row, ref -> reaches(ref, number)),
                    bytes,
                    Passages.shape(bytes));
        }
        Slice words =
                Fold.fold(pack.row(row, WORD_FIELDS).events())
                        .map(folded -> Slice.of(Words.of(folded.data())))
                        .orElse(Slice.EMPTY);
        return new Passage(Optional.empty(), words, Shape.TEXT);
    }

    /// Whether a content holds a leaf. Walks the one content instead of all sequences.
    private boolean reaches(int ref, int leaf) {
        if (!Refs.isSequence(ref)) {
            return Refs.number(ref) == leaf;
        }
        int sequence = Refs.number(ref);
        while (sequence != Refs.NONE) {
            SequenceDef definition = pack.sequence(sequence);
            for (int piece : definition.appended()) {
                if (reaches(piece, leaf)) {
                    return true;
                }
            }
            sequence = definition.parent();
        }
        return false;
    }
}
