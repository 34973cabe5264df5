package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.CompiledAutomaton;
import org.apache.lucene.util.automaton.LevenshteinAutomata;
import org.jspecify.annotations.Nullable;

/// Finds a leaf in one text by reading it, without an index: the definition that every index is
/// tested against, and what highlighting uses.
public final class TextMatcher {
    private TextMatcher() {}

    /// Whether the leaf holds for the content.
    public static boolean matches(TextQuery.Leaf leaf, Slice bytes, Shape shape) {
        if (leaf instanceof TextQuery.Path path) {
            return shape == Shape.JSON && matchesPath(path, bytes);
        }
        Finder finder = new Finder(leaf);
        WordCursor words = new WordCursor(bytes, shape);
        while (words.next()) {
            if (finder.accept(words)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matchesPath(TextQuery.Path path, Slice json) {
        byte[] wanted = PathTerms.term(path.path(), path.value());
        try (PathTerms terms = new PathTerms(json)) {
            while (terms.next()) {
                if (equals(wanted, path.prefix(), terms.term(), terms.length())) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean equals(byte[] wanted, boolean prefix, byte[] term, int length) {
        int end = prefix ? Math.min(wanted.length, length) : length;
        return Arrays.equals(wanted, 0, wanted.length, term, 0, end);
    }

    /// Terms at most `edits` away.
    static CompiledAutomaton fuzzy(TextQuery.Fuzzy fuzzy) {
        return new CompiledAutomaton(
                new LevenshteinAutomata(fuzzy.word(), true).toAutomaton(fuzzy.edits()),
                true,
                false);
    }

    /// Finds the occurrences of one leaf in a run of words. A path is found as the words of its
    /// value.
    static final class Finder {
        private final byte[][] words;
        private final boolean prefixLast;
        private final @Nullable ByteRunAutomaton fuzzy;

        /// Where the occurrence began that has reached word `i + 1`; -1 when there is none.
        private final int[] starts;

        Finder(TextQuery.Leaf leaf) {
            List<String> text =
                    switch (leaf) {
                        case TextQuery.Word(String word) -> List.of(word);
                        case TextQuery.Prefix(String prefix) -> List.of(prefix);
                        case TextQuery.Phrase(List<String> phrase, boolean _) -> phrase;
                        case TextQuery.Fuzzy(String word, int _) -> List.of(word);
                        case TextQuery.Path(String _, String value, boolean _) ->
                                WordCursor.words(value);
                    };
            this.words = text.stream().map(word -> Slice.of(word).bytes()).toArray(byte[][]::new);
            this.prefixLast =
                    switch (leaf) {
                        case TextQuery.Prefix _ -> true;
                        case TextQuery.Phrase(List<String> _, boolean prefix) -> prefix;
                        case TextQuery.Path(String _, String _, boolean prefix) -> prefix;
                        case TextQuery.Word _, TextQuery.Fuzzy _ -> false;
                    };
            this.fuzzy =
                    leaf instanceof TextQuery.Fuzzy near
                            ? TextMatcher.fuzzy(near).runAutomaton
                            : null;
            this.starts = new int[words.length];
            Arrays.fill(starts, -1);
        }

        /// Takes the next word.
        ///
        /// @return whether an occurrence ends with it
        boolean accept(WordCursor word) {
            for (int i = words.length - 1; i >= 0; i--) {
                int start = i == 0 ? word.start() : starts[i - 1];
                starts[i] = start >= 0 && matches(i, word) ? start : -1;
            }
            return words.length > 0 && starts[words.length - 1] >= 0;
        }

        /// Where the occurrence begins that has just ended, in bytes of the content.
        int start() {
            return starts[words.length - 1];
        }

        private boolean matches(int index, WordCursor word) {
            if (fuzzy != null) {
                return fuzzy.run(word.term(), 0, word.length());
            }
            boolean prefix = prefixLast && index == words.length - 1;
            return TextMatcher.equals(words[index], prefix, word.term(), word.length());
        }
    }
}
