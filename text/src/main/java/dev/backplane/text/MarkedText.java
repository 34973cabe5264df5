package dev.backplane.text;

import dev.backplane.core.Problem;
import java.util.Arrays;

/// Text of which is known, character by character, whether it can be trusted.
///
/// Trusted is what the makers of a model wrote (the literals of its chat template); untrusted is
/// what users, tools and other models wrote. A tokenizer makes control tokens of trusted characters
/// only, so that nobody can end a message by writing the token's name.
///
/// Positions are in UTF-16 units. Immutable.
public final class MarkedText {
    public static final MarkedText EMPTY = new MarkedText("", new int[0]);

    private final String text;

    /// Where trust changes, in ascending order, all below the text's length. The text begins
    /// trusted; when it does not, the first change is at 0.
    private final int[] changes;

    private MarkedText(String text, int[] changes) {
        this.text = text;
        this.changes = changes;
    }

    public static MarkedText trusted(String text) {
        return new MarkedText(text, EMPTY.changes);
    }

    public static MarkedText untrusted(String text) {
        return text.isEmpty() ? EMPTY : new MarkedText(text, new int[] {0});
    }

    public String text() {
        return text;
    }

    public int length() {
        return text.length();
    }

    public boolean isEmpty() {
        return text.isEmpty();
    }

    /// Whether every character is trusted.
    public boolean isTrusted() {
        return changes.length == 0;
    }

    /// Whether all characters from `from` to before `to` are trusted.
    public boolean isTrusted(int from, int to) {
        if (from >= to || changes.length == 0) {
            return true;
        }
        int run = runAt(from);
        return run % 2 == 0 && (run == changes.length || changes[run] >= to);
    }

    /// The end of the run of equal trust that holds the character at `from`.
    public int runEnd(int from) {
        int run = runAt(from);
        return run == changes.length ? text.length() : changes[run];
    }

    /// How many changes lie at or before the position: even where the text is trusted.
    private int runAt(int position) {
        int found = Arrays.binarySearch(changes, position);
        return found >= 0 ? found + 1 : -found - 1;
    }

    public MarkedText substring(int from, int to) {
        if (from == 0 && to == text.length()) {
            return this;
        }
        String part = text.substring(from, to);
        if (changes.length == 0 || part.isEmpty()) {
            return trusted(part);
        }
        return new Builder().append(this, from, to).build();
    }

    public MarkedText substring(int from) {
        return substring(from, text.length());
    }

    public MarkedText concat(MarkedText other) {
        if (isEmpty()) {
            return other;
        }
        return other.isEmpty() ? this : new Builder().append(this).append(other).build();
    }

    /// The same with U+FFFD for each lone surrogate.
    public MarkedText wellFormed() {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return new MarkedText(withoutLoneSurrogates(text), changes);
            }
        }
        return this;
    }

    private static String withoutLoneSurrogates(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints()
                .forEach(point -> {
                    boolean lone =
                            point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
                    result.appendCodePoint(lone ? 0xFFFD : point);
                });
        return result.toString();
    }

    /// Equal when the characters and their trust are.
    @Override
    public boolean equals(Object object) {
        return object instanceof MarkedText other
                && text.equals(other.text)
                && Arrays.equals(changes, other.changes);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /// The characters alone.
    @Override
    public String toString() {
        return text;
    }

    /// Puts marked text together. For use by one thread.
    public static final class Builder {
        /// Longer texts are refused with a [Problem].
        public static final int LENGTH_MAX = 1 << 26;

        private final StringBuilder text = new StringBuilder();
        private int[] changes = new int[4];
        private int size;

        public int length() {
            return text.length();
        }

        public Builder append(String more, boolean trusted) {
            if (!more.isEmpty()) {
                reserve(more.length());
                mark(trusted);
                text.append(more);
            }
            return this;
        }

        private void reserve(int length) {
            if (length > LENGTH_MAX - text.length()) {
                throw Problem.tooLarge("a text that grows too long", "marked text")
                        .fix("at most %,d characters are accepted".formatted(LENGTH_MAX));
            }
        }

        public Builder append(MarkedText more) {
            return append(more, 0, more.length());
        }

        /// Appends the characters of `more` from `from` to before `to`.
        public Builder append(MarkedText more, int from, int to) {
            reserve(to - from);
            int at = from;
            while (at < to) {
                int end = Math.min(more.runEnd(at), to);
                mark(more.runAt(at) % 2 == 0);
                text.append(more.text, at, end);
                at = end;
            }
            return this;
        }

        private void mark(boolean trusted) {
            if (trusted == (size % 2 == 0)) {
                return;
            }
            if (size == changes.length) {
                changes = Arrays.copyOf(changes, 2 * size);
            }
            changes[size++] = text.length();
        }

        public MarkedText build() {
            return new MarkedText(text.toString(), Arrays.copyOf(changes, size));
        }
    }
}
