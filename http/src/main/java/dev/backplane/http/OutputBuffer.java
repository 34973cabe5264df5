package dev.backplane.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;

/// The response's body: one buffer, so that short answers leave in one piece with their length.
final class OutputBuffer extends OutputStream {
    private static final int CAPACITY = 32 << 10;

    private final Response response;
    private byte[] buffer = new byte[1 << 10];
    private int size;
    private boolean closed;

    OutputBuffer(Response response) {
        this.response = response;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (closed) {
            throw new IOException("response has ended");
        }
        if (length > CAPACITY - size) {
            flush();
            if (length >= CAPACITY) {
                send(false, ByteBuffer.wrap(bytes, offset, length));
                return;
            }
        }
        if (length > buffer.length - size) {
            buffer = Arrays.copyOf(buffer, Math.min(CAPACITY, Math.max(size + length, 2 * size)));
        }
        System.arraycopy(bytes, offset, buffer, size, length);
        size += length;
    }

    @Override
    public void flush() throws IOException {
        if (size > 0 && !closed) {
            send(false, ByteBuffer.wrap(buffer, 0, size));
            size = 0;
        }
    }

    /// Sends status and headers, though there is nothing of the body yet.
    void begin() throws IOException {
        if (!closed) {
            send(false, ByteBuffer.wrap(buffer, 0, size));
            size = 0;
        }
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            send(true, ByteBuffer.wrap(buffer, 0, size));
            size = 0;
        }
    }

    void discard() {
        size = 0;
        closed = false;
    }

    private void send(boolean last, ByteBuffer bytes) throws IOException {
        try (Blocker.Callback written = Blocker.callback()) {
            response.write(last, bytes, written);
            written.block();
        } catch (IOException e) {
            throw new ClientGone("response could not be sent", e);
        }
    }
}
