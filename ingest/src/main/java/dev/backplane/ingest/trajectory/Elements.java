package dev.backplane.ingest.trajectory;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/// The JSON values of a file, one at a time: the elements of one array, lines, or values one after
/// the other.
///
/// Which it is shows early: `[` first means an array; otherwise a first value that ends on its
/// first line means lines, each on its own, so that a bad one costs only itself. Brackets and
/// strings are followed, nothing else is checked. For use by one thread.
final class Elements {
    private static final int BLOCK = 64 << 10;

    private enum Mode {
        START,
        ARRAY,
        LINES,
        VALUES,
        END
    }

    /// @param line of the file on which it starts, from 1
    /// @param tooLong whether only its start is here
    record Element(Slice text, long line, boolean tooLong) {}

    private final InputStream in;
    private final int lengthMax;
    private final byte[] block = new byte[BLOCK];
    private int at;
    private int filled;
    private long bytes;
    private long line = 1;
    private Mode mode = Mode.START;
    private byte[] text = new byte[1024];
    private int length;
    private boolean tooLong;
    private boolean first = true;

    Elements(InputStream in, int lengthMax) {
        this.in = in;
        this.lengthMax = lengthMax;
    }

    /// Read so far.
    long bytes() {
        return bytes;
    }

    boolean inArray() {
        return mode == Mode.ARRAY;
    }

    /// The next value; empty at the end.
    ///
    /// @throws Problem `INVALID` if the file is not JSON or breaks off
    Optional<Element> next() {
        int c = skipSpace();
        if (mode == Mode.START) {
            start(c);
            c = skipSpace();
        }
        if (mode == Mode.ARRAY) {
            if (c == ',') {
                take();
                c = skipSpace();
            }
            if (c == ']') {
                mode = Mode.END;
            }
        }
        if (c < 0) {
            if (mode == Mode.ARRAY) {
                throw broken("file ends inside its array");
            }
            mode = Mode.END;
        }
        return mode == Mode.END ? Optional.empty() : Optional.of(element());
    }

    private void start(int c) {
        if (c < 0) {
            mode = Mode.END;
        } else if (c == '[') {
            take();
            mode = Mode.ARRAY;
        } else if (c == '{') {
            mode = Mode.VALUES;
        } else {
            throw Problem.invalid("file is neither a JSON array nor JSON lines", "byte " + bytes)
                    .fix("import chat trajectories, OTLP JSON or native spans, plain or gzipped");
        }
    }

    private Element element() {
        long startLine = line;
        length = 0;
        tooLong = false;
        if (mode == Mode.LINES) {
            line();
        } else {
            value();
            if (first && line == startLine && mode == Mode.VALUES) {
                mode = endsLine() ? Mode.LINES : Mode.VALUES;
            }
            first = false;
        }
        return new Element(new Slice(text, 0, length).copy(), startLine, tooLong);
    }

    private boolean endsLine() {
        int c = peek();
        while (c == ' ' || c == '\r') {
            take();
            c = peek();
        }
        return c == '\n';
    }

    private void line() {
        for (int c = peek(); c >= 0 && c != '\n'; c = peek()) {
            keep(take());
        }
    }

    /// A value up to where its brackets close, or for a scalar to the next separator.
    private void value() {
        int depth = 0;
        boolean string = false;
        boolean escape = false;
        for (int c = peek(); c >= 0; c = peek()) {
            boolean separator = c == ',' || c == ']' || c == '}' || c <= ' ';
            if (!string && depth == 0 && length > 0 && separator) {
                return;
            }
            keep(take());
            if (string) {
                string = escape || c != '"';
                escape = !escape && c == '\\';
            } else if (c == '"') {
                string = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
            }
            if (!string && depth <= 0 && (c == '}' || c == ']' || c == '"')) {
                return;
            }
        }
        if (depth > 0 || string) {
            throw broken("file ends inside a value");
        }
    }

    private void keep(int c) {
        if (length == lengthMax) {
            tooLong = true;
            return;
        }
        if (length == text.length) {
            text = Arrays.copyOf(text, (int) Math.min(lengthMax, length * 2L));
        }
        text[length++] = (byte) c;
    }

    private int skipSpace() {
        int c = peek();
        while (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            take();
            c = peek();
        }
        return c;
    }

    private int take() {
        byte c = block[at++];
        bytes++;
        if (c == '\n') {
            line++;
        }
        return c;
    }

    /// The next byte, or -1 at the end; bytes above 127 are given as positive numbers.
    private int peek() {
        if (at == filled) {
            try {
                filled = Math.max(0, in.read(block, 0, BLOCK));
                at = 0;
            } catch (IOException e) {
                throw broken("file breaks off").causedBy(e);
            }
        }
        return at < filled ? block[at] & 0xFF : -1;
    }

    private Problem broken(String what) {
        return Problem.invalid(what, "line " + line).fix("check that the file is complete");
    }
}
