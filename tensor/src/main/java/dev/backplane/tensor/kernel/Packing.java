package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// What tile formats share when they put blocks into tiles.
final class Packing {
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Packing() {}

    static int u8(MemorySegment from, long at) {
        return from.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    /// Sets bits of a 16-bit lane that are still zero.
    static void or(MemorySegment tile, long at, int bits) {
        tile.set(SHORT, at, (short) (tile.get(SHORT, at) | bits));
    }
}
