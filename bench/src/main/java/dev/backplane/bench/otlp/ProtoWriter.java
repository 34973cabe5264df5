package dev.backplane.bench.otlp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes the protobuf wire format (protobuf.dev/programming-guides/encoding) into a growing array.
///
/// | wire type | what | written as |
/// |---|---|---|
/// | 0 | varint | 7 bits a byte, low ones first |
/// | 1 | fixed64 | 8 bytes, little-endian |
/// | 2 | string, bytes, message | varint length, then the bytes |
///
/// The length of a message is known only when it ends: [#begin] leaves one byte for it, and [#end]
/// moves the body if that was too few, so the encoding is minimal. Not thread-safe.
final class ProtoWriter {
    private byte[] bytes = new byte[4 << 10];
    private int size;

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }

    private void tag(int field, int wireType) {
        varint(((long) field << 3) | wireType);
    }

    private void varint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    void number(int field, long value) {
        tag(field, 0);
        varint(value);
    }

    void flag(int field, boolean value) {
        number(field, value ? 1 : 0);
    }

    void fixed64(int field, long value) {
        tag(field, 1);
        ensure(8);
        for (int i = 0; i < 8; i++) {
            bytes[size++] = (byte) (value >>> (8 * i));
        }
    }

    void real(int field, double value) {
        fixed64(field, Double.doubleToRawLongBits(value));
    }

    void text(int field, String text) {
        bytes(field, text.getBytes(StandardCharsets.UTF_8));
    }

    void bytes(int field, byte[] value) {
        tag(field, 2);
        varint(value.length);
        raw(value);
    }

    /// Bytes of a message that [#begin] opened.
    void raw(byte[] value) {
        ensure(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
    }

    /// Opens a message, string or bytes field; what it returns is for [#end].
    int begin(int field) {
        tag(field, 2);
        ensure(1);
        return ++size;
    }

    void end(int start) {
        int length = size - start;
        int extra = (31 - Integer.numberOfLeadingZeros(length | 1)) / 7;
        ensure(extra);
        System.arraycopy(bytes, start, bytes, start + extra, length);
        size = start - 1;
        varint(length);
        size = start + extra + length;
    }
}
