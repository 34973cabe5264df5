package dev.backplane.store.column;

import java.util.Arrays;

/// Numbers, NaN where there is none, and each block's least and greatest.
final class RealColumn implements Column {
    private final double[] values;
    private final double[] least;
    private final double[] greatest;

    RealColumn(double[] values) {
        int blocks = (values.length + BlockFilter.ROWS - 1) / BlockFilter.ROWS;
        this.values = values;
        least = new double[blocks];
        greatest = new double[blocks];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        Arrays.fill(greatest, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                int block = i / BlockFilter.ROWS;
                least[block] = Math.min(least[block], values[i]);
                greatest[block] = Math.max(greatest[block], values[i]);
            }
        }
    }

    @Override
    public long bytes() {
        return 8L * values.length + 16L * least.length + 64;
    }

    @Override
    public BlockFilter bind(ValueFilter test) {
        return switch (test) {
            case ValueFilter.Presence(boolean wanted) ->
                    (from, to, bits) -> {
                        Arrays.fill(bits, 0);
                        for (int i = 0; i < to - from; i++) {
                            bits[i >> 6] |=
                                    (Double.isNaN(values[from + i]) != wanted ? 1L : 0L) << i;
                        }
                    };
            case ValueFilter.RealWithin within -> within(within);
            case ValueFilter.OfText _, ValueFilter.WholeWithin _ -> throw Column.mismatch(test);
        };
    }

    private BlockFilter within(ValueFilter.RealWithin test) {
        boolean[] reached = new boolean[least.length];
        boolean any = false;
        double[] bounds = test.bounds();
        for (int block = 0; block < reached.length; block++) {
            for (int i = 0; i < bounds.length; i += 2) {
                reached[block] |= bounds[i] <= greatest[block] && bounds[i + 1] >= least[block];
            }
            any |= reached[block];
        }
        if (!any) {
            return BlockFilter.NONE;
        }
        return (from, to, bits) -> {
            Arrays.fill(bits, 0);
            if (reached[from / BlockFilter.ROWS]) {
                for (int i = 0; i < to - from; i++) {
                    bits[i >> 6] |= (test.accepts(values[from + i]) ? 1L : 0L) << i;
                }
            }
        };
    }
}
