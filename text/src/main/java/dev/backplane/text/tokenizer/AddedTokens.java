package dev.backplane.text.tokenizer;

import dev.backplane.text.MarkedText;
import java.util.BitSet;
import java.util.List;

/// Finds added tokens: from left to right, the longest first.
///
/// A token is found in a place only if it may stand there: a control token needs trusted characters
/// under all of it. A shorter token may then be found in its stead.
final class AddedTokens {
    /// What was found, and the text between.
    interface Parts {
        void text(int from, int to);

        void token(AddedToken token);
    }

    private final List<AddedToken> tokens;
    private final CharTrie trie;
    private final BitSet beginnings = new BitSet(1 << 16);

    /// @param contents what to look for, for each token
    AddedTokens(List<AddedToken> tokens, List<String> contents) {
        this.tokens = List.copyOf(tokens);
        trie = new CharTrie(contents.stream().mapToInt(String::length).sum());
        for (int i = 0; i < tokens.size(); i++) {
            if (!contents.get(i).isEmpty()) {
                trie.add(contents.get(i), i);
                beginnings.set(contents.get(i).charAt(0));
            }
        }
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    /// @param control ids of tokens that need trusted characters
    void split(MarkedText marked, BitSet control, Parts parts) {
        String text = marked.text();
        int done = 0;
        int at = 0;
        while (at < text.length()) {
            if (!beginnings.get(text.charAt(at))) {
                at++;
                continue;
            }
            int found = -1;
            int end = at;
            int node = CharTrie.ROOT;
            for (int i = at; i < text.length(); i++) {
                node = trie.next(node, text.charAt(i));
                if (node < 0) {
                    break;
                }
                int index = trie.value(node);
                if (index >= 0 && mayStand(marked, control, index, at, i + 1)) {
                    found = index;
                    end = i + 1;
                }
            }
            if (found < 0) {
                at++;
                continue;
            }
            AddedToken token = tokens.get(found);
            if (token.singleWord() && touchesWord(text, at, end)) {
                at = end;
                continue;
            }
            int from = token.stripLeft() ? withoutSpaceBefore(text, at, done) : at;
            int to = token.stripRight() ? withoutSpaceAfter(text, end) : end;
            if (from > done) {
                parts.text(done, from);
            }
            parts.token(token);
            done = to;
            at = to;
        }
        if (done < text.length()) {
            parts.text(done, text.length());
        }
    }

    private boolean mayStand(MarkedText marked, BitSet control, int index, int from, int to) {
        return !control.get(tokens.get(index).id()) || marked.isTrusted(from, to);
    }

    private static boolean touchesWord(String text, int from, int to) {
        return from > 0 && Unicode.isWord(text.codePointBefore(from))
                || to < text.length() && Unicode.isWord(text.codePointAt(to));
    }

    private static int withoutSpaceBefore(String text, int from, int least) {
        int at = from;
        while (at > least && Unicode.isWhiteSpace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private static int withoutSpaceAfter(String text, int to) {
        int at = to;
        while (at < text.length() && Unicode.isWhiteSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
