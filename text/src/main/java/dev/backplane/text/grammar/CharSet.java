package dev.backplane.text.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/// A set of characters as ranges of code points: ascending, apart from each other, without
/// surrogates, which UTF-8 cannot write.
record CharSet(List<Range> ranges) {
    record Range(int from, int to) {}

    static final CharSet ALL = of(0, Character.MAX_CODE_POINT);

    CharSet {
        ranges = List.copyOf(ranges);
    }

    static CharSet of(int from, int to) {
        return normal(List.of(new Range(from, to)));
    }

    static CharSet of(String characters) {
        return normal(characters.codePoints().mapToObj(point -> new Range(point, point)).toList());
    }

    /// All characters that the predicate chooses.
    static CharSet of(IntPredicate chosen) {
        List<Range> ranges = new ArrayList<>();
        int from = -1;
        for (int point = 0; point <= Character.MAX_CODE_POINT + 1; point++) {
            boolean in = point <= Character.MAX_CODE_POINT && chosen.test(point);
            if (in && from < 0) {
                from = point;
            } else if (!in && from >= 0) {
                ranges.add(new Range(from, point - 1));
                from = -1;
            }
        }
        return normal(ranges);
    }

    private static CharSet normal(List<Range> given) {
        List<Range> sorted = new ArrayList<>();
        for (Range range : given) {
            // Surrogates lie in the middle of the code points.
            if (range.from < Character.MIN_SURROGATE) {
                sorted.add(new Range(range.from, Math.min(range.to, 0xD7FF)));
            }
            if (range.to > Character.MAX_SURROGATE) {
                sorted.add(new Range(Math.max(range.from, 0xE000), range.to));
            }
        }
        sorted.sort(Comparator.comparingInt(Range::from));
        List<Range> merged = new ArrayList<>();
        for (Range range : sorted) {
            if (range.from > range.to) {
                continue;
            }
            if (!merged.isEmpty() && range.from <= merged.getLast().to + 1) {
                Range last = merged.removeLast();
                merged.add(new Range(last.from, Math.max(last.to, range.to)));
            } else {
                merged.add(range);
            }
        }
        return new CharSet(merged);
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    boolean contains(int point) {
        return ranges.stream().anyMatch(range -> range.from <= point && point <= range.to);
    }

    CharSet or(CharSet other) {
        List<Range> all = new ArrayList<>(ranges);
        all.addAll(other.ranges);
        return normal(all);
    }

    CharSet not() {
        List<Range> gaps = new ArrayList<>();
        int from = 0;
        for (Range range : ranges) {
            gaps.add(new Range(from, range.from - 1));
            from = range.to + 1;
        }
        gaps.add(new Range(from, Character.MAX_CODE_POINT));
        return normal(gaps);
    }

    CharSet and(CharSet other) {
        return not().or(other.not()).not();
    }

    CharSet without(CharSet other) {
        return and(other.not());
    }
}
