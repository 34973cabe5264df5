package dev.backplane.store.log;

import dev.backplane.core.Slice;
import java.util.Arrays;

/// Byte strings of any length, one after the other, in chunks that never move and whose bytes never
/// change once they are written. Not thread-safe.
final class ByteArena {
    /// Large, so that the garbage collector has few objects to copy; small enough to be none that
    /// it treats as huge.
    private static final int CHUNK = 128 << 10;

    private byte[][] chunks = new byte[4][];
    private int count;

    /// In the last chunk.
    private int used = CHUNK;

    /// @return where it is, for [#get] together with its length
    long add(byte[] bytes) {
        if (count == 0 || chunks[count - 1].length - used < bytes.length) {
            if (count == chunks.length) {
                chunks = Arrays.copyOf(chunks, count * 2);
            }
            chunks[count++] = new byte[Math.max(CHUNK, bytes.length)];
            used = 0;
        }
        long place = (long) (count - 1) << 32 | used;
        System.arraycopy(bytes, 0, chunks[count - 1], used, bytes.length);
        used += bytes.length;
        return place;
    }

    Slice get(long place, int length) {
        return new Slice(chunks[(int) (place >>> 32)], (int) place, length);
    }
}
