package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// Cuts from a content the short piece that shows best why it was found.
///
/// Reads the content twice: once for the occurrences, of which the first [#OCCURRENCES_MAX] are
/// kept, once for the text around the best. Holds no more than that, whatever the size. JSON is
/// shown with its escapes decoded; line breaks and runs of spaces become one space.
public final class Highlighter {
    /// UTF-16 code units of a snippet at most.
    public static final int SNIPPET_MAX = 200;

    private static final int OCCURRENCES_MAX = 1_000;

    /// Code units of text before the first occurrence, at most.
    private static final int LEAD = 40;

    /// Code units that are held while the first occurrence has not come.
    private static final int SEARCHED_MAX = 1_000;

    /// Occurrences this many bytes apart are likely to fit in one snippet.
    private static final int REACH_BYTES = SNIPPET_MAX - LEAD;

    private static final String CUT = "…";

    private Highlighter() {}

    /// A part of a snippet, in UTF-16 code units.
    public record Range(int start, int end) {}

    /// @param text at most [#SNIPPET_MAX] code units; begins or ends with `…` where it was cut
    /// @param highlights occurrences in order, not overlapping; a phrase is one
    public record Snippet(String text, List<Range> highlights) {
        public Snippet {
            highlights = List.copyOf(highlights);
        }
    }

    /// A run of words that a leaf stands for, in bytes of the content.
    private record Occurrence(int start, int end, int leaf) {}

    /// The snippet in which most of the wanted leaves occur, the first of them if there are
    /// several.
    ///
    /// @return empty when no wanted leaf occurs in the content
    public static Optional<Snippet> snippet(TextQuery query, Slice bytes, Shape shape) {
        List<Occurrence> occurrences = occurrences(query.wanted(), bytes, shape);
        if (occurrences.isEmpty()) {
            return Optional.empty();
        }
        int best = best(occurrences);
        List<Occurrence> merged = merge(occurrences.subList(best, occurrences.size()));
        return Optional.of(new Window(bytes, shape, merged).read());
    }

    private static List<Occurrence> occurrences(
            List<TextQuery.Leaf> leaves, Slice bytes, Shape shape) {
        List<TextMatcher.Finder> finders = leaves.stream().map(TextMatcher.Finder::new).toList();
        List<Occurrence> occurrences = new ArrayList<>();
        WordCursor words = new WordCursor(bytes, shape);
        while (occurrences.size() < OCCURRENCES_MAX && words.next()) {
            for (int i = 0; i < finders.size(); i++) {
                if (finders.get(i).accept(words)) {
                    occurrences.add(new Occurrence(finders.get(i).start(), words.end(), i));
                }
            }
        }
        occurrences.sort((a, b) -> Integer.compare(a.start(), b.start()));
        return occurrences;
    }

    /// The occurrence with the most different leaves within reach behind it.
    private static int best(List<Occurrence> occurrences) {
        int best = 0;
        int most = 0;
        for (int i = 0; i < occurrences.size(); i++) {
            BitSet leaves = new BitSet();
            int reach = occurrences.get(i).start() + REACH_BYTES;
            for (int j = i; j < occurrences.size() && occurrences.get(j).end() <= reach; j++) {
                leaves.set(occurrences.get(j).leaf());
            }
            if (leaves.cardinality() > most) {
                most = leaves.cardinality();
                best = i;
            }
        }
        return best;
    }

    /// Joins those that overlap.
    private static List<Occurrence> merge(List<Occurrence> occurrences) {
        List<Occurrence> merged = new ArrayList<>();
        for (Occurrence next : occurrences) {
            Occurrence last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && next.start() < last.end()) {
                int end = Math.max(last.end(), next.end());
                merged.set(merged.size() - 1, new Occurrence(last.start(), end, last.leaf()));
            } else {
                merged.add(next);
            }
        }
        return merged;
    }

    /// Reads the text around the first occurrence.
    private static final class Window {
        private final TextCursor cursor;
        private final List<Occurrence> occurrences;
        private final StringBuilder text = new StringBuilder();
        private final List<Range> highlights = new ArrayList<>();
        private boolean cutBefore;
        private boolean cutAfter;

        /// Index of the occurrence that the text has not passed yet, and where it began in the
        /// text, -1 before that.
        private int next;

        private int open = -1;

        Window(Slice bytes, Shape shape, List<Occurrence> occurrences) {
            this.cursor = new TextCursor(bytes, shape);
            this.occurrences = occurrences;
        }

        Snippet read() {
            int room = SNIPPET_MAX - CUT.length();
            for (int point = cursor.next(); point != TextCursor.END; point = cursor.next()) {
                mark();
                append(point);
                if (next == 0 && open < 0) {
                    if (text.length() > SEARCHED_MAX) {
                        drop(text.length() - 2 * LEAD);
                    }
                } else if (text.length() + (cutBefore ? CUT.length() : 0) > room) {
                    cutAfter = true;
                    break;
                }
            }
            closeAtEnd();
            return finish(room);
        }

        /// Notes where occurrences begin and end, before the code point at hand is added.
        private void mark() {
            if (next < occurrences.size()
                    && open >= 0
                    && cursor.start() >= occurrences.get(next).end()) {
                close(text.length());
            }
            if (next < occurrences.size()
                    && open < 0
                    && cursor.start() >= occurrences.get(next).start()) {
                if (next == 0) {
                    trimLead();
                }
                open = text.length();
            }
        }

        private void close(int end) {
            if (end > open) {
                highlights.add(new Range(open, end));
            }
            open = -1;
            next++;
        }

        private void closeAtEnd() {
            if (open >= 0) {
                close(text.length());
            }
        }

        private void append(int point) {
            if (Character.isWhitespace(point) || Character.isISOControl(point)) {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ' ') {
                    text.append(' ');
                }
            } else {
                text.appendCodePoint(point);
            }
        }

        /// Leaves a little text before the first occurrence, from the beginning of a word.
        private void trimLead() {
            int from = text.length() - LEAD;
            if (from > 0) {
                int space = text.indexOf(" ", from);
                drop(space >= 0 && space < text.length() - 1 ? space + 1 : from);
            }
        }

        private void drop(int length) {
            boolean splits = Character.isLowSurrogate(text.charAt(length));
            text.delete(0, splits ? length + 1 : length);
            cutBefore = true;
        }

        private Snippet finish(int room) {
            int shift = cutBefore ? CUT.length() : 0;
            if (cutBefore) {
                text.insert(0, CUT);
            }
            int length = text.length();
            if (cutAfter) {
                length = Math.min(length, room);
                length -= Character.isHighSurrogate(text.charAt(length - 1)) ? 1 : 0;
                text.setLength(length);
                text.append(CUT);
            }
            List<Range> shown = new ArrayList<>();
            for (Range range : highlights) {
                int start = range.start() + shift;
                int end = Math.min(range.end() + shift, length);
                if (start < end) {
                    shown.add(new Range(start, end));
                }
            }
            return new Snippet(text.toString(), shown);
        }
    }
}
