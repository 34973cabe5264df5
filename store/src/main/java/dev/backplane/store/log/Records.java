package dev.backplane.store.log;

import java.util.Arrays;

/// Records of a few numbers each, counted from 0, in chunks that never move. Not thread-safe.
final class Records {
    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;

    private final int width;
    private long[][] chunks = new long[4][];
    private int size;

    /// @param width numbers of a record
    Records(int width) {
        this.width = width;
    }

    int size() {
        return size;
    }

    /// Adds a record of zeros.
    ///
    /// @return which one it is
    int add() {
        int chunk = size >>> CHUNK_BITS;
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunk * 2);
        }
        if ((size & CHUNK - 1) == 0) {
            chunks[chunk] = new long[CHUNK * width];
        }
        return size++;
    }

    long get(int record, int field) {
        return chunks[record >>> CHUNK_BITS][(record & CHUNK - 1) * width + field];
    }

    int getInt(int record, int field) {
        return (int) get(record, field);
    }

    void set(int record, int field, long value) {
        chunks[record >>> CHUNK_BITS][(record & CHUNK - 1) * width + field] = value;
    }
}
