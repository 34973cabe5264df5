package dev.backplane.store.text;

import dev.backplane.core.Wtf8;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/// A full-text query: what must occur in a text, combined by and, or, not.
///
/// | syntax | holds where |
/// |---|---|
/// | `refund policy` | both words occur, in any order; `AND` may stand between |
/// | `"basic economy"` | the words follow each other; punctuation does not count |
/// | `get_user`, `北京` | as the phrase of its words, see below |
/// | `econ*`, `"basic econ"*` | a word begins so; the last word of the phrase begins so |
/// | `refnd~`, `refnd~2` | a word is at most 1 or 2 edits away (insert, delete, replace, swap) |
/// | `a OR b`, `-a`, `NOT a`, `( )` | as they say; `AND` binds tighter than `OR` |
/// | `tool_calls.function.name:get_user` | a scalar at this JSON path, array positions left out |
/// | `name:"Ann Lee"`, `name:get_*`, `name:*` | with spaces; begins so; any value up to 64 bytes |
///
/// A [Leaf] is evaluated over contents, where an index can help. `and`, `or` and `not` are over
/// whatever the caller looks for (spans): two words of a query may stand in different contents of
/// one span. Words are folded and cut as the index does it: by runs of letters and digits, one
/// letter a word in scripts without spaces. Immutable.
public sealed interface TextQuery {
    /// Reads what a person typed.
    ///
    /// @throws dev.backplane.core.Problem `INVALID` with the column when it is no query
    static TextQuery parse(String query) {
        return new TextQueryParser(query).parse();
    }

    /// A condition on one content.
    sealed interface Leaf extends TextQuery {}

    /// @param word in folded form
    record Word(String word) implements Leaf {
        public Word {
            requireWords(List.of(word));
        }
    }

    /// @param prefix of the folded form of a word
    record Prefix(String prefix) implements Leaf {
        public Prefix {
            requireWords(List.of(prefix));
        }
    }

    /// Words that follow each other.
    ///
    /// @param words in folded form, two or more
    /// @param prefixLast whether the last one is only the beginning of a word
    record Phrase(List<String> words, boolean prefixLast) implements Leaf {
        public Phrase {
            words = List.copyOf(words);
            if (words.size() < 2) {
                throw new IllegalArgumentException("a phrase has two or more words");
            }
            requireWords(words);
        }
    }

    /// @param word in folded form
    /// @param edits 1 or 2
    record Fuzzy(String word, int edits) implements Leaf {
        public Fuzzy {
            requireWords(List.of(word));
            if (edits < 1 || edits > 2) {
                throw new IllegalArgumentException("edits must be 1 or 2");
            }
        }
    }

    /// A JSON scalar, compared byte by byte.
    ///
    /// @param path keys from the root joined by dots
    /// @param value at most 64 bytes of UTF-8
    /// @param prefix whether `value` is only how the value begins
    record Path(String path, String value, boolean prefix) implements Leaf {
        /// Longer values are not indexed.
        public static final int VALUE_BYTES_MAX = PathTerms.VALUE_BYTES_MAX;

        public Path {
            if (Wtf8.encode(value).length > VALUE_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "values of paths have at most " + VALUE_BYTES_MAX + " bytes");
            }
        }
    }

    record And(List<TextQuery> parts) implements TextQuery {
        public And {
            parts = List.copyOf(parts);
        }
    }

    record Or(List<TextQuery> parts) implements TextQuery {
        public Or {
            parts = List.copyOf(parts);
        }
    }

    record Not(TextQuery part) implements TextQuery {}

    /// The leaf for a text: a word, or a phrase if it has several.
    ///
    /// @throws IllegalArgumentException if it has none
    static Leaf words(String text) {
        List<String> words = WordCursor.words(text);
        return words.size() == 1 ? new Word(words.getFirst()) : new Phrase(words, false);
    }

    /// Where the query holds.
    ///
    /// @param universe how many things there are; they are numbered from 0
    /// @param leaves where each leaf holds; the sets are not changed
    /// @return a set of its own
    default BitSet evaluate(int universe, Function<Leaf, BitSet> leaves) {
        return switch (this) {
            case Leaf leaf -> (BitSet) leaves.apply(leaf).clone();
            case And(List<TextQuery> parts) -> {
                BitSet all = parts.getFirst().evaluate(universe, leaves);
                for (TextQuery part : parts.subList(1, parts.size())) {
                    if (all.isEmpty()) {
                        break;
                    }
                    all.and(part.evaluate(universe, leaves));
                }
                yield all;
            }
            case Or(List<TextQuery> parts) -> {
                BitSet any = new BitSet(universe);
                parts.forEach(part -> any.or(part.evaluate(universe, leaves)));
                yield any;
            }
            case Not(TextQuery part) -> {
                BitSet others = part.evaluate(universe, leaves);
                others.flip(0, universe);
                yield others;
            }
        };
    }

    /// Whether the query holds for one thing.
    ///
    /// @param leaves whether a leaf holds for it
    default boolean holds(Predicate<Leaf> leaves) {
        return switch (this) {
            case Leaf leaf -> leaves.test(leaf);
            case And(List<TextQuery> parts) -> parts.stream().allMatch(part -> part.holds(leaves));
            case Or(List<TextQuery> parts) -> parts.stream().anyMatch(part -> part.holds(leaves));
            case Not(TextQuery part) -> !part.holds(leaves);
        };
    }

    /// All leaves, each once, in the order of the query.
    default Set<Leaf> leaves() {
        Set<Leaf> leaves = new LinkedHashSet<>();
        collect(this, true, true, leaves);
        return Collections.unmodifiableSet(leaves);
    }

    /// The leaves whose occurrence speaks for a match: those under an even number of `not`.
    default List<Leaf> wanted() {
        Set<Leaf> leaves = new LinkedHashSet<>();
        collect(this, true, false, leaves);
        return new ArrayList<>(leaves);
    }

    private static void collect(TextQuery query, boolean wanted, boolean all, Set<Leaf> leaves) {
        switch (query) {
            case Leaf leaf -> {
                if (wanted || all) {
                    leaves.add(leaf);
                }
            }
            case And(List<TextQuery> parts) ->
                    parts.forEach(part -> collect(part, wanted, all, leaves));
            case Or(List<TextQuery> parts) ->
                    parts.forEach(part -> collect(part, wanted, all, leaves));
            case Not(TextQuery part) -> collect(part, !wanted, all, leaves);
        }
    }

    private static void requireWords(List<String> words) {
        for (String word : words) {
            if (!WordCursor.words(word).equals(List.of(word))) {
                throw new IllegalArgumentException(
                        "a word of a query must be one word in folded form; use TextQuery.words");
            }
        }
    }
}
