package dev.backplane.store.column;

import java.util.Arrays;

/// Whole numbers and times: each block's least and greatest, and the numbers, in four bytes where
/// that is enough. Not absent numbers alone are counted in a block's bounds.
public final class WholeColumn implements Column {
    private final long[] longs;
    private final int[] ints;
    private final long base;
    private final long[] least;
    private final long[] greatest;
    private final boolean[] hasAbsent;

    private WholeColumn(long[] values) {
        int blocks = (values.length + BlockFilter.ROWS - 1) / BlockFilter.ROWS;
        least = new long[blocks];
        greatest = new long[blocks];
        hasAbsent = new boolean[blocks];
        Arrays.fill(least, Long.MAX_VALUE);
        Arrays.fill(greatest, Long.MIN_VALUE);
        for (int i = 0; i < values.length; i++) {
            int block = i / BlockFilter.ROWS;
            if (values[i] == FilterColumn.NO_NUMBER) {
                hasAbsent[block] = true;
            } else {
                least[block] = Math.min(least[block], values[i]);
                greatest[block] = Math.max(greatest[block], values[i]);
            }
        }
        long low = Arrays.stream(least).min().orElse(0);
        long high = Arrays.stream(greatest).max().orElse(0);
        boolean narrow = low > high || high - low >= 0 && high - low < 0xffff_fffeL;
        base = narrow ? low : 0;
        longs = narrow ? new long[0] : values;
        ints = new int[narrow ? values.length : 0];
        for (int i = 0; i < ints.length; i++) {
            // 0 is for absent ones.
            ints[i] = values[i] == FilterColumn.NO_NUMBER ? 0 : (int) (values[i] - low + 1);
        }
    }

    static Column of(long[] values) {
        return new WholeColumn(values);
    }

    @Override
    public long bytes() {
        return 8L * longs.length + 4L * ints.length + 17L * least.length + 64;
    }

    public int blocks() {
        return least.length;
    }

    /// Of the block's numbers; above [#greatest] when it has none.
    public long least(int block) {
        return least[block];
    }

    public long greatest(int block) {
        return greatest[block];
    }

    /// [FilterColumn#NO_NUMBER] when absent.
    public long get(int row) {
        if (longs.length > 0) {
            return longs[row];
        }
        return ints[row] == 0 ? FilterColumn.NO_NUMBER : base + (ints[row] & 0xffff_ffffL) - 1;
    }

    @Override
    public BlockFilter bind(ValueFilter test) {
        return switch (test) {
            case ValueFilter.Presence(boolean wanted) ->
                    within(
                            wanted
                                    ? new long[] {Long.MIN_VALUE + 1, Long.MAX_VALUE}
                                    : new long[] {Long.MIN_VALUE, Long.MIN_VALUE});
            case ValueFilter.WholeWithin within -> within(within.bounds());
            case ValueFilter.OfText _, ValueFilter.RealWithin _ -> throw Column.mismatch(test);
        };
    }

    private BlockFilter within(long[] bounds) {
        BlockFilter[] tests = new BlockFilter[least.length];
        for (int block = 0; block < tests.length; block++) {
            tests[block] = test(block, bounds);
        }
        if (Arrays.stream(tests).allMatch(BlockFilter::isNone)) {
            return BlockFilter.NONE;
        }
        return (from, to, bits) -> tests[from / BlockFilter.ROWS].test(from, to, bits);
    }

    private BlockFilter test(int block, long[] bounds) {
        boolean reached = false;
        boolean covered = false;
        for (int i = 0; i < bounds.length; i += 2) {
            long low = bounds[i];
            long high = bounds[i + 1];
            boolean absent = low == FilterColumn.NO_NUMBER && hasAbsent[block];
            reached |= absent || low <= greatest[block] && high >= least[block];
            covered |= !hasAbsent[block] && low <= least[block] && high >= greatest[block];
        }
        if (!reached) {
            return BlockFilter.NONE;
        }
        if (covered) {
            return BlockFilter.ALL;
        }
        if (bounds.length == 2) {
            return (from, to, bits) -> one(bounds[0], bounds[1], from, to, bits);
        }
        ValueFilter.WholeWithin within = new ValueFilter.WholeWithin(bounds);
        return (from, to, bits) -> {
            Arrays.fill(bits, 0);
            for (int i = 0; i < to - from; i++) {
                bits[i >> 6] |= (within.accepts(get(from + i)) ? 1L : 0L) << i;
            }
        };
    }

    private void one(long low, long high, int from, int to, long[] bits) {
        Arrays.fill(bits, 0);
        for (int i = 0; i < to - from; i++) {
            long value = get(from + i);
            bits[i >> 6] |= (value >= low && value <= high ? 1L : 0L) << i;
        }
    }
}
