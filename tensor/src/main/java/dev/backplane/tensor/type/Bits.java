package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Reads and writes the little-endian numbers that blocks are made of.
final class Bits {
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Bits() {}

    /// A byte as it is, -128 to 127.
    static int i8(MemorySegment from, long at) {
        return from.get(ValueLayout.JAVA_BYTE, at);
    }

    /// A byte as 0 to 255.
    static int u8(MemorySegment from, long at) {
        return from.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    static void put8(MemorySegment to, long at, int value) {
        to.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    static float half(MemorySegment from, long at) {
        return Float.float16ToFloat(from.get(SHORT, at));
    }

    static void putHalf(MemorySegment to, long at, float value) {
        to.set(SHORT, at, Float.floatToFloat16(value));
    }
}
