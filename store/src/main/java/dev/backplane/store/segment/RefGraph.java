package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.Refs;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How the rows of a pack hang together, as columns: which contents each row was the first to need,
/// what it refers to, and where its parent is. Search and trees work on this without touching a
/// payload. Immutable.
final class RefGraph {
    static final int NO_PARENT = -1;

    /// Leaves that exist before each row; one more entry for the total.
    private final int[] leaves;

    private final int[] starts;
    private final byte[] fields;
    private final int[] refs;
    private final Placement placement;

    private RefGraph(int[] leaves, int[] starts, byte[] fields, int[] refs, Placement placement) {
        this.leaves = leaves;
        this.starts = starts;
        this.fields = fields;
        this.refs = refs;
        this.placement = placement;
    }

    /// Where rows stand in time and in their trees.
    ///
    /// @param nanos each row's start
    /// @param parents each row's parent, or [#NO_PARENT]
    /// @param strays rows, ascending, that name a parent which is not in this segment
    /// @param strayParents the ids that they name
    private record Placement(long[] nanos, int[] parents, int[] strays, String[] strayParents) {
        static Placement read(ByteReader in, int rows) {
            int[] parents = new int[rows];
            for (int row = 0; row < rows; row++) {
                int distance = (int) in.getZigZag();
                parents[row] = distance == 0 ? NO_PARENT : row - distance;
            }
            long[] nanos = new long[rows];
            long last = 0;
            for (int row = 0; row < rows; row++) {
                last += in.getZigZag();
                nanos[row] = last;
            }
            int count = in.getVarInt(rows);
            int[] strays = new int[count];
            String[] strayParents = new String[count];
            Map<String, String> once = new HashMap<>();
            int row = 0;
            for (int i = 0; i < count; i++) {
                row += in.getVarInt(rows);
                strays[i] = row;
                strayParents[i] = once.computeIfAbsent(in.getText(), id -> id);
            }
            return new Placement(nanos, parents, strays, strayParents);
        }
    }

    /// Collects what [Placement] reads, row by row.
    static final class PlacementWriter {
        private final ByteWriter parents = new ByteWriter(1 << 12);
        private final ByteWriter nanos = new ByteWriter(1 << 12);
        private final ByteWriter strays = new ByteWriter(1 << 8);
        private long lastNanos;
        private int lastStray;
        private int strayCount;
        private int row;

        /// @param parent its row; the row's own, or [#NO_PARENT], when it has none here
        /// @param stray the parent's id when it has one that is not here, else empty
        void add(long startNanos, int parent, String stray) {
            parents.putZigZag(parent == NO_PARENT ? 0 : row - parent);
            nanos.putZigZag(startNanos - lastNanos);
            lastNanos = startNanos;
            if (!stray.isEmpty()) {
                strays.putVar(row - lastStray).putText(stray);
                lastStray = row;
                strayCount++;
            }
            row++;
        }

        void write(ByteWriter out) {
            out.put(parents.array(), 0, parents.size());
            out.put(nanos.array(), 0, nanos.size());
            out.putVar(strayCount).put(strays.array(), 0, strays.size());
        }
    }

    record Ref(Field field, int ref) {}

    /// @param base what existed before the row
    /// @param newLeaves how many leaves the row is the first to need
    static void write(
            ByteWriter out, RowRefs base, int newLeaves, int newSequences, List<Ref> refs) {
        out.putVar(newLeaves).putVar(newSequences).putVar(refs.size());
        for (Ref ref : refs) {
            out.put(ref.field().code()).putVar(base.relative(ref.ref()));
        }
    }

    static RefGraph read(byte[] raw, int rows) {
        ByteReader in = new ByteReader(Slice.of(raw));
        int[] leaves = new int[rows + 1];
        int[] starts = new int[rows + 1];
        byte[] fields = new byte[rows * 2 + 1];
        int[] refs = new int[rows * 2 + 1];
        int size = 0;
        int sequences = 0;
        for (int row = 0; row < rows; row++) {
            RowRefs base = new RowRefs(leaves[row], sequences);
            leaves[row + 1] = leaves[row] + in.getVarInt(Integer.MAX_VALUE);
            sequences += in.getVarInt(Integer.MAX_VALUE);
            int count = in.getVarInt(in.remaining());
            if (size + count > refs.length) {
                int capacity = Math.max(size + count, refs.length * 2);
                refs = Arrays.copyOf(refs, capacity);
                fields = Arrays.copyOf(fields, capacity);
            }
            for (int i = 0; i < count; i++) {
                fields[size] = (byte) in.get();
                refs[size++] = base.absolute((int) in.getVar());
            }
            starts[row + 1] = size;
        }
        return new RefGraph(leaves, starts, fields, refs, Placement.read(in, rows));
    }

    /// The parent's row, or [#NO_PARENT].
    int parent(int row) {
        return placement.parents()[row];
    }

    long startNanos(int row) {
        return placement.nanos()[row];
    }

    /// The id of the row's parent when that is not in this segment; empty when it is or there is
    /// none.
    String strayParent(int row) {
        int found = Arrays.binarySearch(placement.strays(), row);
        return found < 0 ? "" : placement.strayParents()[found];
    }

    /// The number of the full-text document of the row itself: documents are numbered in the order
    /// in which they came, a row's new leaves before the row.
    int rowDocument(int row) {
        return leaves[row + 1] + row;
    }

    /// The leaves among a set of documents.
    BitSet leavesOf(BitSet documents) {
        BitSet found = new BitSet();
        int row = 0;
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            while (rowDocument(row) < d) {
                row++;
            }
            if (rowDocument(row) != d) {
                found.set(d - row);
            }
        }
        return found;
    }

    /// Adds the rows whose own documents are in the set.
    void addOwnRows(BitSet documents, BitSet rows) {
        int row = 0;
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            while (rowDocument(row) < d) {
                row++;
            }
            if (rowDocument(row) == d) {
                rows.set(row);
            }
        }
    }

    /// How many contents a row refers to.
    int refs(int row) {
        return starts[row + 1] - starts[row];
    }

    int ref(int row, int index) {
        return refs[starts[row] + index];
    }

    /// The field of a row that the ref stands in.
    Optional<Field> field(int row, int index) {
        return Field.byCode(fields[starts[row] + index]);
    }

    /// The rows that refer to a leaf or sequence of the sets, in the field if one is given.
    BitSet rowsReferring(BitSet leafSet, BitSet sequenceSet, Optional<Field> field) {
        int wanted = field.map(Field::code).orElse(0);
        BitSet rows = new BitSet(rows());
        for (int row = 0; row < rows(); row++) {
            for (int i = starts[row]; i < starts[row + 1]; i++) {
                int number = Refs.number(refs[i]);
                boolean hit =
                        (wanted == 0 || fields[i] == wanted)
                                && (Refs.isSequence(refs[i])
                                        ? sequenceSet.get(number)
                                        : leafSet.get(number));
                if (hit) {
                    rows.set(row);
                    break;
                }
            }
        }
        return rows;
    }

    int rows() {
        return leaves.length - 1;
    }
}
