package dev.backplane.store.column;

import java.util.Arrays;

/// A filter bound to the columns of one part: says which rows of a block meet it.
public interface BlockFilter {
    /// Rows of a block; a part's first block begins with row 0. As many as a row group has, and few
    /// enough for a block's bits to stay near.
    int ROWS = 8_192;

    int WORDS = ROWS / Long.SIZE;

    /// No row meets it.
    BlockFilter NONE =
            new BlockFilter() {
                @Override
                public void test(int from, int to, long[] bits) {
                    Arrays.fill(bits, 0);
                }

                @Override
                public boolean isNone() {
                    return true;
                }
            };

    /// Every row meets it.
    BlockFilter ALL =
            new BlockFilter() {
                @Override
                public void test(int from, int to, long[] bits) {
                    Arrays.fill(bits, 0);
                    for (int i = 0; i < to - from; i += Long.SIZE) {
                        int rows = Math.min(Long.SIZE, to - from - i);
                        bits[i / Long.SIZE] = -1L >>> Long.SIZE - rows;
                    }
                }

                @Override
                public boolean isAll() {
                    return true;
                }
            };

    /// Whether it is known that no row of the part meets it.
    default boolean isNone() {
        return false;
    }

    /// Whether it is known that every row of the part does.
    default boolean isAll() {
        return false;
    }

    /// Sets bit `row - from` of each row that meets the filter and clears the others.
    ///
    /// @param from first row of a block
    /// @param to at most [#ROWS] after it
    /// @param bits [#WORDS] of them
    void test(int from, int to, long[] bits);
}
