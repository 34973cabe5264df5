package dev.backplane.core;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/// The lines of a stream, each in an array of its own, none above a limit. Empty lines are passed
/// over; the last need not end in a newline. For use by one thread.
public final class Lines {
    private static final int BLOCK = 64 << 10;

    private final InputStream in;
    private final int lengthMax;
    private final byte[] block = new byte[BLOCK];
    private int at;
    private int filled;
    private byte[] line = new byte[256];
    private int length;
    private long number;
    private long start;
    private long bytes;
    private boolean tooLong;

    public Lines(InputStream in, int lengthMax) {
        this.in = in;
        this.lengthMax = lengthMax;
    }

    /// The next line that is not blank; empty at the end. Of a line above the limit its start.
    ///
    /// @throws Problem `INVALID` if the stream breaks off
    public Optional<Slice> next() {
        while (readLine()) {
            number++;
            Slice read = new Slice(line, 0, length);
            if (!blank(read)) {
                return Optional.of(read.copy());
            }
        }
        return Optional.empty();
    }

    /// Of the line just read, from 1.
    public long number() {
        return number;
    }

    /// Where the line just read begins: the bytes before it.
    public long start() {
        return start;
    }

    /// Whether the line just read was above the limit.
    public boolean tooLong() {
        return tooLong;
    }

    /// Read so far.
    public long bytes() {
        return bytes;
    }

    private boolean readLine() {
        length = 0;
        start = bytes;
        tooLong = false;
        while (fill()) {
            int end = at;
            while (end < filled && block[end] != '\n') {
                end++;
            }
            append(end);
            boolean ended = end < filled;
            bytes += end - at + (ended ? 1 : 0);
            at = ended ? end + 1 : end;
            if (ended) {
                return true;
            }
        }
        return length > 0;
    }

    private void append(int end) {
        int part = Math.min(end - at, lengthMax - length);
        tooLong |= part < end - at;
        if (length + part > line.length) {
            int size = (int) Math.min(lengthMax, Math.max(length + part, line.length * 2L));
            line = Arrays.copyOf(line, size);
        }
        System.arraycopy(block, at, line, length, part);
        length += part;
    }

    private boolean fill() {
        if (at < filled) {
            return true;
        }
        try {
            filled = Math.max(0, in.read(block, 0, BLOCK));
            at = 0;
            return filled > 0;
        } catch (IOException e) {
            throw Problem.invalid("body breaks off", "line " + (number + 1))
                    .fix("send it again")
                    .causedBy(e);
        }
    }

    private static boolean blank(Slice line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.at(i) > ' ' || line.at(i) < 0) {
                return false;
            }
        }
        return true;
    }
}
