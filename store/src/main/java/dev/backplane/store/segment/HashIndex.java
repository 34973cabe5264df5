package dev.backplane.store.segment;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/// Finds numbered things by name in eight bytes each: the upper half of each name's hash and the
/// number, sorted. The names themselves stay where they are, and are asked for when hashes agree.
/// Immutable.
final class HashIndex {
    private static final long UPPER_HALF = 0xFFFF_FFFF_0000_0000L;

    private final long[] entries;
    private final IntFunction<String> names;

    private HashIndex(long[] entries, IntFunction<String> names) {
        this.entries = entries;
        this.names = names;
    }

    /// Of the numbers `from` to `to` (exclusive).
    static HashIndex of(int from, int to, IntFunction<String> names) {
        long[] entries = new long[to - from];
        for (int number = from; number < to; number++) {
            entries[number - from] = upperHalf(names.apply(number)) | number;
        }
        Arrays.sort(entries);
        return new HashIndex(entries, names);
    }

    private static long upperHalf(String name) {
        return KeyBloom.hash(name) & UPPER_HALF;
    }

    OptionalInt find(String name) {
        long hash = upperHalf(name);
        int at = Arrays.binarySearch(entries, hash);
        for (int i = at < 0 ? -at - 1 : at;
                i < entries.length && (entries[i] & UPPER_HALF) == hash;
                i++) {
            int number = (int) entries[i];
            if (names.apply(number).equals(name)) {
                return OptionalInt.of(number);
            }
        }
        return OptionalInt.empty();
    }
}
