package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;

/// Four bits that choose from a table of sixteen values, times a scale.
///
/// ```
/// IQ4_NL  d:f16       nibbles[16]  32 numbers, x = d · table[q], table fitted to normal weights
/// MXFP4   e:E8M0      nibbles[16]  32 numbers, x = 2^(e−127) · E2M1[q]
/// NVFP4   d:UE4M3[4]  nibbles[32]  64 numbers in four groups of 16, x = d[group] · E2M1[q]
/// ```
///
/// In a group of n numbers nibble `j` holds number `j` in its low half and `j + n/2` in its high
/// half. E2M1 is kept doubled, hence whole, and its scale halved. Sources: ggml, `ggml-common.h`
/// and `ggml-quants.c`; "OCP Microscaling Formats (MX) Specification" 1.0 for MXFP4.
final class TableBlocks {
    private static final int[] NORMAL = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };
    private static final int[] E2M1_DOUBLED = {
        0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
    };

    private TableBlocks() {}

    private static void decodeGroup(
            int[] table, float d, MemorySegment from, long at, float[] to, int out, int size) {
        int half = size / 2;
        for (int j = 0; j < half; j++) {
            int pair = Bits.u8(from, at + j);
            to[out + j] = table[pair & 0xF] * d;
            to[out + j + half] = table[pair >> 4] * d;
        }
    }

    private static void encodeE2M1(
            float d, float[] from, int in, MemorySegment to, long at, int size) {
        int half = size / 2;
        for (int j = 0; j < half; j++) {
            int low = nearestE2M1(from[in + j], d);
            int high = nearestE2M1(from[in + j + half], d);
            Bits.put8(to, at + j, low | high << 4);
        }
    }

    private static int nearestE2M1(float value, float d) {
        int best = 0;
        float bestError = Math.abs(E2M1_DOUBLED[0] * d - value);
        for (int i = 1; i < E2M1_DOUBLED.length; i++) {
            float error = Math.abs(E2M1_DOUBLED[i] * d - value);
            if (error < bestError) {
                best = i;
                bestError = error;
            }
        }
        return best;
    }

    private static float magnitude(float[] from, int in, int size) {
        float magnitude = 0;
        for (int j = 0; j < size; j++) {
            magnitude = magnitude < Math.abs(from[in + j]) ? Math.abs(from[in + j]) : magnitude;
        }
        return magnitude;
    }

    static final class MxFp4 implements BlockCodec {
        private static final int SIZE = 32;
        private static final int BYTES = 1 + SIZE / 2;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                float d = halfScale(Bits.u8(from, block));
                decodeGroup(E2M1_DOUBLED, d, from, block + 1, to, start + SIZE * i, SIZE);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                int exponent = exponent(magnitude(from, in, SIZE));
                Bits.put8(to, block, exponent);
                encodeE2M1(halfScale(exponent), from, in, to, block + 1, SIZE);
            }
        }

        /// 2^(e − 128): half the E8M0 scale. The two smallest are subnormal; 255, which the
        /// standard keeps for no number, is a power of two here as in the reference.
        private static float halfScale(int e) {
            return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : e - 1 << 23);
        }

        /// The logarithm is rounded to float first, as the reference's is; where that one would
        /// wrap around below the smallest exponent, this is the smallest.
        private static int exponent(float magnitude) {
            if (magnitude == 0) {
                return 0;
            }
            float log = (float) (Math.log(magnitude) / Math.log(2));
            return Math.max(0, (int) Math.floor(log) - 2 + 127);
        }
    }

    static final class NvFp4 implements BlockCodec {
        private static final int SIZE = 64;
        private static final int GROUP = 16;
        private static final int GROUPS = SIZE / GROUP;
        private static final int BYTES = GROUPS + SIZE / 2;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int group = 0; group < GROUPS * blocks; group++) {
                long block = at + (long) BYTES * (group / GROUPS);
                int inBlock = group % GROUPS;
                float d = halfScale(Bits.u8(from, block + inBlock));
                long nibbles = block + GROUPS + (long) inBlock * (GROUP / 2);
                decodeGroup(E2M1_DOUBLED, d, from, nibbles, to, start + GROUP * group, GROUP);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int group = 0; group < GROUPS * blocks; group++) {
                long block = at + (long) BYTES * (group / GROUPS);
                int inBlock = group % GROUPS;
                int in = start + GROUP * group;
                int scale = scale(magnitude(from, in, GROUP) / 6);
                Bits.put8(to, block + inBlock, scale);
                long nibbles = block + GROUPS + (long) inBlock * (GROUP / 2);
                encodeE2M1(halfScale(scale), from, in, to, nibbles, GROUP);
            }
        }

        /// Half the value of an unsigned E4M3 number of 7 bits; the eighth is passed over except
        /// that it makes 0x7F, which is no number and counts as zero, another pattern.
        private static float halfScale(int pattern) {
            if (pattern == 0 || pattern == 0x7F) {
                return 0;
            }
            int exponent = pattern >> 3 & 0xF;
            int mantissa = pattern & 7;
            float value =
                    exponent == 0
                            ? Math.scalb((float) mantissa, -9)
                            : Math.scalb(1 + mantissa / 8f, exponent - 7);
            return value * 0.5f;
        }

        private static int scale(float value) {
            if (!(value > 0)) {
                return 0;
            }
            int bits = Float.floatToRawIntBits(Math.min(value, 448f));
            int exponent = (bits >>> 23 & 0xFF) - 127 + 7;
            if (exponent <= 0) {
                return Math.min(7, (int) (value * 512 + 0.5f));
            }
            // As in the reference, from 2^8 on all is the largest.
            int rounded = (exponent << 3) + (bits >>> 20 & 7) + (bits >>> 19 & 1);
            return rounded >= 15 << 3 ? 0x7E : rounded;
        }
    }

    static final class Iq4Nl implements BlockCodec {
        private static final int SIZE = 32;
        private static final int BYTES = 2 + SIZE / 2;
        private static final int TRIES = 7;
        private static final float TINY = 1e-15f;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                float d = Bits.half(from, block);
                decodeGroup(NORMAL, d, from, block + 2, to, start + SIZE * i, SIZE);
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                float d = search(from, in);
                float inverse = d != 0 ? 1 / d : 0;
                Bits.putHalf(to, block, d);
                for (int j = 0; j < SIZE / 2; j++) {
                    int low = nearest(inverse * from[in + j]);
                    int high = nearest(inverse * from[in + j + SIZE / 2]);
                    Bits.put8(to, block + 2 + j, low | high << 4);
                }
            }
        }

        /// The scale of the least squared error, each weighted by its number's square, among those
        /// that put the extreme number near the end of the table.
        private static float search(float[] from, int in) {
            float magnitude = 0;
            float extreme = 0;
            for (int j = 0; j < SIZE; j++) {
                if (Math.abs(from[in + j]) > magnitude) {
                    magnitude = Math.abs(from[in + j]);
                    extreme = from[in + j];
                }
            }
            if (magnitude < TINY) {
                return 0;
            }
            float d = 0;
            float best = 0;
            for (int attempt = -TRIES - 1; attempt <= TRIES; attempt++) {
                boolean first = attempt < -TRIES;
                float inverse =
                        first ? 1 / (-extreme / NORMAL[0]) : (attempt + NORMAL[0]) / extreme;
                float product = 0;
                float square = 0;
                for (int j = 0; j < SIZE; j++) {
                    float value = from[in + j];
                    float q = NORMAL[nearest(inverse * value)];
                    float weight = value * value;
                    product += weight * q * value;
                    square += weight * q * q;
                }
                if (first || square > 0 && product * product > best * square) {
                    d = square > 0 ? product / square : 0;
                    best = d * product;
                }
            }
            return d;
        }

        private static int nearest(float value) {
            int low = 0;
            int high = NORMAL.length - 1;
            if (value <= NORMAL[low]) {
                return low;
            }
            if (value >= NORMAL[high]) {
                return high;
            }
            while (high - low > 1) {
                int middle = (low + high) / 2;
                if (value < NORMAL[middle]) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return value - NORMAL[high - 1] < NORMAL[high] - value ? high - 1 : high;
        }
    }
}
