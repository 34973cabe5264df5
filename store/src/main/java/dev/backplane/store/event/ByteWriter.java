package dev.backplane.store.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/// A growing byte array with the few encodings that our formats use: little-endian fixed numbers,
/// LEB128 varints, length-prefixed bytes. Not thread-safe.
public final class ByteWriter {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private int size;

    public ByteWriter(int capacity) {
        this.bytes = new byte[Math.max(16, capacity)];
    }

    public int size() {
        return size;
    }

    public void clear() {
        size = 0;
    }

    /// Takes back what was written after the first `length` bytes.
    public void truncate(int length) {
        size = Objects.checkIndex(length, size + 1);
    }

    public byte[] array() {
        return bytes;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    public ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    public ByteWriter put(int value) {
        grow(1);
        bytes[size++] = (byte) value;
        return this;
    }

    public ByteWriter putInt(int value) {
        grow(4);
        INT.set(bytes, size, value);
        size += 4;
        return this;
    }

    public ByteWriter putLong(long value) {
        grow(8);
        LONG.set(bytes, size, value);
        size += 8;
        return this;
    }

    /// Overwrites four bytes written before.
    public void setInt(int at, int value) {
        INT.set(bytes, at, value);
    }

    /// Overwrites eight bytes written before.
    public void setLong(int at, long value) {
        LONG.set(bytes, at, value);
    }

    public ByteWriter putVar(long value) {
        grow(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    /// For numbers that may be negative.
    public ByteWriter putZigZag(long value) {
        return putVar(value << 1 ^ value >> 63);
    }

    public ByteWriter put(byte[] source, int offset, int length) {
        grow(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
        return this;
    }

    /// Length and bytes.
    public ByteWriter putBytes(byte[] source, int offset, int length) {
        return putVar(length).put(source, offset, length);
    }

    /// Length and WTF-8 bytes.
    public ByteWriter putText(String text) {
        byte[] encoded = dev.backplane.core.Wtf8.encode(text);
        return putBytes(encoded, 0, encoded.length);
    }

    private void grow(int more) {
        if (bytes.length - size < more) {
            int wanted = Math.addExact(size, more);
            int doubled = (int) Math.min(Integer.MAX_VALUE - 16L, bytes.length * 2L);
            bytes = Arrays.copyOf(bytes, Math.max(wanted, doubled));
        }
    }
}
