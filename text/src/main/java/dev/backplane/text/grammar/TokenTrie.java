package dev.backplane.text.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntFunction;

/// The tokens of a vocabulary by their bytes, as a tree laid out in the order in which it is
/// walked: a node's children follow it, and whoever need not look at them goes on at its end.
///
/// Immutable; about 17 bytes a node, and a vocabulary of 128,000 tokens has some 400,000.
public final class TokenTrie {
    final byte[] labels;
    final int[] ends;
    final int[] parents;

    /// The token that ends at the node, or -1.
    final int[] tokens;

    /// The next token of the same bytes, by token, or -1.
    final int[] twins;

    private final int size;
    private final int[] endTokens;

    private TokenTrie(
            byte[] labels,
            int[] ends,
            int[] parents,
            int[] tokens,
            int[] twins,
            int size,
            int[] endTokens) {
        this.labels = labels;
        this.ends = ends;
        this.parents = parents;
        this.tokens = tokens;
        this.twins = twins;
        this.size = size;
        this.endTokens = endTokens;
    }

    /// @param size one above the largest token id
    /// @param bytes what a token reads as; empty for one that must not come, such as a special one
    /// @param endTokens the tokens that end an answer
    public static TokenTrie of(int size, IntFunction<byte[]> bytes, int... endTokens) {
        byte[][] texts = new byte[size][];
        BitSet excluded = new BitSet();
        Arrays.stream(endTokens).forEach(excluded::set);
        int total = 0;
        for (int token = 0; token < size; token++) {
            texts[token] = excluded.get(token) ? new byte[0] : bytes.apply(token);
            total += texts[token].length;
        }
        Integer[] order = new Integer[size];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(texts[a], texts[b]));
        Layout layout = new Layout(total, size);
        byte[] previous = {};
        for (int token : order) {
            if (texts[token].length > 0) {
                layout.add(texts[token], previous, token);
                previous = texts[token];
            }
        }
        return layout.build(size, endTokens.clone());
    }

    /// One above the largest token id.
    public int size() {
        return size;
    }

    int[] endTokens() {
        return endTokens;
    }

    int nodes() {
        return labels.length;
    }

    /// Puts the nodes in order, of texts in order.
    private static final class Layout {
        private byte[] labels;
        private final int[] ends;
        private final int[] parents;
        private final int[] tokens;
        private final int[] twins;
        private int[] path = new int[64];
        private int depth;
        private int count;

        Layout(int total, int size) {
            labels = new byte[total];
            ends = new int[total];
            parents = new int[total];
            tokens = new int[total];
            twins = new int[size];
            Arrays.fill(twins, -1);
        }

        void add(byte[] text, byte[] previous, int token) {
            int common = Arrays.mismatch(text, previous);
            if (common < 0) {
                int node = path[depth - 1];
                twins[token] = tokens[node];
                tokens[node] = token;
                return;
            }
            closeTo(common);
            if (text.length > path.length) {
                path = Arrays.copyOf(path, 2 * text.length);
            }
            for (int i = common; i < text.length; i++) {
                labels[count] = text[i];
                parents[count] = i == 0 ? -1 : path[i - 1];
                tokens[count] = -1;
                path[i] = count++;
            }
            depth = text.length;
            tokens[path[depth - 1]] = token;
        }

        private void closeTo(int kept) {
            while (depth > kept) {
                ends[path[--depth]] = count;
            }
        }

        TokenTrie build(int size, int[] endTokens) {
            closeTo(0);
            return new TokenTrie(
                    Arrays.copyOf(labels, count),
                    Arrays.copyOf(ends, count),
                    Arrays.copyOf(parents, count),
                    Arrays.copyOf(tokens, count),
                    twins,
                    size,
                    endTokens);
        }
    }
}
