package dev.backplane.text.grammar;

import dev.backplane.core.Problem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Follows one answer through a grammar. For use by one thread.
public final class GrammarMatcher {
    /// So many masks of whole stacks are kept, the last used ones.
    private static final int MASKS_KEPT = 64;

    /// Above so many sets they are forgotten and begun anew.
    private static final int SETS_MAX = 20_000;

    private static final int TAIL_MAX = 1_024;

    private final TokenMasks masks;
    private final Automaton automaton;
    private final TokenTrie trie;
    private Stacks stacks;
    private final Map<Integer, long[]> known = new LinkedHashMap<>(16, 0.75f, true);
    private final java.io.ByteArrayOutputStream written = new java.io.ByteArrayOutputStream();

    /// The last of it: a guess looks back no further, however long the answer.
    private byte[] tail = {};

    private int set;
    private boolean ended;

    GrammarMatcher(TokenMasks masks, Automaton automaton, TokenTrie trie) {
        this.masks = masks;
        this.automaton = automaton;
        this.trie = trie;
        stacks = new Stacks(automaton);
        set = stacks.start();
    }

    /// Whether the answer may end here.
    public boolean mayEnd() {
        return ended || stacks.ends(set);
    }

    /// A bit for each token that may come next, 64 tokens a long, the lowest bit first: the tokens
    /// after which the answer can still become one of the grammar's, and those that end it if it is
    /// one. The caller must not change it; it may be the same array again.
    public long[] mask() {
        if (ended) {
            return ends(new long[trie.size() + 63 >>> 6]);
        }
        long[] mask = known.get(set);
        if (mask == null) {
            mask = compute();
            known.put(set, mask);
            if (known.size() > MASKS_KEPT) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return mask;
    }

    private long[] compute() {
        long[] mask = new long[trie.size() + 63 >>> 6];
        for (int stack : stacks.stacks(set)) {
            TokenMasks.Local local = masks.local(stacks.position(stack));
            long[] allowed = local.allowed();
            for (int i = 0; i < mask.length; i++) {
                mask[i] |= allowed[i];
            }
            if (stacks.isLast(stack)) {
                continue;
            }
            for (int exit : local.exits()) {
                int reached = reach(exit);
                walk(exit + 1, trie.ends[exit], reached, mask);
            }
        }
        return stacks.ends(set) ? ends(mask) : mask;
    }

    private long[] ends(long[] mask) {
        for (int token : trie.endTokens()) {
            mask[token >>> 6] |= 1L << token;
        }
        return mask;
    }

    /// The set after the bytes on the way to a node.
    private int reach(int node) {
        int before = trie.parents[node] < 0 ? set : reach(trie.parents[node]);
        return stacks.step(before, trie.labels[node] & 0xFF);
    }

    private void walk(int node, int end, int from, long[] mask) {
        int at = node;
        while (at < end) {
            int next = stacks.step(from, trie.labels[at] & 0xFF);
            if (next != Stacks.DEAD) {
                TokenMasks.allow(trie, mask, at);
                walk(at + 1, trie.ends[at], next, mask);
            }
            at = trie.ends[at];
        }
    }

    /// Whether the token may come next.
    public boolean allows(int token) {
        return (mask()[token >>> 6] >>> token & 1) == 1;
    }

    /// What comes next as far as there is only one way on, in the tokens that it is likely written
    /// in; may be otherwise, changes nothing.
    ///
    /// @param most tokens
    public int[] expected(int most) {
        return ended ? new int[0] : new OnlyWay(stacks, automaton, trie).tokens(set, tail, most);
    }

    /// Goes on over a token.
    ///
    /// @param bytes what the token reads as; empty for one that ends the answer
    /// @throws Problem when the token may not come here
    public void accept(int token, byte[] bytes) {
        if (Arrays.stream(trie.endTokens()).anyMatch(end -> end == token)) {
            if (!mayEnd()) {
                throw refused(token);
            }
            ended = true;
            return;
        }
        int next = set;
        for (byte value : bytes) {
            next = stacks.step(next, value & 0xFF);
        }
        if (ended || next == Stacks.DEAD) {
            throw refused(token);
        }
        set = next;
        written.writeBytes(bytes);
        tail = withTail(bytes);
        if (stacks.setCount() > SETS_MAX) {
            forget();
        }
    }

    /// The end of what was written, with these bytes after it.
    private byte[] withTail(byte[] bytes) {
        int count = Math.min(TAIL_MAX, tail.length + bytes.length);
        byte[] longer = new byte[count];
        int fresh = Math.min(count, bytes.length);
        int old = count - fresh;
        System.arraycopy(tail, tail.length - old, longer, 0, old);
        System.arraycopy(bytes, bytes.length - fresh, longer, old, fresh);
        return longer;
    }

    private static Problem refused(int token) {
        return Problem.invalid("token %d may not come here".formatted(token), "grammar")
                .fix("choose a token that the mask allows");
    }

    /// Numbers of sets are given out anew along what was written.
    private void forget() {
        stacks = new Stacks(automaton);
        known.clear();
        set = stacks.start();
        for (byte value : written.toByteArray()) {
            set = stacks.step(set, value & 0xFF);
        }
    }
}
