package dev.backplane.store.content;

import dev.backplane.core.Slice;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/// The places where two chunks of a long text meet: words and phrases that stand across one are in
/// neither chunk. A joint is numbered when the first sequence with it is added, so that whoever
/// adds the same sequences in the same order has the same numbers. Thread-safe.
///
/// A joint's text is up to [#REACH] bytes on either side, whole words only: an edit in the middle
/// of a value makes the joints around the new chunks and no others.
public final class Joints {
    /// In bytes; 512 of some 16,000 bytes of a chunk are indexed twice.
    public static final int REACH = 256;

    private final Map<Long, Integer> numbers = new HashMap<>();

    /// The first chunk of the text that a later chunk was seen in.
    private final Map<Integer, Integer> heads = new HashMap<>();

    private int[] lefts = new int[8];
    private int[] rights = new int[8];

    private interface PairVisitor {
        void visit(int left, int right);
    }

    /// Adds what is new in a sequence.
    ///
    /// @param added gets the number of each joint that is new
    public synchronized void add(ContentSource source, SequenceDef sequence, IntConsumer added) {
        int[] head = {Refs.NONE};
        pairs(
                source,
                sequence,
                (left, right) -> {
                    head[0] = head[0] == Refs.NONE ? head(source, sequence) : head[0];
                    heads.putIfAbsent(right, head[0]);
                    int number = numbers.size();
                    if (numbers.putIfAbsent(key(left, right), number) == null) {
                        if (number == lefts.length) {
                            lefts = Arrays.copyOf(lefts, number * 2);
                            rights = Arrays.copyOf(rights, number * 2);
                        }
                        lefts[number] = left;
                        rights[number] = right;
                        added.accept(number);
                    }
                });
    }

    /// Whether one of the set's joints is in the sequence, its prefix left aside.
    public synchronized boolean any(ContentSource source, SequenceDef sequence, BitSet joints) {
        boolean[] found = {false};
        if (!joints.isEmpty()) {
            pairs(source, sequence, (left, right) -> found[0] |= joints.get(find(left, right)));
        }
        return found[0];
    }

    /// Visits the joints of a sequence, those of its prefix left out.
    public synchronized void visit(ContentSource source, SequenceDef sequence, IntConsumer joint) {
        pairs(source, sequence, (left, right) -> joint.accept(find(left, right)));
    }

    private int find(int left, int right) {
        Integer number = numbers.get(key(left, right));
        if (number == null) {
            throw new IllegalStateException("a sequence was not added");
        }
        return number;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }

    private static void pairs(ContentSource source, SequenceDef sequence, PairVisitor visitor) {
        if (sequence.style() != Style.CONCAT) {
            return;
        }
        int left = sequence.parent() == Refs.NONE ? Refs.NONE : last(source, sequence.parent());
        for (int piece : sequence.appended()) {
            int right = Refs.isSequence(piece) ? Refs.NONE : Refs.number(piece);
            if (left != Refs.NONE && right != Refs.NONE) {
                visitor.visit(left, right);
            }
            left = right;
        }
    }

    /// The last chunk of a text, or [Refs#NONE].
    public static int last(ContentSource source, int sequence) {
        int[] appended = source.sequence(sequence).appended();
        int piece = appended.length == 0 ? Refs.NONE : appended[appended.length - 1];
        return piece == Refs.NONE || Refs.isSequence(piece) ? Refs.NONE : Refs.number(piece);
    }

    /// The first chunk of the text that the sequence is.
    public static int head(ContentSource source, SequenceDef sequence) {
        SequenceDef root = sequence;
        while (root.parent() != Refs.NONE) {
            root = source.sequence(root.parent());
        }
        boolean leaf = root.appended().length > 0 && !Refs.isSequence(root.appended()[0]);
        return leaf ? Refs.number(root.appended()[0]) : Refs.NONE;
    }

    public synchronized int size() {
        return numbers.size();
    }

    /// The chunk that tells how a leaf is to be read: the first one of its text.
    public synchronized int head(int leaf) {
        return heads.getOrDefault(leaf, leaf);
    }

    /// The chunk that tells how a joint is to be read.
    public synchronized int headOf(int joint) {
        return head(rights[joint]);
    }

    public synchronized Slice text(ContentSource source, int joint) {
        return text(source.leaf(lefts[joint]), source.leaf(rights[joint]));
    }

    static Slice text(Slice left, Slice right) {
        int from = left.length() <= REACH ? 0 : wordAfter(left, left.length() - REACH);
        int to = right.length() <= REACH ? right.length() : wordBefore(right, REACH);
        byte[] joined = new byte[left.length() - from + to];
        System.arraycopy(left.array(), left.offset() + from, joined, 0, left.length() - from);
        System.arraycopy(right.array(), right.offset(), joined, left.length() - from, to);
        return Slice.of(joined);
    }

    /// Where the first whole word from `at` on begins; the end when there is no space.
    private static int wordAfter(Slice text, int at) {
        for (int i = at; i < text.length(); i++) {
            if (isBreak(text, i)) {
                return i;
            }
        }
        return text.length();
    }

    private static int wordBefore(Slice text, int at) {
        for (int i = at; i > 0; i--) {
            if (isBreak(text, i)) {
                return i;
            }
        }
        return 0;
    }

    /// Before white space, or before a code point of three bytes or more: the scripts that write
    /// without spaces have those.
    private static boolean isBreak(Slice text, int at) {
        int b = text.at(at) & 0xFF;
        return b == ' ' || b == '\n' || b == '\t' || b >= 0xE0;
    }
}
