package dev.backplane.bench.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Finds the end of an HTTP/1.1 answer as its bytes come (RFC 9112, 6 and 7.1): a head, then a body
/// of the announced length or in chunks. Interim answers (1xx) are passed over. What it reads is a
/// measured server's, so anything else is an [IllegalStateException]. For one thread.
final class AnswerScanner {
    private static final int LINE_BYTES_MAX = 8 << 10;
    private static final long EVENT_END = '\n' << 8 | '\n';
    private static final long DONE = tailOf("[DONE]\n\n");

    private enum State {
        STATUS,
        HEADER,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        COMPLETE
    }

    private final byte[] line = new byte[LINE_BYTES_MAX];
    private int lineLength;
    private State state = State.STATUS;
    private int status;
    private boolean chunked;
    private long left;
    private long bodyBytes;
    private long tail;
    private long events;

    void reset() {
        lineLength = 0;
        state = State.STATUS;
        status = 0;
        chunked = false;
        left = 0;
        bodyBytes = 0;
        tail = 0;
        events = 0;
    }

    /// Takes all bytes there are, up to the end of the answer.
    ///
    /// @return whether it is complete
    boolean take(ByteBuffer in) {
        while (in.hasRemaining() && state != State.COMPLETE) {
            switch (state) {
                case STATUS, HEADER, CHUNK_SIZE, CHUNK_END, TRAILER -> takeLine(in);
                case BODY, CHUNK -> takeBody(in);
                case COMPLETE -> throw new IllegalStateException("answer is complete");
            }
        }
        return state == State.COMPLETE;
    }

    int status() {
        return status;
    }

    long bodyBytes() {
        return bodyBytes;
    }

    /// Empty lines of the body, each of which ends an event.
    long events() {
        return events;
    }

    /// Whether the body ends as a stream of OpenAI's does.
    boolean endsWithDone() {
        return tail == DONE;
    }

    private static long tailOf(String text) {
        long tail = 0;
        for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
            tail = tail << 8 | b & 0xFF;
        }
        return tail;
    }

    private void takeBody(ByteBuffer in) {
        int count = (int) Math.min(left, in.remaining());
        int end = in.position() + count;
        for (int i = in.position(); i < end; i++) {
            tail = tail << 8 | in.get(i) & 0xFF;
            if ((tail & 0xFFFF) == EVENT_END) {
                events++;
            }
        }
        in.position(end);
        left -= count;
        bodyBytes += count;
        if (left == 0) {
            state = chunked ? State.CHUNK_END : State.COMPLETE;
        }
    }

    private void takeLine(ByteBuffer in) {
        while (in.hasRemaining()) {
            byte b = in.get();
            if (b == '\n') {
                int length =
                        lineLength > 0 && line[lineLength - 1] == '\r'
                                ? lineLength - 1
                                : lineLength;
                lineLength = 0;
                line(length);
                return;
            }
            if (lineLength == line.length) {
                throw new IllegalStateException("answer has a line without an end");
            }
            line[lineLength++] = b;
        }
    }

    private void line(int length) {
        switch (state) {
            case STATUS -> {
                String text = new String(line, 0, length, StandardCharsets.ISO_8859_1);
                if (!text.startsWith("HTTP/1.") || length < 12) {
                    throw new IllegalStateException("answer is not HTTP/1.1");
                }
                status = Integer.parseInt(text.substring(9, 12));
                state = State.HEADER;
            }
            case HEADER -> header(length);
            case CHUNK_SIZE -> {
                left = chunkSize(length);
                state = left == 0 ? State.TRAILER : State.CHUNK;
            }
            case CHUNK_END -> state = State.CHUNK_SIZE;
            case TRAILER -> state = length == 0 ? State.COMPLETE : State.TRAILER;
            case BODY, CHUNK, COMPLETE -> throw new IllegalStateException("no line here");
        }
    }

    private void header(int length) {
        if (length == 0) {
            if (status / 100 == 1) {
                state = State.STATUS;
            } else if (chunked) {
                state = State.CHUNK_SIZE;
            } else {
                state = left == 0 ? State.COMPLETE : State.BODY;
            }
        } else if (is("content-length:", length)) {
            left = Long.parseLong(value("content-length:", length));
        } else if (is("transfer-encoding:", length)) {
            chunked = value("transfer-encoding:", length).endsWith("chunked");
        }
    }

    private boolean is(String name, int length) {
        if (length < name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (Character.toLowerCase(line[i]) != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String value(String name, int length) {
        return new String(line, name.length(), length - name.length(), StandardCharsets.ISO_8859_1)
                .strip();
    }

    private long chunkSize(int length) {
        long size = 0;
        for (int i = 0; i < length && line[i] != ';'; i++) {
            int digit = Character.digit(line[i], 16);
            if (digit < 0) {
                throw new IllegalStateException("answer has a chunk without a size");
            }
            size = size << 4 | digit;
        }
        return size;
    }
}
