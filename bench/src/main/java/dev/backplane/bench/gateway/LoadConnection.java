package dev.backplane.bench.gateway;

import dev.backplane.bench.gateway.ChatRequests.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/// A connection of an [OpenLoop], with at most one request on its way. Sending is for whoever took
/// the connection from the idle ones; everything else belongs to the thread that reads.
final class LoadConnection {
    private static final int SOCKET_BYTES = 256 << 10;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final AnswerScanner scanner = new AnswerScanner();
    private ByteBuffer out = ByteBuffer.allocateDirect(64 << 10);

    /// When the request that is on its way was to be sent; written before its bytes are.
    private volatile long dueNanos;

    private volatile boolean busy;
    private boolean lost;
    private long firstByteNanos;

    private LoadConnection(SocketChannel channel, URI url, Selector selector) throws IOException {
        this.channel = channel;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BYTES);
        channel.connect(new InetSocketAddress(url.getHost(), url.getPort()));
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    static LoadConnection open(URI url, Selector selector) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            return new LoadConnection(channel, url, selector);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// @param number that the request carries
    void send(Request request, long number, long due) throws IOException {
        if (request.bytes().length > out.capacity()) {
            out = ByteBuffer.allocateDirect(request.bytes().length);
        }
        out.clear().put(request.bytes());
        long rest = number;
        for (int i = ChatRequests.DIGITS - 1; i >= 0; i--) {
            out.put(request.numberAt() + i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        out.flip();
        firstByteNanos = 0;
        dueNanos = due;
        busy = true;
        write();
    }

    private void write() throws IOException {
        channel.write(out);
        if (out.hasRemaining()) {
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            key.selector().wakeup();
        }
    }

    /// Writes what did not fit before.
    void writable() throws IOException {
        channel.write(out);
        if (!out.hasRemaining()) {
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    /// @param in for the bytes, empty
    /// @return whether the answer is complete
    boolean readable(ByteBuffer in) throws IOException {
        int count = channel.read(in.clear());
        if (count < 0) {
            throw new IOException("connection was closed");
        }
        in.flip();
        boolean complete = scanner.take(in);
        if (firstByteNanos == 0 && scanner.bodyBytes() > 0) {
            firstByteNanos = System.nanoTime();
        }
        return complete;
    }

    SelectionKey key() {
        return key;
    }

    /// Server-sent events that have come of the answer.
    long events() {
        return scanner.events();
    }

    boolean busy() {
        return busy;
    }

    long dueNanos() {
        return dueNanos;
    }

    /// When the body's first byte came.
    long firstByteNanos() {
        return firstByteNanos;
    }

    /// Empty if the answer was as it should be.
    String complaint(boolean stream) {
        if (scanner.status() != 200) {
            return "status " + scanner.status();
        }
        if (scanner.bodyBytes() == 0) {
            return "answer without a body";
        }
        return stream && !scanner.endsWithDone() ? "stream without its end" : "";
    }

    /// @return false if it was lost before
    boolean lose() {
        boolean first = !lost;
        lost = true;
        return first;
    }

    /// Ready for the next request.
    void done() {
        busy = false;
        scanner.reset();
    }

    void close() throws IOException {
        channel.close();
    }
}
