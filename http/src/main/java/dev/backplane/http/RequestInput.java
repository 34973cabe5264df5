package dev.backplane.http;

import java.io.IOException;
import java.io.InputStream;

/// The request's body from the connection: whatever fails here is the sender's doing.
final class RequestInput extends InputStream {
    private final InputStream source;
    private boolean ended;

    RequestInput(InputStream source) {
        this.source = source;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        try {
            int count = source.read(bytes, offset, length);
            ended |= count < 0;
            return count;
        } catch (IOException | RuntimeException e) {
            throw new ClientGone("request body ended early", e);
        }
    }

    /// Whether a read has met the end.
    boolean ended() {
        return ended;
    }
}
