package dev.backplane.store.column;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/// A test of one value, true or not: what SQL holds for unknown is not true. An absent value meets
/// [Presence] alone.
public sealed interface ValueFilter {
    /// Whether there is a value, or none.
    record Presence(boolean wanted) implements ValueFilter {}

    /// Of texts.
    sealed interface OfText extends ValueFilter {
        boolean accepts(String value);
    }

    /// One of the values, or, negated, any other.
    record OneOf(Set<String> values, boolean negated) implements OfText {
        public OneOf {
            values = Set.copyOf(values);
        }

        @Override
        public boolean accepts(String value) {
            return values.contains(value) != negated;
        }
    }

    /// Before or after a text in the order of UTF-8 bytes.
    record Beside(String limit, boolean before, boolean inclusive) implements OfText {
        @Override
        public boolean accepts(String value) {
            int order =
                    Arrays.compareUnsigned(
                            value.getBytes(StandardCharsets.UTF_8),
                            limit.getBytes(StandardCharsets.UTF_8));
            return order == 0 ? inclusive : before == order < 0;
        }
    }

    /// Within one of some ranges of whole numbers or times.
    ///
    /// @param bounds first and last of each range, inclusive, ascending, above
    ///   [FilterColumn#NO_NUMBER]
    record WholeWithin(long... bounds) implements ValueFilter {
        boolean accepts(long value) {
            int at = Arrays.binarySearch(bounds, value);
            return at >= 0 || (at & 1) == 0;
        }
    }

    /// Within one of some ranges of numbers.
    ///
    /// @param bounds first and last of each range, inclusive, ascending
    record RealWithin(double... bounds) implements ValueFilter {
        boolean accepts(double value) {
            for (int i = 0; i < bounds.length; i += 2) {
                if (value >= bounds[i] && value <= bounds[i + 1]) {
                    return true;
                }
            }
            return false;
        }
    }
}
