package dev.backplane.tensor.kernel;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// What tile formats share when they put blocks into tiles: both are arrays for that time, since a
/// model has a billion numbers and each is touched once.
final class Packing {
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Packing() {}

    static int u8(byte[] from, int at) {
        return from[at] & 0xFF;
    }

    static short u16(byte[] from, int at) {
        return (short) (u8(from, at) | u8(from, at + 1) << 8);
    }
}
