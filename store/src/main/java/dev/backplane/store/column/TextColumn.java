package dev.backplane.store.column;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Texts by their number in a dictionary, 0 for none. A test is made once a dictionary, and a test
/// that no text of the dictionary passes needs no look at rows.
final class TextColumn implements Column {
    private static final int BYTES_BITS = 8;
    private static final int CHARS_BITS = 16;

    /// Object headers and references of an entry of the dictionary.
    private static final int ENTRY_BYTES = 56;

    private final String[] dictionary;
    private final byte[] bytes;
    private final char[] chars;
    private final int[] ints;
    private final boolean hasAbsent;
    private final long size;

    /// @param dictionary sorted by [String#compareTo]; number 1 is its first
    private TextColumn(String[] dictionary, int[] numbers, boolean hasAbsent, long size) {
        boolean narrow = dictionary.length < 1 << BYTES_BITS;
        boolean middle = !narrow && dictionary.length < 1 << CHARS_BITS;
        this.dictionary = dictionary;
        this.bytes = new byte[narrow ? numbers.length : 0];
        this.chars = new char[middle ? numbers.length : 0];
        this.ints = narrow || middle ? new int[0] : numbers;
        this.hasAbsent = hasAbsent;
        for (int i = 0; i < numbers.length; i++) {
            if (narrow) {
                bytes[i] = (byte) numbers[i];
            } else if (middle) {
                chars[i] = (char) numbers[i];
            }
        }
        this.size = size + bytes.length + 2L * chars.length + 4L * ints.length + 64;
    }

    @Override
    public long bytes() {
        return size;
    }

    @Override
    public BlockFilter bind(ValueFilter test) {
        long[] accepted = new long[dictionary.length + 1];
        switch (test) {
            case ValueFilter.Presence(boolean wanted) -> {
                Arrays.fill(accepted, wanted ? 1 : 0);
                accepted[0] = wanted ? 0 : 1;
            }
            case ValueFilter.OneOf(Set<String> values, boolean negated) -> {
                Arrays.fill(accepted, 1, accepted.length, negated ? 1 : 0);
                for (String value : values) {
                    int at = Arrays.binarySearch(dictionary, value);
                    if (at >= 0) {
                        accepted[at + 1] = negated ? 0 : 1;
                    }
                }
            }
            case ValueFilter.OfText text -> {
                for (int i = 0; i < dictionary.length; i++) {
                    accepted[i + 1] = text.accepts(dictionary[i]) ? 1 : 0;
                }
            }
            case ValueFilter.WholeWithin _, ValueFilter.RealWithin _ -> throw Column.mismatch(test);
        }
        long count = Arrays.stream(accepted).sum() - (hasAbsent ? 0 : accepted[0]);
        if (count == 0) {
            return BlockFilter.NONE;
        }
        if (count == dictionary.length + (hasAbsent ? 1 : 0)) {
            return BlockFilter.ALL;
        }
        if (bytes.length > 0) {
            return (from, to, bits) -> narrow(accepted, from, to, bits);
        }
        return chars.length > 0
                ? (from, to, bits) -> middle(accepted, from, to, bits)
                : (from, to, bits) -> wide(accepted, from, to, bits);
    }

    private void narrow(long[] accepted, int from, int to, long[] bits) {
        Arrays.fill(bits, 0);
        for (int i = 0; i < to - from; i++) {
            bits[i >> 6] |= accepted[bytes[from + i] & 0xff] << i;
        }
    }

    private void middle(long[] accepted, int from, int to, long[] bits) {
        Arrays.fill(bits, 0);
        for (int i = 0; i < to - from; i++) {
            bits[i >> 6] |= accepted[chars[from + i]] << i;
        }
    }

    private void wide(long[] accepted, int from, int to, long[] bits) {
        Arrays.fill(bits, 0);
        for (int i = 0; i < to - from; i++) {
            bits[i >> 6] |= accepted[ints[from + i]] << i;
        }
    }

    /// Takes the texts in any order of rows.
    static final class Builder {
        private final Map<String, Integer> found = new HashMap<>();
        private final int[] numbers;
        private final long limit;
        private long size;

        /// @param limit of the dictionary, in bytes
        Builder(int rows, long limit) {
            this.numbers = new int[rows];
            this.limit = limit;
        }

        /// @return false when the dictionary has become too large
        boolean set(int row, String text) {
            Integer number = found.get(text);
            if (number == null) {
                number = found.size() + 1;
                found.put(text, number);
                size += ENTRY_BYTES + 2L * text.length();
            }
            numbers[row] = number;
            return size <= limit;
        }

        Column build() {
            String[] dictionary = found.keySet().toArray(String[]::new);
            Arrays.sort(dictionary);
            int[] sorted = new int[dictionary.length + 1];
            for (int i = 0; i < dictionary.length; i++) {
                sorted[found.getOrDefault(dictionary[i], 0)] = i + 1;
            }
            boolean hasAbsent = false;
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = sorted[numbers[i]];
                hasAbsent |= numbers[i] == 0;
            }
            return new TextColumn(dictionary, numbers, hasAbsent, size);
        }
    }
}
