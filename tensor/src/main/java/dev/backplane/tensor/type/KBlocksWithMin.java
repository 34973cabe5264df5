package dev.backplane.tensor.type;

import dev.backplane.tensor.type.ScaleSearch.Steps;
import java.lang.foreign.MemorySegment;

/// Blocks of 256 numbers in groups: x = d · scale[group] · q − dmin · min[group], all whole numbers
/// not negative.
///
/// ```
/// Q2_K  scales[16] low[64] d:f16 dmin:f16                84 bytes: 16 groups of 16, q to 3
/// Q4_K  d:f16 dmin:f16 scales[12] nibbles[128]          144 bytes: 8 groups of 32, q to 15
/// Q5_K  d:f16 dmin:f16 scales[12] high[32] nibbles[128] 176 bytes: 8 groups of 32, q to 31
/// ```
///
/// - Q2_K: scales and mins go to 15; `scales[g]` has the scale in its low and the min in its high
///   half. Bits 2k and 2k+1 of `low[32h+j]` are number 128h+32k+j.
/// - Q4_K, Q5_K: nibble pair 32p+j is number 64p+j and, in the high half, number 64p+32+j. Bit `g`
///   of `high[j]` is the fifth bit of number 32g+j.
/// - Their scales and mins go to 63. Those of groups 0 to 3 are the low six bits of `scales[g]` and
///   `scales[g+4]`. Of groups 4 to 7 the low four bits are the halves of `scales[g+4]`, and the
///   upper two are the top bits of `scales[g-4]` and `scales[g]`.
///
/// Source: ggml, `ggml-common.h` and `ggml-quants.c`.
final class KBlocksWithMin {
    private static final int SIZE = 256;

    private KBlocksWithMin() {}

    private static float max(float[] values) {
        float max = 0;
        for (float value : values) {
            max = value > max ? value : max;
        }
        return max;
    }

    /// Chooses levels again, now for the scale and min as they are stored.
    private static void requantise(
            int[] levels, float[] x, int in, int place, int size, float d, float min, int top) {
        if (d == 0) {
            return;
        }
        for (int i = place; i < place + size; i++) {
            levels[i] = ScaleSearch.bounded(0, ScaleSearch.nearest((x[in + i] + min) / d), top);
        }
    }

    static final class Q2K implements BlockCodec {
        private static final int GROUP = 16;
        private static final int GROUPS = 16;
        private static final int LOW = 16;
        private static final int D = 80;
        private static final int DMIN = 82;
        private static final int BYTES = 84;
        private static final int TOP = 3;
        private static final Steps STEPS = new Steps(-0.5f, 15, true);

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                float d = Bits.half(from, block + D);
                float dmin = Bits.half(from, block + DMIN);
                for (int group = 0; group < GROUPS; group++) {
                    int packed = Bits.u8(from, block + group);
                    float scale = d * (packed & 0xF);
                    float min = dmin * (packed >> 4);
                    int run = group / 2;
                    long low = block + LOW + 32L * (run / 4) + GROUP * (group % 2);
                    int out = start + SIZE * i + GROUP * group;
                    for (int j = 0; j < GROUP; j++) {
                        int q = Bits.u8(from, low + j) >> 2 * (run % 4) & 3;
                        to[out + j] = scale * q - min;
                    }
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            ScaleSearch search = new ScaleSearch();
            float[] scales = new float[GROUPS];
            float[] mins = new float[GROUPS];
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                int in = start + SIZE * i;
                for (int group = 0; group < GROUPS; group++) {
                    int place = GROUP * group;
                    for (int j = 0; j < GROUP; j++) {
                        search.weights[j] = Math.abs(from[in + place + j]);
                    }
                    scales[group] = search.withMin(from, in + place, GROUP, TOP, place, STEPS);
                    mins[group] = search.min();
                }
                putScales(scales, mins, to, block);
                float d = Bits.half(to, block + D);
                float dmin = Bits.half(to, block + DMIN);
                for (int group = 0; group < GROUPS; group++) {
                    int packed = Bits.u8(to, block + group);
                    float scale = d * (packed & 0xF);
                    float min = dmin * (packed >> 4);
                    requantise(search.levels, from, in, GROUP * group, GROUP, scale, min, TOP);
                }
                pack(search.levels, to, block);
            }
        }

