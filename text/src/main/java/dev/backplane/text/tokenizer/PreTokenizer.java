package dev.backplane.text.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/// How text is cut into words, which a model then cuts further, each by itself. Source of the
/// semantics: the pre-tokenizers of Hugging Face's `tokenizers` (tokenizers/src/pre_tokenizers).
sealed interface PreTokenizer {
    /// Takes the words of a text in their order.
    interface Words {
        /// @param first whether the word stands at the beginning of the whole text
        void accept(String word, boolean first);
    }

    /// @param first whether the text stands at the beginning of the whole text
    void split(String text, boolean first, Words out);

    PreTokenizer NONE = new Sequence(List.of());

    record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
        public Sequence {
            steps = List.copyOf(steps);
        }

        @Override
        public void split(String text, boolean first, Words out) {
            step(0, text, first, out);
        }

        private void step(int index, String text, boolean first, Words out) {
            if (index == steps.size()) {
                out.accept(text, first);
            } else {
                steps.get(index)
                        .split(
                                text,
                                first,
                                (word, wordFirst) -> step(index + 1, word, wordFirst, out));
            }
        }
    }

    /// What becomes of a match of a [Split].
    enum Behavior {
        REMOVED,
        ISOLATED,
        MERGED_WITH_PREVIOUS,
        MERGED_WITH_NEXT,
        CONTIGUOUS;

        /// The name in `tokenizer.json`.
        String label() {
            StringBuilder label = new StringBuilder();
            for (String part : name().split("_")) {
                label.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
            }
            return label.toString();
        }
    }

    /// Cuts at matches of a pattern; inverted, between them.
    record Split(SplitPattern pattern, Behavior behavior, boolean inverted)
            implements PreTokenizer {
        @Override
        public void split(String text, boolean first, Words out) {
            Cutter cutter = new Cutter(text, first, behavior, out);
            pattern.forEach(text, match -> cutter.match(match.start(), match.end(), !inverted));
            cutter.finish(!inverted);
        }
    }

    /// Cuts at characters of a class.
    record Characters(IntPredicate chosen, Behavior behavior) implements PreTokenizer {
        static final Characters WHITE_SPACE =
                new Characters(Unicode::isWhiteSpace, Behavior.REMOVED);
        static final Characters PUNCTUATION =
                new Characters(Unicode::isPunctuation, Behavior.ISOLATED);

        @Override
        public void split(String text, boolean first, Words out) {
            Cutter cutter = new Cutter(text, first, behavior, out);
            int at = 0;
            while (at < text.length()) {
                int point = text.codePointAt(at);
                int end = at + Character.charCount(point);
                if (chosen.test(point)) {
                    cutter.match(at, end, true);
                }
                at = end;
            }
            cutter.finish(true);
        }
    }

    /// Writes spaces as another character, puts one in front, and cuts before each.
    record Metaspace(String replacement, Prefix prefix, boolean cut) implements PreTokenizer {
        /// Where a space is put in front.
        enum Prefix {
            ALWAYS,
            FIRST,
            NEVER
        }

        @Override
        public void split(String text, boolean first, Words out) {
            if (text.isEmpty()) {
                return;
            }
            String written = text.replace(" ", replacement);
            boolean prefixed = prefix == Prefix.ALWAYS || prefix == Prefix.FIRST && first;
            if (prefixed && !written.startsWith(replacement)) {
                written = replacement + written;
            }
            if (!cut) {
                out.accept(written, first);
                return;
            }
            Cutter cutter = new Cutter(written, first, Behavior.MERGED_WITH_NEXT, out);
            int at = written.indexOf(replacement);
            while (at >= 0) {
                cutter.match(at, at + replacement.length(), true);
                at = written.indexOf(replacement, at + replacement.length());
            }
            cutter.finish(true);
        }
    }

    /// The last step before a byte-level model, which writes bytes in its alphabet by itself.
    record ByteLevel(boolean prefixSpace, boolean useExpression) implements PreTokenizer {
        private static final Split GPT2 =
                new Split(
                        SplitPattern.expression(Families.GPT2, "GPT-2's expression"),
                        Behavior.ISOLATED,
                        false);

        @Override
        public void split(String text, boolean first, Words out) {
            String prefixed =
                    prefixSpace && !text.isEmpty() && !text.startsWith(" ") ? " " + text : text;
            if (useExpression) {
                GPT2.split(prefixed, first, out);
            } else {
                out.accept(prefixed, first);
            }
        }
    }

    /// Turns matches into words. For one text.
    final class Cutter {
        private final String text;
        private final boolean first;
        private final Behavior behavior;
        private final Words out;

        /// Bounds of spans, and for each whether it is a match, for those that need a look ahead.
        private final List<int[]> spans = new ArrayList<>();

        private int done;

        Cutter(String text, boolean first, Behavior behavior, Words out) {
            this.text = text;
            this.first = first;
            this.behavior = behavior;
            this.out = out;
        }

        /// @param matches whether what was found counts as a match, or what lies between
        void match(int from, int to, boolean matches) {
            if (from > done) {
                span(done, from, !matches);
            }
            if (to > from) {
                span(from, to, matches);
            }
            done = to;
        }

        void finish(boolean matches) {
            if (done < text.length()) {
                span(done, text.length(), !matches);
            }
            if (behavior == Behavior.MERGED_WITH_NEXT) {
                mergeWithNext();
            }
            spans.forEach(span -> emit(span[0], span[1]));
        }

        private void span(int from, int to, boolean isMatch) {
            switch (behavior) {
                case ISOLATED -> emit(from, to);
                case REMOVED -> {
                    if (!isMatch) {
                        emit(from, to);
                    }
                }
                case MERGED_WITH_NEXT -> spans.add(new int[] {from, to, isMatch ? 1 : 0});
                case MERGED_WITH_PREVIOUS -> {
                    // A match joins what is before it, unless that is a match as well.
                    boolean joins = isMatch && !spans.isEmpty() && spans.getLast()[2] == 0;
                    extend(from, to, isMatch, joins);
                }
                case CONTIGUOUS -> {
                    boolean joins = !spans.isEmpty() && spans.getLast()[2] == (isMatch ? 1 : 0);
                    extend(from, to, isMatch, joins);
                }
            }
        }

        /// Keeps one span back, which what follows may join.
        private void extend(int from, int to, boolean isMatch, boolean joins) {
            if (joins) {
                spans.getLast()[1] = to;
                spans.getLast()[2] = isMatch ? 1 : 0;
                return;
            }
            if (!spans.isEmpty()) {
                emit(spans.getLast()[0], spans.getLast()[1]);
                spans.clear();
            }
            spans.add(new int[] {from, to, isMatch ? 1 : 0});
        }

        private void mergeWithNext() {
            List<int[]> merged = new ArrayList<>();
            boolean previousMatch = false;
            for (int[] span : spans.reversed()) {
                boolean isMatch = span[2] == 1;
                if (isMatch && !previousMatch && !merged.isEmpty()) {
                    merged.getLast()[0] = span[0];
                } else {
                    merged.add(new int[] {span[0], span[1]});
                }
                previousMatch = isMatch;
            }
            spans.clear();
            spans.addAll(merged.reversed());
        }

        private void emit(int from, int to) {
            out.accept(text.substring(from, to), first && from == 0);
        }
    }
}
