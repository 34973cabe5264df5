package dev.backplane.http.client;

import java.nio.ByteBuffer;

/// What has come of a body and was not read yet: a copy, because a buffer of the client's pool has
/// 16 KiB whatever is in it, and while it waits for its reader another one is taken for what comes
/// next. Not thread-safe.
final class Inbox {
    /// From here on nothing more is asked for; what comes is taken whatever its length.
    private static final int FULL_BYTES = 16 << 10;

    /// Up to here an array is kept for what comes next.
    private static final int KEPT_BYTES = 2 << 10;

    private static final byte[] NONE = {};

    private byte[] bytes = NONE;
    private int from;
    private int to;

    void add(ByteBuffer more) {
        int count = more.remaining();
        if (count > bytes.length - to) {
            require(count);
        }
        more.get(bytes, to, count);
        to += count;
    }

    private void require(int count) {
        int size = to - from;
        byte[] next = bytes;
        if (size + count > bytes.length) {
            next = new byte[Math.max(size + count, 2 * bytes.length)];
        }
        System.arraycopy(bytes, from, next, 0, size);
        bytes = next;
        from = 0;
        to = size;
    }

    /// @return the count
    int take(byte[] into, int offset, int length) {
        int count = Math.min(length, to - from);
        System.arraycopy(bytes, from, into, offset, count);
        from += count;
        if (from == to) {
            clear();
        }
        return count;
    }

    void clear() {
        from = 0;
        to = 0;
        bytes = bytes.length > KEPT_BYTES ? NONE : bytes;
    }

    boolean isEmpty() {
        return from == to;
    }

    boolean isFull() {
        return to - from >= FULL_BYTES;
    }
}
