package dev.backplane.store.content;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Content-defined chunk boundaries (FastCDC, Xia et al., USENIX ATC 2016): a rolling gear hash
/// picks the cuts, so that an edit in the middle of a long string moves only the chunks around it.
///
/// Sizes follow a text's own lines where it has any: after the hash has hit, the cut moves to the
/// next white space within [#SETTLE] bytes, so that words are not torn between two chunks.
public final class Chunker {
    public static final int SIZE_MIN = 8 << 10;
    public static final int SIZE_MAX = 64 << 10;

    private static final int SIZE_NORMAL = 16 << 10;
    private static final int SETTLE = 128;
    private static final long MASK_SMALL = 0x0003590703530000L;
    private static final long MASK_LARGE = 0x0000d90303530000L;

    /// The seed is part of the format: with other numbers old and new chunks would not meet.
    private static final long[] GEAR = gear();

    private Chunker() {}

    private static long[] gear() {
        RandomGenerator random =
                RandomGeneratorFactory.of("SplittableRandom").create(0x6261636b706c616eL);
        return random.longs(256).toArray();
    }

    /// Where the first chunk of `bytes[from, end)` ends. Given all bytes up to `end`, or at least
    /// [#SIZE_MAX] of them, the answer does not depend on what follows.
    public static int cut(byte[] bytes, int from, int end) {
        int limit = from + Math.min(end - from, SIZE_MAX);
        if (limit - from <= SIZE_MIN) {
            return limit;
        }
        int normal = Math.min(limit, from + SIZE_NORMAL);
        long hash = 0;
        int i = from + SIZE_MIN;
        while (i < normal) {
            hash = (hash << 1) + GEAR[bytes[i++] & 0xFF];
            if ((hash & MASK_SMALL) == 0) {
                return settle(bytes, i, limit);
            }
        }
        while (i < limit) {
            hash = (hash << 1) + GEAR[bytes[i++] & 0xFF];
            if ((hash & MASK_LARGE) == 0) {
                return settle(bytes, i, limit);
            }
        }
        return limit;
    }

    private static int settle(byte[] bytes, int at, int limit) {
        int end = Math.min(limit, at + SETTLE);
        for (int i = at; i < end; i++) {
            if (bytes[i] == ' ' || bytes[i] == '\n') {
                return i + 1;
            }
        }
        return at;
    }
}
