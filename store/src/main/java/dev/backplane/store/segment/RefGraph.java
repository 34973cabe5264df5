package dev.backplane.store.segment;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.store.content.Marks;
import dev.backplane.store.content.Refs;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// How the rows of a pack hang together, as columns: which contents each row was the first to need,
/// what it refers to, and where it stands. Search and trees work on this without touching a
/// payload. Immutable.
final class RefGraph {
    /// The full-text document of each row itself, and of each joint; ascending.
    private final int[] rowDocuments;

    private final int[] jointDocuments;
    private final int[] starts;
    private final byte[] fields;
    private final int[] refs;
    private final Placement placement;

    private RefGraph(
            int[] leaves,
            int[] starts,
            byte[] fields,
            int[] refs,
            int[] jointDocuments,
            Placement placement) {
        this.jointDocuments = jointDocuments;
        this.rowDocuments = rowDocuments(leaves, jointDocuments);
        this.starts = starts;
        this.fields = fields;
        this.refs = refs;
        this.placement = placement;
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

    static RefGraph read(byte[] raw, PackDirectory.Totals totals) {
        int rows = totals.rows();
        if (rows > raw.length) {
            throw PackFormat.damaged(rows + " rows in " + raw.length + " bytes of graph");
        }
        ByteReader in = new ByteReader(Slice.of(raw));
        int[] leaves = new int[rows + 1];
        int[] starts = new int[rows + 1];
        byte[] fields = new byte[rows * 2 + 1];
        int[] refs = new int[rows * 2 + 1];
        int size = 0;
        int sequences = 0;
        for (int row = 0; row < rows; row++) {
            RowRefs base = new RowRefs(leaves[row], sequences);
            leaves[row + 1] = leaves[row] + in.getVarInt(totals.leaves() - leaves[row]);
            sequences += in.getVarInt(totals.sequences() - sequences);
            int count = in.getVarInt(in.remaining());
            if (size + count > refs.length) {
                int capacity = Math.max(size + count, refs.length * 2);
                refs = Arrays.copyOf(refs, capacity);
                fields = Arrays.copyOf(fields, capacity);
            }
            for (int i = 0; i < count; i++) {
                fields[size] = (byte) in.get();
                refs[size++] = known(base.absolute((int) in.getVar()), totals);
            }
            starts[row + 1] = size;
        }
        Placement placement = Placement.read(in, rows);
        int[] joints = new int[in.getVarInt(in.remaining())];
        long document = -1;
        for (int i = 0; i < joints.length; i++) {
            int distance = in.getVarInt(Integer.MAX_VALUE);
            document += distance;
            if (distance == 0 || document >= (long) rows + totals.leaves() + joints.length) {
                throw PackFormat.damaged("its documents are out of order");
            }
            joints[i] = (int) document;
        }
        return new RefGraph(leaves, starts, fields, refs, joints, placement);
    }

    private static int known(int ref, PackDirectory.Totals totals) {
        int count = Refs.isSequence(ref) ? totals.sequences() : totals.leaves();
        if (Refs.number(ref) >= count) {
            throw PackFormat.damaged("a row refers to a content that it does not have");
        }
        return ref;
    }

    /// Documents are numbered in the order in which they came: a row's new leaves, the joints among
    /// them, then the row.
    private static int[] rowDocuments(int[] leaves, int[] jointDocuments) {
        int[] documents = new int[leaves.length - 1];
        int joints = 0;
        for (int row = 0; row < documents.length; row++) {
            int document = leaves[row + 1] + row + joints;
            while (joints < jointDocuments.length && jointDocuments[joints] <= document) {
                joints++;
                document++;
            }
            documents[row] = document;
        }
        return documents;
    }

    /// Where the rows stand in time and in their trees.
    Placement placement() {
        return placement;
    }

    /// The number of the full-text document of the row itself.
    int rowDocument(int row) {
        return rowDocuments[row];
    }

    /// The leaf that a document is, or -1 where it is a row or a joint.
    int leafOfDocument(int document) {
        int rowsBefore = Arrays.binarySearch(rowDocuments, document);
        int jointsBefore = Arrays.binarySearch(jointDocuments, document);
        return rowsBefore >= 0 || jointsBefore >= 0
                ? -1
                : document - -(rowsBefore + 1) - -(jointsBefore + 1);
    }

    /// Says which leaves and joints a set of documents is.
    void locate(BitSet documents, BitSet foundLeaves, BitSet foundJoints) {
        int row = 0;
        int joint = 0;
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            while (row < rowDocuments.length && rowDocuments[row] < d) {
                row++;
            }
            while (joint < jointDocuments.length && jointDocuments[joint] < d) {
                joint++;
            }
            if (joint < jointDocuments.length && jointDocuments[joint] == d) {
                foundJoints.set(joint);
            } else if (row == rowDocuments.length || rowDocuments[row] != d) {
                foundLeaves.set(d - row - joint);
            }
        }
    }

    /// Adds the rows whose own documents are in the set.
    void addOwnRows(BitSet documents, BitSet rows) {
        int row = 0;
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            while (row < rowDocuments.length && rowDocuments[row] < d) {
                row++;
            }
            if (row < rowDocuments.length && rowDocuments[row] == d) {
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

    /// The rows that refer to one of the contents, in the field if one is given.
    BitSet rowsReferring(Marks marks, Optional<Field> field) {
        int wanted = field.map(Field::code).orElse(0);
        BitSet rows = new BitSet(rows());
        for (int row = 0; row < rows(); row++) {
            for (int i = starts[row]; i < starts[row + 1]; i++) {
                if ((wanted == 0 || fields[i] == wanted) && marks.holds(refs[i])) {
                    rows.set(row);
                    break;
                }
            }
        }
        return rows;
    }

    int rows() {
        return rowDocuments.length;
    }
}
