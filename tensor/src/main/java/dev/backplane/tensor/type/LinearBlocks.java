package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 32 numbers with one scale: q times d, or q times d plus m.
///
/// ```
/// Q4_0  d:f16                 nibbles[16]    x = d(q − 8)      18 bytes
/// Q4_1  d:f16 m:f16           nibbles[16]    x = d q + m       20 bytes
/// Q5_0  d:f16       high:u32  nibbles[16]    x = d(q − 16)     22 bytes
/// Q5_1  d:f16 m:f16 high:u32  nibbles[16]    x = d q + m       24 bytes
/// Q8_0  d:f16                 bytes[32]      x = d q           34 bytes
/// ```
///
/// Nibble `j` holds number `j` in its low half and number `j + 16` in its high half; bit `j` of
/// `high` is the fifth bit of number `j`. Source: ggml, `ggml-common.h` and the
/// `quantize_row_q*_ref` of `ggml-quants.c`.
final class LinearBlocks {
    private static final int SIZE = 32;
    private static final int HALF = SIZE / 2;

    private LinearBlocks() {}

    /// Of the numbers of a block the one that is farthest from zero, with its sign: it gets the
    /// most negative q, of which there is one more than positive ones.
    private static float extreme(float[] from, int start) {
        float magnitude = 0;
        float extreme = 0;
        for (int j = 0; j < SIZE; j++) {
            float value = from[start + j];
            if (magnitude < Math.abs(value)) {
                magnitude = Math.abs(value);
                extreme = value;
            }
        }
        return extreme;
    }

    private static float min(float[] from, int start) {
        float min = Float.MAX_VALUE;
        for (int j = 0; j < SIZE; j++) {
            min = from[start + j] < min ? from[start + j] : min;
        }
        return min;
    }

    private static float max(float[] from, int start) {
        float max = -Float.MAX_VALUE;
        for (int j = 0; j < SIZE; j++) {
            max = from[start + j] > max ? from[start + j] : max;
        }
        return max;
    }

    private static float inverse(float d) {
        return d != 0 ? 1 / d : 0;
    }

    /// Rounds as the reference does: adds the offset with its half, cuts, bounds above.
    private static int level(float scaled, float offset, int max) {
        return Math.min(max, (byte) (int) (scaled + offset)) & max;
    }

