package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.CompiledAutomaton;
import org.apache.lucene.util.automaton.LevenshteinAutomata;
import org.jspecify.annotations.Nullable;

/// Finds a leaf in texts by reading them, without an index: the definition that every index is
/// tested against, and what highlighting uses. Not thread-safe.
public final class TextMatcher {
    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long CASE = 0x2020202020202020L;

    private final TextQuery.Leaf leaf;
    private final Finder finder;

    /// A word that a plain content must hold byte for byte, but for case, if the leaf is to hold;
    /// empty where nothing can be said.
    private final byte[] needed;

    public TextMatcher(TextQuery.Leaf leaf) {
        this.leaf = leaf;
        this.finder = new Finder(leaf);
        String word =
                switch (leaf) {
                    case TextQuery.Word(String only) -> only;
                    case TextQuery.Prefix(String prefix) -> prefix;
                    case TextQuery.Phrase(List<String> words, boolean _) -> longest(words);
                    case TextQuery.Fuzzy _, TextQuery.Path _ -> "";
                };
        byte[] bytes = Slice.of(word).bytes();
        this.needed = isAscii(bytes, 0, bytes.length) ? bytes : new byte[0];
    }

    /// Whether words stand in a content as they are: it is ASCII and none of its letters is escaped
    /// as JSON may.
    static boolean isPlain(Slice content) {
        byte[] bytes = content.array();
        int end = content.offset() + content.length();
        if (!isAscii(bytes, content.offset(), end)) {
            return false;
        }
        for (int i = content.offset() + 1; i < end; i++) {
            if (bytes[i] == 'u' && bytes[i - 1] == '\\') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(byte[] bytes, int from, int to) {
        int all = 0;
        for (int i = from; i < to; i++) {
            all |= bytes[i];
        }
        return all >= 0;
    }

    /// False only when the leaf cannot hold: a look at the bytes, several times as fast as reading
    /// words.
    boolean mayMatchPlain(Slice content) {
        if (needed.length == 0) {
            return true;
        }
        byte[] bytes = content.array();
        int end = content.offset() + content.length() - needed.length;
        int i = content.offset();
        long first = 0x0101010101010101L * needed[0];
        while (i + Long.BYTES - 1 <= end) {
            // Without the bit of case: a few bytes that are no letters look like the one wanted
            // too.
            long other = ((long) WORD.get(bytes, i) | CASE) ^ (first | CASE);
            long found = (other - ONES & ~other) & HIGHS;
            if (found != 0 && isNeededWithin(bytes, i)) {
                return true;
            }
            i += Long.BYTES;
        }
        for (; i <= end; i++) {
            if (isNeededAt(bytes, i)) {
                return true;
            }
        }
        return false;
    }

    private boolean isNeededWithin(byte[] bytes, int at) {
        for (int i = at; i < at + Long.BYTES; i++) {
            if (isNeededAt(bytes, i)) {
                return true;
            }
        }
        return false;
    }

    private static String longest(List<String> words) {
        return words.stream().max(Comparator.comparingInt(String::length)).orElse("");
    }

    private boolean isNeededAt(byte[] bytes, int at) {
        for (int i = 0; i < needed.length; i++) {
            if (Character.toLowerCase(bytes[at + i]) != needed[i]) {
                return false;
            }
        }
        return true;
    }

    /// Whether the leaf holds for the content.
    public static boolean matches(TextQuery.Leaf leaf, Slice bytes, Shape shape) {
        return new TextMatcher(leaf).matches(bytes, shape);
    }

    /// Whether the leaf holds for the content.
    public boolean matches(Slice bytes, Shape shape) {
        if (leaf instanceof TextQuery.Path path) {
            return shape == Shape.JSON && matchesPath(path, bytes);
        }
        finder.reset();
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
            reset();
        }

        /// A run of words ends, another one begins.
        void reset() {
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