        private static void putScales(float[] scales, float[] mins, MemorySegment to, long block) {
            float maxScale = max(scales);
            float maxMin = max(mins);
            float inverseScale = maxScale > 0 ? 15 / maxScale : 0;
            float inverseMin = maxMin > 0 ? 15 / maxMin : 0;
            for (int group = 0; group < GROUPS; group++) {
                int scale = ScaleSearch.nearest(inverseScale * scales[group]);
                int min = ScaleSearch.nearest(inverseMin * mins[group]);
                Bits.put8(to, block + group, scale | min << 4);
            }
            Bits.putHalf(to, block + D, maxScale / 15);
            Bits.putHalf(to, block + DMIN, maxMin / 15);
        }

        private static void pack(int[] levels, MemorySegment to, long block) {
            for (int j = 0; j < 64; j++) {
                int low = 0;
                for (int k = 0; k < 4; k++) {
                    low |= levels[128 * (j / 32) + 32 * k + j % 32] << 2 * k;
                }
                Bits.put8(to, block + LOW + j, low);
            }
        }
    }

    /// What Q4_K and Q5_K share: d, dmin and the twelve bytes of scales and mins.
    static final class SixBitScales {
        static final int GROUP = 32;
        static final int GROUPS = 8;
        static final int BYTES = 16;
        private static final int SCALES = 4;

        private SixBitScales() {}

        static float scale(MemorySegment from, long block, int group) {
            long at = block + SCALES + group;
            int scale =
                    group < 4
                            ? Bits.u8(from, at) & 63
                            : Bits.u8(from, at + 4) & 0xF | Bits.u8(from, at - 4) >> 6 << 4;
            return Bits.half(from, block) * scale;
        }

        static float min(MemorySegment from, long block, int group) {
            long at = block + SCALES + group;
            int min =
                    group < 4
                            ? Bits.u8(from, at + 4) & 63
                            : Bits.u8(from, at + 4) >> 4 | Bits.u8(from, at) >> 6 << 4;
            return Bits.half(from, block + 2) * min;
        }

        static void put(float[] scales, float[] mins, MemorySegment to, long block) {
            float maxScale = max(scales);
            float maxMin = max(mins);
            float inverseScale = maxScale > 0 ? 63 / maxScale : 0;
            float inverseMin = maxMin > 0 ? 63 / maxMin : 0;
            for (int group = 0; group < GROUPS; group++) {
                int scale = sixBits(inverseScale * scales[group]);
                int min = sixBits(inverseMin * mins[group]);
                long at = block + SCALES + group;
                if (group < 4) {
                    Bits.put8(to, at, scale);
                    Bits.put8(to, at + 4, min);
                } else {
                    Bits.put8(to, at + 4, scale & 0xF | (min & 0xF) << 4);
                    Bits.put8(to, at - 4, Bits.u8(to, at - 4) | scale >> 4 << 6);
                    Bits.put8(to, at, Bits.u8(to, at) | min >> 4 << 6);
                }
            }
            Bits.putHalf(to, block, maxScale / 63);
            Bits.putHalf(to, block + 2, maxMin / 63);
        }

        private static int sixBits(float value) {
            return Math.min(63, ScaleSearch.nearest(value) & 0xFF);
        }

        /// Fits all groups, writes scales and mins, leaves the levels in `search`.
        static void fit(
                ScaleSearch search,
                float[] from,
                int in,
                int top,
                Steps steps,
                MemorySegment to,
                long block) {
            float[] scales = new float[GROUPS];
            float[] mins = new float[GROUPS];
            for (int group = 0; group < GROUPS; group++) {
                int place = GROUP * group;
                weigh(search.weights, from, in + place);
                scales[group] = search.withMin(from, in + place, GROUP, top, place, steps);
                mins[group] = search.min();
            }
            put(scales, mins, to, block);
            for (int group = 0; group < GROUPS; group++) {
                float d = scale(to, block, group);
                float min = min(to, block, group);
                requantise(search.levels, from, in, GROUP * group, GROUP, d, min, top);
            }
        }

        /// The larger a number, the more its error counts; the mean keeps small ones in play.
        private static void weigh(float[] weights, float[] from, int in) {
            float square = 0;
            for (int j = 0; j < GROUP; j++) {
                square += from[in + j] * from[in + j];
            }
            float mean = (float) Math.sqrt(square / GROUP);
            for (int j = 0; j < GROUP; j++) {
                weights[j] = mean + Math.abs(from[in + j]);
            }
        }
    }

    static final class Q4K implements BlockCodec {
        private static final int BYTES = 144;
        private static final int TOP = 15;
        private static final Steps STEPS = new Steps(-1f, 20, false);

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                for (int group = 0; group < SixBitScales.GROUPS; group++) {
                    float d = SixBitScales.scale(from, block, group);
                    float min = SixBitScales.min(from, block, group);
                    long nibbles = block + SixBitScales.BYTES + 32L * (group / 2);
                    int shift = 4 * (group % 2);
                    int out = start + SIZE * i + SixBitScales.GROUP * group;
                    for (int j = 0; j < SixBitScales.GROUP; j++) {
                        to[out + j] = d * (Bits.u8(from, nibbles + j) >> shift & 0xF) - min;
                    }
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            ScaleSearch search = new ScaleSearch();
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                SixBitScales.fit(search, from, start + SIZE * i, TOP, STEPS, to, block);
                putNibbles(search.levels, to, block + SixBitScales.BYTES);
            }
        }
    }

    private static void putNibbles(int[] levels, MemorySegment to, long at) {
        for (int j = 0; j < 128; j++) {
            int low = 64 * (j / 32) + j % 32;
            Bits.put8(to, at + j, levels[low] & 0xF | (levels[low + 32] & 0xF) << 4);
        }
    }

    static final class Q5K implements BlockCodec {
        private static final int BYTES = 176;
        private static final int HIGH = 16;
        private static final int NIBBLES = 48;
        private static final int TOP = 31;
        private static final Steps STEPS = new Steps(-0.5f, 15, false);

        @Override
        public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                for (int group = 0; group < SixBitScales.GROUPS; group++) {
                    float d = SixBitScales.scale(from, block, group);
                    float min = SixBitScales.min(from, block, group);
                    long nibbles = block + NIBBLES + 32L * (group / 2);
                    int shift = 4 * (group % 2);
                    int out = start + SIZE * i + SixBitScales.GROUP * group;
                    for (int j = 0; j < SixBitScales.GROUP; j++) {
                        int fifth = Bits.u8(from, block + HIGH + j) >> group & 1;
                        int q = Bits.u8(from, nibbles + j) >> shift & 0xF | fifth << 4;
                        to[out + j] = d * q - min;
                    }
                }
            }
        }

        @Override
        public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
            ScaleSearch search = new ScaleSearch();
            for (int i = 0; i < blocks; i++) {
                long block = at + (long) BYTES * i;
                SixBitScales.fit(search, from, start + SIZE * i, TOP, STEPS, to, block);
                putNibbles(search.levels, to, block + NIBBLES);
                for (int j = 0; j < 32; j++) {
                    int high = 0;
                    for (int group = 0; group < SixBitScales.GROUPS; group++) {
                        high |= (search.levels[32 * group + j] >> 4) << group;
                    }
                    Bits.put8(to, block + HIGH + j, high);
                }
            }
        }
    }
}
