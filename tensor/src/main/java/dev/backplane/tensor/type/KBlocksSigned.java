package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 256 numbers in 16 groups of 16: x = d · scale[group] · q, q signed.
///
/// ```
/// Q3_K  high[32]  low[64]  scales[12]     d:f16   q −4 to 3,   scale −32 to 31   110 bytes
/// Q6_K  low[128]  high[64] scales:i8[16]  d:f16   q −32 to 31, scale −128 to 127 210 bytes
/// ```
///
/// In halves of 128 numbers. Q3_K: bits 2k and 2k+1 of `low[32 h + j]` are the low bits of number
/// 128 h + 32 k + j, bit 4 h + k of `high[j]` its third. The lower four bits of scale `g` are in
/// nibble g / 8 of `scales[g % 8]`, the upper two at 2 · (g / 4) of `scales[8 + g % 4]`. Q6_K: the
/// lower four bits of number 128 h + 32 k + j are in `low[64 h + 32 (k % 2) + j]`, in the high half
/// for k of 2 and 3; its upper two at 2 k of `high[32 h + j]`. Source: ggml, `ggml-common.h` and
/// `ggml-quants.c`.
final class KBlocksSigned {
    private static final int SIZE = 256;
    private static final int GROUP = 16;
    private static final int GROUPS = SIZE / GROUP;

    private KBlocksSigned() {}

    /// Chooses levels again, now for the scales as they are stored.
    private static void requantise(
            ScaleSearch search, float[] x, int in, int group, float d, int bound) {
        if (d == 0) {
            return;
        }
        for (int i = GROUP * group; i < GROUP * (group + 1); i++) {
            int q = ScaleSearch.nearest(x[in + i] / d);
            search.levels[i] = bound + ScaleSearch.bounded(-bound, q, bound - 1);
        }
    }

    private static float extreme(float[] scales) {
        float extreme = 0;
        for (float scale : scales) {
            extreme = Math.abs(scale) > Math.abs(extreme) ? scale : extreme;
        }
        return extreme;
    }

