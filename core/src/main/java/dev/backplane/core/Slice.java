package dev.backplane.core;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/// A view of part of a byte array: how decoded strings refer to the request they arrived in without
/// being copied. Nobody changes the array while a slice of it is in use.
public record Slice(byte[] array, int offset, int length) implements Content, Comparable<Slice> {
    public static final Slice EMPTY = new Slice(new byte[0], 0, 0);

    /// What a read begins with when nobody says how much there is.
    private static final int READ_SIZE = 8 << 10;

    /// More is not reserved before it has come, whatever was announced.
    private static final int TRUSTED_LENGTH_MAX = 1 << 20;

    public Slice {
        Objects.checkFromIndexSize(offset, length, array.length);
    }

    public static Slice of(byte[] array) {
        return new Slice(array, 0, array.length);
    }

    /// The bytes of `text`; lone surrogates are kept, see [Wtf8].
    public static Slice of(String text) {
        return text.isEmpty() ? EMPTY : of(Wtf8.encode(text));
    }

    /// What is left of a stream, at most `max` bytes of it: without a copy when as much comes as
    /// was announced.
    ///
    /// @param announced a length that the sender named and that nothing depends on; below 0 for
    ///   none
    public static Slice read(InputStream in, long announced, int max) throws IOException {
        int first = announced < 0 ? READ_SIZE : (int) Math.min(announced, TRUSTED_LENGTH_MAX);
        byte[] bytes = new byte[Math.min(first, max)];
        int length = 0;
        while (length < max) {
            if (length == bytes.length) {
                int next = in.read();
                if (next < 0) {
                    break;
                }
                int capacity = (int) Math.min(max, Math.max(READ_SIZE, 2L * length));
                bytes = Arrays.copyOf(bytes, capacity);
                bytes[length++] = (byte) next;
            }
            int count = in.read(bytes, length, bytes.length - length);
            if (count < 0) {
                break;
            }
            length += count;
        }
        return new Slice(bytes, 0, length);
    }

    public byte at(int index) {
        return array[offset + Objects.checkIndex(index, length)];
    }

    /// The part from `from` (inclusive) to `to` (exclusive), sharing the array.
    public Slice slice(int from, int to) {
        Objects.checkFromToIndex(from, to, length);
        return new Slice(array, offset + from, to - from);
    }

    /// An own copy, for keeping a small part without holding on to the whole request.
    public Slice copy() {
        return of(bytes());
    }

    public byte[] bytes() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    public ByteBuffer buffer() {
        return ByteBuffer.wrap(array, offset, length).slice();
    }

    public boolean isEmpty() {
        return length == 0;
    }

    public boolean isAscii() {
        for (int i = offset; i < offset + length; i++) {
            if (array[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /// The text; lone surrogates come back as they were.
    public String text() {
        return Wtf8.decode(array, offset, length);
    }

    @Override
    public long size() {
        return length;
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(array, offset, length);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        out.write(array, offset, length);
    }

    @Override
    public Slice read(int limit) {
        return length <= limit ? this : Content.super.read(limit);
    }

    @Override
    public int compareTo(Slice other) {
        return Arrays.compareUnsigned(
                array,
                offset,
                offset + length,
                other.array,
                other.offset,
                other.offset + other.length);
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Slice other
                && Arrays.equals(
                        array,
                        offset,
                        offset + length,
                        other.array,
                        other.offset,
                        other.offset + other.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    /// For people: the text, cut after 200 bytes.
    @Override
    public String toString() {
        return length <= 200
                ? new String(array, offset, length, StandardCharsets.UTF_8)
                : new String(array, offset, 200, StandardCharsets.UTF_8) + "…" + length;
    }
}
