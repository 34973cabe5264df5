package dev.backplane.text.grammar;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/// What comes next where a grammar leaves one way on, in the tokens that a model is likely to write
/// it in: the longest ones. Where white space may come or not, as the answer did before, or as most
/// models do.
///
/// A guess: the text may be cut into tokens otherwise. For one thread.
final class OnlyWay {
    private static final int BYTES_MAX = 64;
    private static final int NONE = -1;

    private final Stacks stacks;
    private final Automaton automaton;
    private final TokenTrie trie;

    OnlyWay(Stacks stacks, Automaton automaton, TokenTrie trie) {
        this.stacks = stacks;
        this.automaton = automaton;
        this.trie = trie;
    }

    /// @param set where the answer stands
    /// @param written what it is so far
    /// @param most tokens
    int[] tokens(int set, byte[] written, int most) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int at = set;
        int last = written.length == 0 ? NONE : written[written.length - 1];
        boolean open = false;
        while (text.size() < BYTES_MAX && !open) {
            int next = stacks.ends(at) ? NONE : next(at, last, written);
            open = next == NONE;
            if (!open) {
                text.write(next);
                at = stacks.step(at, next);
                last = next;
            }
        }
        int[] tokens = cut(text.toByteArray(), most);
        // The last token may reach into what is free.
        return open && tokens.length > 0 && tokens.length < most
                ? Arrays.copyOf(tokens, tokens.length - 1)
                : tokens;
    }

    /// The only byte that may come, but for white space; or none.
    private int next(int set, int last, byte[] written) {
        int only = NONE;
        boolean space = false;
        for (int stack : stacks.stacks(set)) {
            int[] edges = automaton.edges(stacks.position(stack));
            for (int i = 0; i < edges.length; i += 3) {
                for (int value = edges[i]; value <= edges[i + 1]; value++) {
                    if (value == ' ') {
                        space = true;
                    } else if (value != '\n' && value != only) {
                        if (only != NONE) {
                            return NONE;
                        }
                        only = value;
                    }
                }
            }
        }
        return space && (only == NONE || spaced(last, written)) ? ' ' : only;
    }

    /// Whether a space came after such a byte the last time; most write one after `:` and `,`.
    private static boolean spaced(int last, byte[] written) {
        for (int i = written.length - 2; i >= 0; i--) {
            if (written[i] == last) {
                return written[i + 1] == ' ';
            }
        }
        return last == ':' || last == ',';
    }

    private int[] cut(byte[] text, int most) {
        int[] tokens = new int[most];
        int count = 0;
        int from = 0;
        while (count < most && from < text.length) {
            int node = longest(text, from);
            if (node == NONE) {
                break;
            }
            tokens[count++] = trie.tokens[node];
            for (int up = node; up >= 0; up = trie.parents[up]) {
                from++;
            }
        }
        return Arrays.copyOf(tokens, count);
    }

    private int longest(byte[] text, int from) {
        int best = NONE;
        int at = 0;
        int end = trie.nodes();
        for (int i = from; i < text.length; i++) {
            while (at < end && trie.labels[at] != text[i]) {
                at = trie.ends[at];
            }
            if (at >= end) {
                break;
            }
            best = trie.tokens[at] >= 0 ? at : best;
            end = trie.ends[at];
            at++;
        }
        return best;
    }
}