    static final class Q3K implements BlockCodec {
        private static final int LOW = 32;
        private static final int SCALES = 96;
        private static final int D = 108;
        private static final int BYTES = 110;
        private static final int BOUND = 4;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                float d = Bits.half(from, block + D);
                for (int group = 0; group < GROUPS; group++) {
                    float scale = d * scale(from, block, group);
                    int run = group / 2;
                    long low = block + LOW + 32L * (run / 4) + GROUP * (group % 2);
                    long high = block + GROUP * (group % 2);
                    int out = start + SIZE * i + GROUP * group;
                    for (int j = 0; j < GROUP; j++) {
                        int q = Bits.u8(from, low + j) >> 2 * (run % 4) & 3;
                        int third = Bits.u8(from, high + j) >> run & 1;
                        to[out + j] = scale * (q - 4 + 4 * third);
                    }
                }
            }
        }

        private static int scale(MemorySegment from, long block, int group) {
            int low = Bits.u8(from, block + SCALES + group % 8) >> 4 * (group / 8) & 0xF;
            int high = Bits.u8(from, block + SCALES + 8 + group % 4) >> 2 * (group / 4) & 3;
            return (low | high << 4) - 32;
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            ScaleSearch search = new ScaleSearch();
            float[] scales = new float[GROUPS];
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                for (int group = 0; group < GROUPS; group++) {
                    int place = GROUP * group;
                    scales[group] = search.signedByMoves(from, in + place, GROUP, BOUND, place);
                }
                float extreme = extreme(scales);
                float inverse = extreme != 0 ? -32 / extreme : 0;
                putScales(scales, inverse, to, block);
                Bits.putHalf(to, block + D, extreme != 0 ? 1 / inverse : 0);
                float d = Bits.half(to, block + D);
                for (int group = 0; group < GROUPS; group++) {
                    float scale = d * scale(to, block, group);
                    requantise(search, from, in, group, scale, BOUND);
                }
                pack(search.levels, to, block);
            }
        }

        /// Without an extreme scale the reference writes zero bytes, which mean −32.
        private static void putScales(float[] scales, float inverse, MemorySegment to, long block) {
            to.asSlice(block + SCALES, 12).fill((byte) 0);
            for (int group = 0; group < GROUPS && inverse != 0; group++) {
                int nearest = (byte) ScaleSearch.nearest(inverse * scales[group]);
                int scale = ScaleSearch.bounded(-32, nearest, 31) + 32;
                or(to, block + SCALES + group % 8, (scale & 0xF) << 4 * (group / 8));
                or(to, block + SCALES + 8 + group % 4, scale >> 4 << 2 * (group / 4));
            }
        }

        private static void or(MemorySegment to, long at, int bits) {
            Bits.put8(to, at, Bits.u8(to, at) | bits);
        }

        private static void pack(int[] levels, MemorySegment to, long block) {
            for (int j = 0; j < 32; j++) {
                int high = 0;
                for (int run = 0; run < 8; run++) {
                    high |= (levels[32 * run + j] >> 2 & 1) << run;
                }
                Bits.put8(to, block + j, high);
            }
            for (int j = 0; j < 64; j++) {
                int low = 0;
                for (int k = 0; k < 4; k++) {
                    low |= (levels[128 * (j / 32) + 32 * k + j % 32] & 3) << 2 * k;
                }
                Bits.put8(to, block + LOW + j, low);
            }
        }
    }

    static final class Q6K implements BlockCodec {
        private static final int HIGH = 128;
        private static final int SCALES = 192;
        private static final int D = 208;
        private static final int BYTES = 210;
        private static final int BOUND = 32;
        private static final float TINY = 1e-15f;

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                float d = Bits.half(from, block + D);
                for (int group = 0; group < GROUPS; group++) {
                    float scale = d * from.get(ValueLayout.JAVA_BYTE, block + SCALES + group);
                    int half = group / 8;
                    int run = group / 2 % 4;
                    int offset = GROUP * (group % 2);
                    long low = block + 64L * half + 32 * (run % 2) + offset;
                    long high = block + HIGH + 32L * half + offset;
                    int out = start + SIZE * i + GROUP * group;
                    for (int j = 0; j < GROUP; j++) {
                        int q = Bits.u8(from, low + j) >> 4 * (run / 2) & 0xF;
                        int upper = Bits.u8(from, high + j) >> 2 * run & 3;
                        to[out + j] = scale * ((q | upper << 4) - BOUND);
                    }
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            ScaleSearch search = new ScaleSearch();
            float[] scales = new float[GROUPS];
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                for (int group = 0; group < GROUPS; group++) {
                    int place = GROUP * group;
                    scales[group] = search.signed(from, in + place, GROUP, BOUND, place);
                }
                float extreme = extreme(scales);
                if (Math.abs(extreme) < TINY) {
                    to.asSlice(block, BYTES).fill((byte) 0);
                    continue;
                }
                float inverse = -128 / extreme;
                Bits.putHalf(to, block + D, 1 / inverse);
                float d = Bits.half(to, block + D);
                for (int group = 0; group < GROUPS; group++) {
                    int scale = Math.min(127, ScaleSearch.nearest(inverse * scales[group]));
                    Bits.put8(to, block + SCALES + group, scale);
                    requantise(search, from, in, group, d * (byte) scale, BOUND);
                }
                pack(search.levels, to, block);
            }
        }

        private static void pack(int[] levels, MemorySegment to, long block) {
            for (int j = 0; j < 64; j++) {
                int half = 128 * (j / 32) + j % 32;
                int high = 0;
                for (int k = 0; k < 4; k++) {
                    high |= (levels[half + 32 * k] >> 4) << 2 * k;
                }
                Bits.put8(to, block + HIGH + j, high);
                for (int k = 0; k < 2; k++) {
                    int pair =
                            levels[half + 32 * k] & 0xF | (levels[half + 32 * k + 64] & 0xF) << 4;
                    Bits.put8(to, block + 64L * (j / 32) + 32 * k + j % 32, pair);
                }
            }
        }
    }
}
