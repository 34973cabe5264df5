package dev.backplane.store.segment;

import dev.backplane.core.Slice;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceCheck;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.Arrays;
import java.util.BitSet;

/// The sequences of a pack as columns. Immutable.
final class SequenceTable {
    private final byte[] styles;
    private final int[] parents;
    private final int[] starts;
    private final int[] pieces;
    private final long[] sizes;

    private SequenceTable(byte[] styles, int[] parents, int[] starts, int[] pieces, long[] sizes) {
        this.styles = styles;
        this.parents = parents;
        this.starts = starts;
        this.pieces = pieces;
        this.sizes = sizes;
    }

    /// @param leaves how many leaves exist when the sequence is written
    static void write(ByteWriter out, int number, int leaves, SequenceDef sequence) {
        RowRefs refs = new RowRefs(leaves, number);
        out.put(sequence.style().code());
        out.putVar(sequence.parent() == Refs.NONE ? 0 : number - sequence.parent());
        out.putVar(leaves);
        out.putVar(sequence.appended().length);
        for (int piece : sequence.appended()) {
            out.putVar(refs.relative(piece));
        }
        out.putVar(sequence.size());
    }

    static SequenceTable read(byte[] raw, PackDirectory.Totals totals) {
        int count = totals.sequences();
        if (count > raw.length) {
            throw PackFormat.damaged(count + " sequences in " + raw.length + " bytes");
        }
        SequenceCheck check = new SequenceCheck();
        ByteReader in = new ByteReader(Slice.of(raw));
        byte[] styles = new byte[count];
        int[] parents = new int[count];
        int[] starts = new int[count + 1];
        long[] sizes = new long[count];
        int[] pieces = new int[count * 2];
        int size = 0;
        for (int i = 0; i < count; i++) {
            styles[i] = (byte) in.get();
            int back = in.getVarInt(i);
            parents[i] = back == 0 ? Refs.NONE : i - back;
            RowRefs refs = new RowRefs(in.getVarInt(Integer.MAX_VALUE), i);
            int appended = in.getVarInt(in.remaining());
            if (size + appended > pieces.length) {
                pieces = Arrays.copyOf(pieces, Math.max(size + appended, pieces.length * 2));
            }
            for (int j = 0; j < appended; j++) {
                pieces[size++] = refs.absolute((int) in.getVar());
            }
            starts[i + 1] = size;
            sizes[i] = in.getVar();
            int[] own = Arrays.copyOfRange(pieces, starts[i], size);
            check.require(
                    new SequenceDef(Style.byCode(styles[i]), parents[i], own, sizes[i]),
                    totals.leaves());
        }
        return new SequenceTable(styles, parents, starts, Arrays.copyOf(pieces, size), sizes);
    }

    SequenceDef get(int number) {
        if (number < 0 || number >= parents.length) {
            throw PackFormat.damaged("it refers to sequence " + number);
        }
        return new SequenceDef(
                Style.byCode(styles[number]),
                parents[number],
                Arrays.copyOfRange(pieces, starts[number], starts[number + 1]),
                sizes[number]);
    }

    int count() {
        return parents.length;
    }

    boolean isChunked(int number) {
        return styles[number] == Style.CONCAT.code();
    }

    /// The sequences that hold a leaf of the set, themselves or by prefix or piece, or are in the
    /// other set. Prefixes and pieces have lower numbers, so one pass suffices.
    BitSet containing(BitSet leaves, BitSet joined) {
        BitSet found = new BitSet(parents.length);
        for (int i = 0; i < parents.length; i++) {
            boolean holds = joined.get(i) || parents[i] != Refs.NONE && found.get(parents[i]);
            for (int j = starts[i]; j < starts[i + 1] && !holds; j++) {
                int number = Refs.number(pieces[j]);
                holds = Refs.isSequence(pieces[j]) ? found.get(number) : leaves.get(number);
            }
            found.set(i, holds);
        }
        return found;
    }
}