    static final class Q4_0 implements BlockCodec {
        private static final int BYTES = 2 + HALF;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int out = start + SIZE * i;
                float d = Bits.half(from, block);
                for (int j = 0; j < HALF; j++) {
                    int pair = Bits.u8(from, block + 2 + j);
                    to[out + j] = ((pair & 0xF) - 8) * d;
                    to[out + j + HALF] = ((pair >> 4) - 8) * d;
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float d = extreme(from, in) / -8;
                float inverse = inverse(d);
                Bits.putHalf(to, block, d);
                for (int j = 0; j < HALF; j++) {
                    int low = level(from[in + j] * inverse, 8.5f, 15);
                    int high = level(from[in + j + HALF] * inverse, 8.5f, 15);
                    Bits.put8(to, block + 2 + j, low | high << 4);
                }
            }
        }
    }

    static final class Q4_1 implements BlockCodec {
        private static final int BYTES = 4 + HALF;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int out = start + SIZE * i;
                float d = Bits.half(from, block);
                float m = Bits.half(from, block + 2);
                for (int j = 0; j < HALF; j++) {
                    int pair = Bits.u8(from, block + 4 + j);
                    to[out + j] = (pair & 0xF) * d + m;
                    to[out + j + HALF] = (pair >> 4) * d + m;
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float m = min(from, in);
                float d = (max(from, in) - m) / 15;
                float inverse = inverse(d);
                Bits.putHalf(to, block, d);
                Bits.putHalf(to, block + 2, m);
                for (int j = 0; j < HALF; j++) {
                    int low = level((from[in + j] - m) * inverse, 0.5f, 15);
                    int high = level((from[in + j + HALF] - m) * inverse, 0.5f, 15);
                    Bits.put8(to, block + 4 + j, low | high << 4);
                }
            }
        }
    }

    /// The fifth bits of the two numbers of nibble pair `j`, each at its place of value 16.
    private static int fifthLow(int high, int j) {
        return high >>> j << 4 & 0x10;
    }

    private static int fifthHigh(int high, int j) {
        return high >>> j + 12 & 0x10;
    }

    /// Packs the levels 0 to 31 of pair `j` to `to` and returns their fifth bits in place.
    private static int putFive(MemorySegment to, long at, int j, int low, int high) {
        Bits.put8(to, at + j, low & 0xF | (high & 0xF) << 4);
        return (low & 0x10) >> 4 << j | (high & 0x10) >> 4 << j + HALF;
    }

    static final class Q5_0 implements BlockCodec {
        private static final int BYTES = 6 + HALF;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int out = start + SIZE * i;
                float d = Bits.half(from, block);
                int fifth = from.get(Bits.INT, block + 2);
                for (int j = 0; j < HALF; j++) {
                    int pair = Bits.u8(from, block + 6 + j);
                    to[out + j] = ((pair & 0xF | fifthLow(fifth, j)) - 16) * d;
                    to[out + j + HALF] = ((pair >> 4 | fifthHigh(fifth, j)) - 16) * d;
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float d = extreme(from, in) / -16;
                float inverse = inverse(d);
                int fifth = 0;
                for (int j = 0; j < HALF; j++) {
                    int low = level(from[in + j] * inverse, 16.5f, 31);
                    int high = level(from[in + j + HALF] * inverse, 16.5f, 31);
                    fifth |= putFive(to, block + 6, j, low, high);
                }
                Bits.putHalf(to, block, d);
                to.set(Bits.INT, block + 2, fifth);
            }
        }
    }

    static final class Q5_1 implements BlockCodec {
        private static final int BYTES = 8 + HALF;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int out = start + SIZE * i;
                float d = Bits.half(from, block);
                float m = Bits.half(from, block + 2);
                int fifth = from.get(Bits.INT, block + 4);
                for (int j = 0; j < HALF; j++) {
                    int pair = Bits.u8(from, block + 8 + j);
                    to[out + j] = (pair & 0xF | fifthLow(fifth, j)) * d + m;
                    to[out + j + HALF] = (pair >> 4 | fifthHigh(fifth, j)) * d + m;
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float m = min(from, in);
                float d = (max(from, in) - m) / 31;
                float inverse = inverse(d);
                int fifth = 0;
                for (int j = 0; j < HALF; j++) {
                    int low = level((from[in + j] - m) * inverse, 0.5f, 31);
                    int high = level((from[in + j + HALF] - m) * inverse, 0.5f, 31);
                    fifth |= putFive(to, block + 8, j, low, high);
                }
                Bits.putHalf(to, block, d);
                Bits.putHalf(to, block + 2, m);
                to.set(Bits.INT, block + 4, fifth);
            }
        }
    }

    static final class Q8_0 implements BlockCodec {
        private static final int BYTES = 2 + SIZE;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int out = start + SIZE * i;
                float d = Bits.half(from, block);
                for (int j = 0; j < SIZE; j++) {
                    to[out + j] = from.get(ValueLayout.JAVA_BYTE, block + 2 + j) * d;
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float d = Math.abs(extreme(from, in)) / 127;
                float inverse = inverse(d);
                Bits.putHalf(to, block, d);
                for (int j = 0; j < SIZE; j++) {
                    Bits.put8(to, block + 2 + j, away(from[in + j] * inverse));
                }
            }
        }

        /// The nearest whole number, halves away from zero (C's `roundf`).
        private static int away(float value) {
            float cut = (int) value;
            float rest = value - cut;
            return (int) cut + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
        }
    }
}
