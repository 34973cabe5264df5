package dev.backplane.gateway.dialect;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/// Bytes that arrive in two pieces, or one by one: the network at its worst.
public final class SplitStream extends InputStream {
    private final ByteArrayInputStream bytes;
    private final int first;
    private int at;

    /// @param first length of the first piece; 0 for pieces of one byte
    public SplitStream(byte[] bytes, int first) {
        this.bytes = new ByteArrayInputStream(bytes);
        this.first = first;
    }

    @Override
    public int read() {
        return bytes.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        int piece = first == 0 ? 1 : at < first ? first - at : length;
        int count = bytes.read(target, offset, Math.min(piece, length));
        at += Math.max(count, 0);
        return count;
    }
}
