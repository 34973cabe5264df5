package dev.backplane.tensor.type;

import dev.backplane.core.Problem;
import java.lang.foreign.MemorySegment;

/// Whole numbers of 1, 2, 4 or 8 bytes, two's complement or, of one byte, unsigned. As floats they
/// are exact up to 2^24 and rounded above.
final class Integers implements BlockCodec {
    private final int bytes;
    private final double min;
    private final double max;

    Integers(int bytes, boolean signed) {
        this.bytes = bytes;
        this.min = signed ? -Math.scalb(1.0, 8 * bytes - 1) : 0;
        this.max = Math.scalb(1.0, signed ? 8 * bytes - 1 : 8 * bytes) - 1;
    }

    @Override
    public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
        for (int i = 0; i < blocks; i++) {
            long place = at + (long) bytes * i;
            to[start + i] =
                    switch (bytes) {
                        case 1 -> min == 0 ? Bits.u8(from, place) : Bits.i8(from, place);
                        case 2 -> from.get(Bits.SHORT, place);
                        case 4 -> (float) from.get(Bits.INT, place);
                        default -> (float) from.get(Bits.LONG, place);
                    };
        }
    }

    @Override
    public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
        for (int i = 0; i < blocks; i++) {
            long place = at + (long) bytes * i;
            long whole = whole(from[start + i]);
            switch (bytes) {
                case 1 -> Bits.put8(to, place, (int) whole);
                case 2 -> to.set(Bits.SHORT, place, (short) whole);
                case 4 -> to.set(Bits.INT, place, (int) whole);
                default -> to.set(Bits.LONG, place, whole);
            }
        }
    }

    private long whole(float value) {
        double rounded = Math.rint(value);
        if (!(rounded >= min && rounded <= max)) {
            throw Problem.invalid(
                            "%s does not fit a whole number of %d bytes".formatted(value, bytes),
                            "weights")
                    .fix("keep numbers from %.0f to %.0f".formatted(min, max));
        }
        return (long) rounded;
    }
}
