package dev.backplane.store.column;

import java.util.Arrays;
import java.util.BitSet;

/// Whether each row has a value.
final class Presences implements Column {
    private final long[] words;
    private final boolean all;
    private final boolean none;

    Presences(BitSet present, int rows) {
        words = Arrays.copyOf(present.toLongArray(), (rows + Long.SIZE - 1) / Long.SIZE);
        all = present.nextClearBit(0) >= rows;
        none = present.isEmpty();
    }

    @Override
    public long bytes() {
        return 8L * words.length + 64;
    }

    @Override
    public BlockFilter bind(ValueFilter test) {
        if (!(test instanceof ValueFilter.Presence(boolean wanted))) {
            throw Column.mismatch(test);
        }
        if (wanted ? all : none) {
            return BlockFilter.ALL;
        }
        if (wanted ? none : all) {
            return BlockFilter.NONE;
        }
        return (from, to, bits) -> {
            BlockFilter.ALL.test(from, to, bits);
            for (int i = 0; i < to - from; i += Long.SIZE) {
                long word = words[(from + i) / Long.SIZE];
                bits[i / Long.SIZE] &= wanted ? word : ~word;
            }
        };
    }
}
