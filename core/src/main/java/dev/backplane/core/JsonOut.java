package dev.backplane.core;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/// Puts a JSON text together from parts, some of which are JSON already. Commas come by themselves.
/// Whether brackets match is the caller's concern. For use by one thread.
public final class JsonOut {
    private final Bytes out;
    private boolean first = true;

    public JsonOut() {
        this(256);
    }

    /// @param capacity how many bytes the text will have, about
    public JsonOut(int capacity) {
        out = new Bytes(capacity);
    }

    public JsonOut beginObject() {
        return begin('{');
    }

    public JsonOut endObject() {
        return end('}');
    }

    public JsonOut beginArray() {
        return begin('[');
    }

    public JsonOut endArray() {
        return end(']');
    }

    /// The name of the member whose value comes next.
    public JsonOut name(String name) {
        separate();
        write(name);
        out.write(':');
        first = true;
        return this;
    }

    public JsonOut text(Content text) {
        separate();
        write(text, true);
        return this;
    }

    public JsonOut text(String text) {
        separate();
        write(text);
        return this;
    }

    /// A value that is JSON already.
    public JsonOut json(Content json) {
        separate();
        write(json, false);
        return this;
    }

    /// A number, `true`, `false` or `null`.
    public JsonOut literal(String literal) {
        separate();
        byte[] bytes = literal.getBytes(StandardCharsets.US_ASCII);
        out.write(bytes, 0, bytes.length);
        return this;
    }

    /// A double with its decimal point, so that it comes back as one; null if it is not finite.
    public JsonOut real(double value) {
        return literal(Double.isFinite(value) ? Double.toString(value) : "null");
    }

    public JsonOut base64(Slice bytes) {
        return text(Slice.of(Base64.getEncoder().encode(bytes.bytes())));
    }

    /// What was put together; more may follow.
    public Slice slice() {
        return out.slice();
    }

    private JsonOut begin(char bracket) {
        separate();
        out.write(bracket);
        first = true;
        return this;
    }

    private JsonOut end(char bracket) {
        out.write(bracket);
        first = false;
        return this;
    }

    private void separate() {
        if (!first) {
            out.write(',');
        }
        first = false;
    }

    /// Most strings are ASCII without anything to escape.
    private void write(String text) {
        if (!out.writePlain(text)) {
            write(Slice.of(text), true);
        }
    }

    private void write(Content content, boolean escaped) {
        try {
            if (escaped) {
                Json.writeText(content, out);
            } else {
                content.writeTo(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A growing array. What was handed out as a slice is never written again: only what comes
    /// after it is.
    private static final class Bytes extends OutputStream {
        private byte[] array;
        private int size;

        Bytes(int capacity) {
            array = new byte[capacity];
        }

        @Override
        public void write(int value) {
            require(1);
            array[size++] = (byte) value;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            require(length);
            System.arraycopy(bytes, offset, array, size, length);
            size += length;
        }

        /// Writes a JSON string unless there is something in it to escape or to encode.
        ///
        /// @return whether it was written
        boolean writePlain(String text) {
            int length = text.length();
            require(length + 2);
            int at = size;
            array[at++] = '"';
            for (int i = 0; i < length; i++) {
                char c = text.charAt(i);
                if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                    return false;
                }
                array[at++] = (byte) c;
            }
            array[at++] = '"';
            size = at;
            return true;
        }

        private void require(int more) {
            if (more > array.length - size) {
                array = Arrays.copyOf(array, Math.max(array.length * 2, size + more));
            }
        }

        /// Without holding on to much that is not used.
        Slice slice() {
            return size < array.length / 2
                    ? Slice.of(Arrays.copyOf(array, size))
                    : new Slice(array, 0, size);
        }
    }
}
