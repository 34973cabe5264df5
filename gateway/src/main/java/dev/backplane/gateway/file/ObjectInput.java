package dev.backplane.gateway.file;

import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/// Reads an object from its beginning, a block at a time, without a copy of it on this machine. For
/// one thread.
final class ObjectInput extends InputStream {
    private static final int BLOCK_BYTES = 1 << 20;

    private final ObjectStore store;
    private final String key;
    private final long size;
    private byte[] block = new byte[0];
    private int at;
    private long read;

    ObjectInput(ObjectStore store, String key, long size) {
        this.store = store;
        this.key = key;
        this.size = size;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (at == block.length) {
            if (read == size) {
                return -1;
            }
            block = store.getRange(key, read, (int) Math.min(BLOCK_BYTES, size - read));
            if (block.length == 0) {
                throw new IOException("object is shorter than it was: " + key);
            }
            read += block.length;
            at = 0;
        }
        int count = Math.min(length, block.length - at);
        System.arraycopy(block, at, bytes, offset, count);
        at += count;
        return count;
    }
}
