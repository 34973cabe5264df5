package dev.backplane.store.column;

import dev.backplane.store.SpanRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A condition over a span's columns. Negations have been moved into the tests, so that a row meets
/// the whole exactly when SQL says true: with AND and OR alone it never matters whether a part that
/// does not hold is false or unknown.
public sealed interface RowFilter {
    /// What every row meets.
    RowFilter EVERY = new All(List.of());

    record All(List<RowFilter> of) implements RowFilter {
        public All {
            of = List.copyOf(of);
        }
    }

    record Any(List<RowFilter> of) implements RowFilter {
        public Any {
            of = List.copyOf(of);
        }
    }

    record Test(FilterColumn column, ValueFilter test) implements RowFilter {}

    /// Whether the row meets it.
    default boolean test(SpanRow row) {
        return switch (this) {
            case All(List<RowFilter> of) -> of.stream().allMatch(each -> each.test(row));
            case Any(List<RowFilter> of) -> of.stream().anyMatch(each -> each.test(row));
            case Test(FilterColumn column, ValueFilter test) ->
                    switch (test) {
                        case ValueFilter.Presence(boolean wanted) -> column.present(row) == wanted;
                        case ValueFilter.OfText text ->
                                column.present(row) && text.accepts(stored(column.text(row)));
                        case ValueFilter.WholeWithin whole -> whole.accepts(column.whole(row));
                        case ValueFilter.RealWithin real -> real.accepts(column.real(row));
                    };
        };
    }

    /// A text as UTF-8 has it: half a surrogate pair becomes a question mark.
    private static String stored(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }

    /// Binds it to the columns of one part, which are asked for in the filter's order: not those
    /// after one that decides for all rows.
    default BlockFilter bind(Function<FilterColumn, Column> columns) {
        return switch (this) {
            case Test(FilterColumn column, ValueFilter test) -> columns.apply(column).bind(test);
            case All(List<RowFilter> of) -> {
                List<BlockFilter> tests = new ArrayList<>();
                for (RowFilter each : of) {
                    BlockFilter test = each.bind(columns);
                    if (test.isNone()) {
                        yield test;
                    }
                    if (!test.isAll()) {
                        tests.add(test);
                    }
                }
                yield tests.size() == 1 ? tests.getFirst() : all(tests);
            }
            case Any(List<RowFilter> of) -> {
                List<BlockFilter> tests = new ArrayList<>();
                for (RowFilter each : of) {
                    BlockFilter test = each.bind(columns);
                    if (test.isAll()) {
                        yield test;
                    }
                    if (!test.isNone()) {
                        tests.add(test);
                    }
                }
                yield tests.size() == 1 ? tests.getFirst() : any(tests);
            }
        };
    }

    private static BlockFilter all(List<BlockFilter> tests) {
        if (tests.isEmpty()) {
            return BlockFilter.ALL;
        }
        return (from, to, bits) -> {
            long[] next = new long[BlockFilter.WORDS];
            tests.getFirst().test(from, to, bits);
            for (int i = 1; i < tests.size(); i++) {
                tests.get(i).test(from, to, next);
                long left = 0;
                for (int word = 0; word < bits.length; word++) {
                    bits[word] &= next[word];
                    left |= bits[word];
                }
                if (left == 0) {
                    return;
                }
            }
        };
    }

    private static BlockFilter any(List<BlockFilter> tests) {
        if (tests.isEmpty()) {
            return BlockFilter.NONE;
        }
        return (from, to, bits) -> {
            long[] next = new long[BlockFilter.WORDS];
            tests.getFirst().test(from, to, bits);
            for (int i = 1; i < tests.size(); i++) {
                tests.get(i).test(from, to, next);
                for (int word = 0; word < bits.length; word++) {
                    bits[word] |= next[word];
                }
            }
        };
    }
}
