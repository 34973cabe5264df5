package dev.backplane.store.event;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads what [ByteWriter] wrote; every read is checked, and damage is a [Problem] of kind
/// `INTERNAL`, never another exception. Not thread-safe.
public final class ByteReader {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private final int end;
    private int at;

    public ByteReader(Slice slice) {
        this.bytes = slice.array();
        this.at = slice.offset();
        this.end = slice.offset() + slice.length();
    }

    public int remaining() {
        return end - at;
    }

    /// The position in the underlying array.
    public int position() {
        return at;
    }

    public void skip(int count) {
        need(count);
        at += count;
    }

    public int get() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    public int getInt() {
        need(4);
        int value = (int) INT.get(bytes, at);
        at += 4;
        return value;
    }

    public long getLong() {
        need(8);
        long value = (long) LONG.get(bytes, at);
        at += 8;
        return value;
    }

    public long getVar() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = get();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw damaged("a number is longer than ten bytes");
    }

    /// A varint that must lie in `0..max`.
    public int getVarInt(int max) {
        long value = getVar();
        if (value < 0 || value > max) {
            throw damaged("number " + value + " is not in 0.." + max);
        }
        return (int) value;
    }

    public long getZigZag() {
        long value = getVar();
        return value >>> 1 ^ -(value & 1);
    }

    public Slice getBytes() {
        int length = getVarInt(remaining());
        need(length);
        Slice slice = new Slice(bytes, at, length);
        at += length;
        return slice;
    }

    public String getText() {
        return getBytes().text();
    }

    private void need(int count) {
        if (count < 0 || end - at < count) {
            throw damaged("needs " + count + " more bytes, has " + (end - at));
        }
    }

    private static Problem damaged(String what) {
        return Problem.internal("damaged record: " + what, "store")
                .fix("run backplane store verify");
    }
}
