package dev.backplane.text.grammar;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Which tokens of a vocabulary a grammar allows, as far as it does not depend on what lies below
/// on the stack.
///
/// Of a position in the grammar it is worked out once which tokens stay within the position's rule
/// or end with it (`allowed`), and at which nodes of the trie the rule has ended with bytes still
/// to come (`exits`). The former holds whatever is below; from the latter on a [GrammarMatcher]
/// walks with its whole stack, which is a few nodes. There are as many positions as the grammar is
/// long, and what is kept is bounded by [#BYTES_MAX].
///
/// Any number of threads may share one.
public final class TokenMasks {
    static final long BYTES_MAX = 256L << 20;

    /// @param allowed a bit for each token
    /// @param exits nodes of the trie
    record Local(long[] allowed, int[] exits) {}

    private final Grammar grammar;
    private final TokenTrie trie;
    private final ConcurrentHashMap<Integer, Local> locals = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    public TokenMasks(Grammar grammar, TokenTrie trie) {
        this.grammar = grammar;
        this.trie = trie;
    }

    /// A matcher for one answer.
    public GrammarMatcher matcher() {
        return new GrammarMatcher(this, grammar.automaton(), trie);
    }

    Local local(int position) {
        Local known = locals.get(position);
        if (known != null) {
            return known;
        }
        Local local = new Walk(position).run();
        long size = 8L * local.allowed.length + 4L * local.exits.length;
        if (bytes.addAndGet(size) > BYTES_MAX) {
            locals.clear();
            bytes.set(size);
        }
        locals.put(position, local);
        return local;
    }

    /// Walks the whole trie with the position alone on the stack.
    private final class Walk {
        private final Stacks stacks = new Stacks(grammar.automaton());
        private final long[] allowed = new long[trie.size() + 63 >>> 6];
        private int[] exits = new int[16];
        private int exitCount;
        private final int start;
        private final boolean isOutermost;

        Walk(int position) {
            start = stacks.startAt(position);
            isOutermost = grammar.automaton().isOutermost(position);
        }

        Local run() {
            walk(0, trie.nodes(), start);
            return new Local(allowed, java.util.Arrays.copyOf(exits, exitCount));
        }

        /// Of siblings from `node` to `end`. What is deeper is as deep as the longest token.
        private void walk(int node, int end, int set) {
            int at = node;
            while (at < end) {
                int next = stacks.step(set, trie.labels[at] & 0xFF);
                if (next != Stacks.DEAD) {
                    allow(trie, allowed, at);
                    if (trie.ends[at] > at + 1) {
                        if (!isOutermost && stacks.ends(next)) {
                            exit(at);
                        }
                        walk(at + 1, trie.ends[at], next);
                    }
                }
                at = trie.ends[at];
            }
        }

        private void exit(int node) {
            if (exitCount == exits.length) {
                exits = java.util.Arrays.copyOf(exits, 2 * exitCount);
            }
            exits[exitCount++] = node;
        }
    }

    /// Sets the bits of the tokens that end at the node.
    static void allow(TokenTrie trie, long[] mask, int node) {
        for (int token = trie.tokens[node]; token >= 0; token = trie.twins[token]) {
            mask[token >>> 6] |= 1L << token;
        }
    }
}
