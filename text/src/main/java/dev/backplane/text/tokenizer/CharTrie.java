package dev.backplane.text.tokenizer;

import dev.backplane.text.LongIntMap;

/// A set of texts with a number each, walked character by character (UTF-16 units).
final class CharTrie {
    static final int ROOT = 0;

    private final LongIntMap edges;
    private final IntList values = new IntList();

    /// @param expected about how many characters all texts have together
    CharTrie(int expected) {
        edges = new LongIntMap(expected);
        values.add(-1);
    }

    /// @param value not negative; the first of two for one text stays
    void add(String text, int value) {
        int node = ROOT;
        for (int i = 0; i < text.length(); i++) {
            int next = next(node, text.charAt(i));
            if (next < 0) {
                next = values.size();
                values.add(-1);
                edges.putIfAbsent(key(node, text.charAt(i)), next);
            }
            node = next;
        }
        if (values.get(node) < 0) {
            values.set(node, value);
        }
    }

    /// The node after this one by the character, or -1.
    int next(int node, char character) {
        return edges.get(key(node, character));
    }

    /// The number of the text that ends at the node, or -1.
    int value(int node) {
        return values.get(node);
    }

    private static long key(int node, char character) {
        return (long) node << 16 | character;
    }
}
