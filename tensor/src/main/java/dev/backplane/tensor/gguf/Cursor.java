package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Walks through mapped bytes; never past their end.
final class Cursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final String source;
    private long position;

    Cursor(MemorySegment bytes, String source) {
        this.bytes = bytes;
        this.source = source;
    }

    String source() {
        return source;
    }

    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    int u8(String what) {
        return bytes.get(ValueLayout.JAVA_BYTE, advance(1, what)) & 0xFF;
    }

    int u16(String what) {
        return bytes.get(SHORT, advance(2, what)) & 0xFFFF;
    }

    long u32(String what) {
        return bytes.get(INT, advance(4, what)) & 0xFFFF_FFFFL;
    }

    /// Eight bytes as they are: negative when the number is above 2^63.
    long u64(String what) {
        return bytes.get(LONG, advance(8, what));
    }

    MemorySegment bytes(long length, String what) {
        return bytes.asSlice(advance(length, what), length);
    }

    /// A string's bytes.
    MemorySegment string(String what) {
        return bytes(u64(what), what);
    }

    /// The bytes between a former position and now.
    MemorySegment since(long start) {
        return bytes.asSlice(start, position - start);
    }

    /// A number of things that take at least `bytesMin` bytes each, so that the rest of the file
    /// can hold them, and that are at most `most`.
    long count(int bytesMin, long most, String what) {
        long count = u64(what);
        if (count < 0 || count > most) {
            throw refused("%s %s".formatted(Long.toUnsignedString(count), what))
                    .fix("at most %,d are accepted".formatted(most));
        }
        if (count > remaining() / bytesMin) {
            throw refused(
                            "%,d %s do not fit the %,d bytes left"
                                    .formatted(count, what, remaining()))
                    .fix(WHOLE);
        }
        return count;
    }

    Problem refused(String what) {
        return Problem.invalid(what, source + ", byte " + position);
    }

    static final String WHOLE = "the file is damaged or cut off: fetch it again";

    private long advance(long length, String what) {
        if (length < 0 || length > remaining()) {
            throw refused(
                            "%s needs %s bytes, the file has %,d left"
                                    .formatted(what, Long.toUnsignedString(length), remaining()))
                    .fix(WHOLE);
        }
        long start = position;
        position += length;
        return start;
    }
}
