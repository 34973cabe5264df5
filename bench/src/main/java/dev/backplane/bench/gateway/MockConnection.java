package dev.backplane.bench.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;

/// One connection of a [MockUpstream]: a request is read whole, answered, then the next. Belongs to
/// the upstream's thread.
final class MockConnection {
    static final int REQUEST_BYTES_MAX = 32 << 20;
    private static final int HEAD_BYTES_MAX = 64 << 10;
    private static final String STREAM = "\"stream\"";

    private final MockUpstream upstream;
    private final SocketChannel channel;
    private final SelectionKey key;
    private ByteBuffer in = ByteBuffer.allocate(8 << 10);
    private final ArrayDeque<ByteBuffer> out = new ArrayDeque<>();
    private boolean answering;
    private boolean ending;
    private boolean closed;

    MockConnection(MockUpstream upstream, SocketChannel channel, SelectionKey key) {
        this.upstream = upstream;
        this.channel = channel;
        this.key = key;
    }

    void ready() {
        try {
            if (key.isValid() && key.isWritable()) {
                write();
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
        } catch (IOException _) {
            close();
        }
    }

    private void read() throws IOException {
        int count = channel.read(in);
        if (count < 0) {
            close();
            return;
        }
        next();
    }

    /// Answers a request that is here whole.
    private void next() throws IOException {
        if (answering || closed) {
            return;
        }
        int body = bodyStart();
        if (body < 0) {
            if (in.position() > HEAD_BYTES_MAX) {
                refuse(upstream.answers.tooLarge);
            } else if (!in.hasRemaining()) {
                grow(in.capacity() * 2);
            }
            return;
        }
        String head = new String(in.array(), 0, body, StandardCharsets.ISO_8859_1);
        boolean post = head.startsWith("POST ");
        long length = contentLength(head.toLowerCase(Locale.ROOT));
        if (post && length < 0) {
            refuse(upstream.answers.lengthless);
        } else if (length > REQUEST_BYTES_MAX) {
            refuse(upstream.answers.tooLarge);
        } else {
            int end = body + (int) Math.max(0, length);
            if (in.position() < end) {
                grow(end);
            } else {
                boolean stream = post && wantsStream(body, end);
                in.flip().position(end);
                in.compact();
                answer(head, stream);
            }
        }
    }

    private void grow(int capacity) {
        if (capacity > in.capacity()) {
            in = ByteBuffer.allocate(capacity).put(in.flip());
        }
    }

    private int bodyStart() {
        byte[] bytes = in.array();
        for (int i = 3; i < in.position(); i++) {
            if (bytes[i] == '\n'
                    && bytes[i - 1] == '\r'
                    && bytes[i - 2] == '\n'
                    && bytes[i - 3] == '\r') {
                return i + 1;
            }
        }
        return -1;
    }

    /// @return -1 when the head does not say it
    private static long contentLength(String head) {
        int name = head.indexOf("\r\ncontent-length:");
        if (name < 0) {
            return -1;
        }
        int start = name + "\r\ncontent-length:".length();
        String digits = head.substring(start, head.indexOf('\r', start)).strip();
        return digits.chars().allMatch(c -> c >= '0' && c <= '9') && digits.length() < 18
                ? Long.parseLong(digits)
                : -1;
    }

    /// In a JSON text a quotation mark inside a string has a backslash before it, so what is found
    /// with `true` behind it is a member.
    private boolean wantsStream(int start, int end) {
        String body = new String(in.array(), start, end - start, StandardCharsets.ISO_8859_1);
        for (int name = body.indexOf(STREAM); name >= 0; name = body.indexOf(STREAM, name + 1)) {
            int value = name + STREAM.length();
            while (value < body.length()
                    && (body.charAt(value) == ':' || body.charAt(value) <= ' ')) {
                value++;
            }
            if (body.startsWith("true", value)) {
                return true;
            }
        }
        return false;
    }

    private void answer(String head, boolean stream) throws IOException {
        if (head.startsWith("GET /v1/models ")) {
            say(upstream.answers.models);
        } else if (!head.startsWith("POST /v1/chat/completions ")) {
            say(upstream.answers.unknown);
        } else {
            answering = true;
            upstream.begun();
            long delay = upstream.pace.delay().toNanos();
            if (delay == 0) {
                begin(stream);
            } else {
                upstream.at(System.nanoTime() + delay, () -> begin(stream));
            }
        }
    }

    private void begin(boolean stream) {
        if (!stream) {
            end(upstream.answers.whole);
        } else if (upstream.pace.interval().isZero()) {
            upstream.sent(upstream.pace.tokens());
            end(upstream.answers.stream);
        } else {
            say(upstream.answers.streamBegin);
            token(System.nanoTime(), upstream.pace.tokens());
        }
    }

    /// Times are counted from the first token, so that a late one does not delay those after it.
    private void token(long dueNanos, int left) {
        if (closed) {
            return;
        }
        upstream.sent(1);
        say(upstream.answers.streamToken);
        long next = dueNanos + upstream.pace.interval().toNanos();
        upstream.at(
                next,
                left > 1 ? () -> token(next, left - 1) : () -> end(upstream.answers.streamEnd));
    }

    private void end(byte[] last) {
        ending = true;
        say(last);
    }

    private void refuse(byte[] answer) throws IOException {
        say(answer);
        close();
    }

    private void say(byte[] bytes) {
        if (closed) {
            return;
        }
        out.add(ByteBuffer.wrap(bytes));
        try {
            write();
        } catch (IOException _) {
            close();
        }
    }

    private void write() throws IOException {
        for (ByteBuffer first = out.peek(); first != null; first = out.peek()) {
            channel.write(first);
            if (first.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            out.remove();
        }
        key.interestOps(SelectionKey.OP_READ);
        if (answering && ending) {
            answering = false;
            ending = false;
            upstream.done();
            next();
        }
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        upstream.gone(answering);
        out.clear();
        in = ByteBuffer.wrap(Arrays.copyOf(in.array(), 0));
        try {
            channel.close();
        } catch (IOException _) {
            // It is gone either way.
            return;
        }
    }
}
