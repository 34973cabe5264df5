package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;

/// IEEE 754 numbers of 64, 32 and 16 bits, and BF16. Rounding is to the nearest, ties to even; what
/// is too large becomes infinite.
final class Floats {
    private Floats() {}

    static final class F32 implements BlockCodec {
        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to[start + i] = from.get(Bits.FLOAT, at + 4L * i);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to.set(Bits.FLOAT, at + 4L * i, from[start + i]);
            }
        }
    }

    static final class F16 implements BlockCodec {
        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to[start + i] = Bits.half(from, at + 2L * i);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                Bits.putHalf(to, at + 2L * i, from[start + i]);
            }
        }
    }

    static final class BF16 implements BlockCodec {
        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to[start + i] = Float.intBitsToFloat(from.get(Bits.SHORT, at + 2L * i) << 16);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to.set(Bits.SHORT, at + 2L * i, round(from[start + i]));
            }
        }

        private static short round(float value) {
            int bits = Float.floatToRawIntBits(value);
            if (Float.isNaN(value)) {
                return (short) (bits >>> 16 | 64);
            }
            return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
        }
    }

    static final class F64 implements BlockCodec {
        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to[start + i] = (float) from.get(Bits.DOUBLE, at + 8L * i);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                to.set(Bits.DOUBLE, at + 8L * i, from[start + i]);
            }
        }
    }
}
