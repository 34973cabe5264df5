package dev.backplane.store.text;

import java.util.Arrays;

/// Numbers one after the other, in as many bytes as each needs (seven bits a byte, low ones first),
/// in chunks that never move.
///
/// One thread appends. Others may read what was published to them: a number lies within one chunk,
/// and its bytes do not change any more. The end of a chunk that is too short for what comes next
/// is filled with [#FILLER].
final class ByteChunks {
    static final int CHUNK_BITS = 15;
    static final int CHUNK = 1 << CHUNK_BITS;

    /// Is no number of the sequence.
    static final int FILLER = 1;

    private static final int NUMBER_BYTES_MAX = 5;

    private byte[][] chunks = new byte[4][];
    private long size;

    /// Where the next number would go if it needs no filler.
    long size() {
        return size;
    }

    /// The chunks so far; those that come later are not among them.
    byte[][] chunks() {
        return chunks;
    }

    static int chunkOf(long position) {
        return (int) (position >>> CHUNK_BITS);
    }

    static int withinChunk(long position) {
        return (int) position & CHUNK - 1;
    }

    /// Forgets all from a position on, which nobody has been told of.
    void cutTo(long position) {
        size = position;
    }

    /// @return where the next number will begin if [#add] adds it
    long begin() {
        return begin(NUMBER_BYTES_MAX);
    }

    void add(int number) {
        begin(NUMBER_BYTES_MAX);
        put(number);
    }

    /// @return where the next two numbers will begin if [#addPair] adds them
    long beginPair() {
        return begin(2 * NUMBER_BYTES_MAX);
    }

    /// Adds two numbers within one chunk.
    void addPair(int first, int second) {
        begin(2 * NUMBER_BYTES_MAX);
        put(first);
        put(second);
    }

    private long begin(int room) {
        int left = CHUNK - withinChunk(size);
        if (left < room) {
            Arrays.fill(chunks[chunkOf(size)], CHUNK - left, CHUNK, (byte) FILLER);
            size += left;
        }
        int chunk = chunkOf(size);
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunk * 2);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = new byte[CHUNK];
        }
        return size;
    }

    private void put(int number) {
        byte[] chunk = chunks[chunkOf(size)];
        int at = withinChunk(size);
        int rest = number;
        while ((rest & ~0x7F) != 0) {
            chunk[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        chunk[at++] = (byte) rest;
        size = (size & -CHUNK) + at;
    }

    /// The number that begins there.
    static int number(byte[] chunk, int at) {
        int value = chunk[at];
        if (value >= 0) {
            return value;
        }
        value &= 0x7F;
        for (int shift = 7, i = at + 1; ; shift += 7, i++) {
            int next = chunk[i];
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    /// How many bytes [#add] takes for a number.
    static int length(int number) {
        return (38 - Integer.numberOfLeadingZeros(number | 1)) / 7;
    }
}
