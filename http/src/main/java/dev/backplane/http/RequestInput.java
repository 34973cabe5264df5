package dev.backplane.http;

import java.io.IOException;
import java.io.InputStream;

/// The request's body from the connection: whatever fails here is the sender's doing.
final class RequestInput extends InputStream {
    private final InputStream source;

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
            return source.read(bytes, offset, length);
        } catch (IOException | RuntimeException e) {
            throw new ClientGone("request body ended early", e);
        }
    }
}
