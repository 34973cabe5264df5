package dev.backplane.text.tokenizer;

import dev.backplane.text.LongIntMap;
import java.util.Arrays;

/// The merges of a BPE: which two symbols become which, and what comes first.
///
/// Of all pairs of neighbours the one of the lowest rank is merged, the leftmost of equals, until
/// no pair is left. Short words look for it in a row of numbers; long ones keep pairs in a heap, so
/// that a word of n symbols costs n log n and about 30 bytes a symbol.
final class Merges {
    private static final int SHORT = 24;

    private final LongIntMap pairs;
    private final int[] ranks;
    private final int[] results;

    private Merges(LongIntMap pairs, int[] ranks, int[] results) {
        this.pairs = pairs;
        this.ranks = ranks;
        this.results = results;
    }

    /// Collects merges. For use by one thread.
    static final class Builder {
        private final LongIntMap pairs;
        private final IntList ranks = new IntList();
        private final IntList results = new IntList();

        Builder(int expected) {
            pairs = new LongIntMap(expected);
        }

        /// The first of two merges for a pair stays.
        void add(int left, int right, int rank, int result) {
            if (pairs.putIfAbsent(key(left, right), ranks.size())) {
                ranks.add(rank);
                results.add(result);
            }
        }

        Merges build() {
            return new Merges(pairs, ranks.toArray(), results.toArray());
        }
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right & 0xFFFF_FFFFL;
    }

    int size() {
        return ranks.length;
    }

    /// Merges the first `size` symbols in place and returns how many are left.
    int apply(int[] symbols, int size) {
        return size <= SHORT ? applyShort(symbols, size) : applyLong(symbols, size);
    }

    private int applyShort(int[] symbols, int size) {
        int[] entries = new int[Math.max(0, size - 1)];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = pairs.get(key(symbols[i], symbols[i + 1]));
        }
        int left = size;
        while (left > 1) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i < left - 1; i++) {
                if (entries[i] >= 0 && ranks[entries[i]] < bestRank) {
                    best = i;
                    bestRank = ranks[entries[i]];
                }
            }
            if (best < 0) {
                break;
            }
            symbols[best] = results[entries[best]];
            System.arraycopy(symbols, best + 2, symbols, best + 1, left - best - 2);
            left--;
            if (best < left - 1) {
                System.arraycopy(entries, best + 1, entries, best, left - 1 - best);
                entries[best] = pairs.get(key(symbols[best], symbols[best + 1]));
            }
            if (best > 0) {
                entries[best - 1] = pairs.get(key(symbols[best - 1], symbols[best]));
            }
        }
        return left;
    }

    private int applyLong(int[] symbols, int size) {
        int[] next = new int[size];
        int[] previous = new int[size];
        Heap heap = new Heap(size);
        for (int i = 0; i < size; i++) {
            next[i] = i + 1 < size ? i + 1 : -1;
            previous[i] = i - 1;
            offer(heap, symbols, i, next[i]);
        }
        while (!heap.isEmpty()) {
            long top = heap.poll();
            int at = (int) top;
            int right = next[at];
            // What was merged meanwhile has no symbol, or its pair another rank.
            if (symbols[at] < 0 || right < 0) {
                continue;
            }
            int entry = pairs.get(key(symbols[at], symbols[right]));
            if (entry < 0 || ranks[entry] != (int) (top >>> 32)) {
                continue;
            }
            symbols[at] = results[entry];
            symbols[right] = GONE;
            next[at] = next[right];
            if (next[at] >= 0) {
                previous[next[at]] = at;
                offer(heap, symbols, at, next[at]);
            }
            if (previous[at] >= 0) {
                offer(heap, symbols, previous[at], at);
            }
        }
        int left = 0;
        for (int i = 0; i < size; i++) {
            if (symbols[i] != GONE) {
                symbols[left++] = symbols[i];
            }
        }
        return left;
    }

    /// A symbol that went into its neighbour. Symbols that are no token are -1.
    private static final int GONE = Integer.MIN_VALUE;

    private void offer(Heap heap, int[] symbols, int left, int right) {
        if (right < 0) {
            return;
        }
        int entry = pairs.get(key(symbols[left], symbols[right]));
        if (entry >= 0) {
            heap.add((long) ranks[entry] << 32 | left);
        }
    }

    /// A binary heap of longs: rank above, position below.
    private static final class Heap {
        private long[] values;
        private int size;

        Heap(int expected) {
            values = new long[Math.max(16, expected / 2)];
        }

        boolean isEmpty() {
            return size == 0;
        }

        void add(long value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size + (size >> 1));
            }
            int at = size++;
            while (at > 0) {
                int parent = at - 1 >>> 1;
                if (values[parent] <= value) {
                    break;
                }
                values[at] = values[parent];
                at = parent;
            }
            values[at] = value;
        }

        long poll() {
            long top = values[0];
            long last = values[--size];
            int at = 0;
            while (2 * at + 1 < size) {
                int child = 2 * at + 1;
                if (child + 1 < size && values[child + 1] < values[child]) {
                    child++;
                }
                if (values[child] >= last) {
                    break;
                }
                values[at] = values[child];
                at = child;
            }
            values[at] = last;
            return top;
        }
    }
}
