package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Q4_K in tiles of 32 rows and 256 columns, 4,736 bytes (a block's six-bit scales are widened to
/// eight, which adds 2.8 %):
///
/// ```
/// d:f16[32]  dmin:f16[32]
/// 8 groups × { scale (lower byte) and min (upper byte) of 32 rows   8 × { four columns } }
/// ```
///
/// A group of 32 columns gives scale · Σ q x and, beside it, min · Σ x; d and dmin are applied once
/// a block. Σ q x itself does not fit 16 bits, Σ (q − 8) x does: the missing 8 Σ x is added after
/// widening.
final class Q4KTiles implements TileFormat {
    private static final int COLUMNS = 256;
    private static final int GROUP = 32;
    private static final int GROUPS = 8;
    private static final int HEAD = 2 * LINE;
    private static final int GROUP_BYTES = 9 * LINE;
    private static final int BYTES = HEAD + GROUPS * GROUP_BYTES;

    @Override
    public int blockColumns() {
        return COLUMNS;
    }

    @Override
    public int tileBytes() {
        return BYTES;
    }

    @Override
    public void pack(MemorySegment from, long at, int row, MemorySegment tile) {
        int lane = TileFormat.lane(row);
        tile.set(Packing.SHORT, 2L * lane, from.get(Packing.SHORT, at));
        tile.set(Packing.SHORT, LINE + 2L * lane, from.get(Packing.SHORT, at + 2));
        for (int group = 0; group < GROUPS; group++) {
            long to = HEAD + (long) group * GROUP_BYTES;
            Packing.or(tile, to + 2L * lane, scaleAndMin(from, at + 4, group));
            long nibbles = at + 16 + 32L * (group / 2);
            for (int k = 0; k < GROUP; k++) {
                int q = Packing.u8(from, nibbles + k) >> 4 * (group % 2) & 0xF;
                Packing.or(tile, to + LINE * (1L + k / 4) + 2L * lane, q << 4 * (k % 4));
            }
        }
    }

    private static int scaleAndMin(MemorySegment from, long scales, int group) {
        long at = scales + group;
        if (group < 4) {
            return Packing.u8(from, at) & 63 | (Packing.u8(from, at + 4) & 63) << 8;
        }
        int scale = Packing.u8(from, at + 4) & 0xF | Packing.u8(from, at - 4) >> 6 << 4;
        int min = Packing.u8(from, at + 4) >> 4 | Packing.u8(from, at) >> 6 << 4;
        return scale | min << 8;
    }

    @Override
    public void multiply(long tiles, int blocks, QuantisedRow x, long out) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            multiplyPart(tiles + part, blocks, x, out + part);
        }
    }

    private static void multiplyPart(long tiles, int blocks, QuantisedRow x, long out) {
        FloatVector low = FloatVector.zero(Memory.F);
        FloatVector high = FloatVector.zero(Memory.F);
        long q = x.q();
        long start = x.start();
        long scale = x.scale();
        long sum = x.sum();
        for (int block = 0; block < blocks; block++) {
            long tile = tiles + (long) block * BYTES;
            FloatVector scaledLow = FloatVector.zero(Memory.F);
            FloatVector scaledHigh = FloatVector.zero(Memory.F);
            FloatVector minLow = FloatVector.zero(Memory.F);
            FloatVector minHigh = FloatVector.zero(Memory.F);
            for (int group = 0; group < GROUPS; group++) {
                long at = tile + HEAD + (long) group * GROUP_BYTES;
                int index = GROUPS * block + group;
                short begin = Memory.getShort(start + index * 2L);
                IntVector sums = Nibbles.sum(at + LINE, q + index * (2L * GROUP), begin);
                IntVector both = Memory.ints(at);
                float s = Memory.getFloat(scale + index * 4L);
                float missing = Memory.getFloat(sum + index * 4L);
                FloatVector factor = byteOf(both, 0);
                scaledLow = Nibbles.low(sums).mul(s).add(8 * missing).fma(factor, scaledLow);
                factor = byteOf(both, 16);
                scaledHigh = Nibbles.high(sums).mul(s).add(8 * missing).fma(factor, scaledHigh);
                minLow = byteOf(both, 8).lanewise(VectorOperators.FMA, missing, minLow);
                minHigh = byteOf(both, 24).lanewise(VectorOperators.FMA, missing, minHigh);
            }
            IntVector d = Memory.ints(tile);
            IntVector dmin = Memory.ints(tile + LINE);
            low = scaledLow.fma(Half.low(d), low).sub(minLow.mul(Half.low(dmin)));
            high = scaledHigh.fma(Half.high(d), high).sub(minHigh.mul(Half.high(dmin)));
        }
        Memory.put(low, out);
        Memory.put(high, out + 64);
    }

    private static FloatVector byteOf(IntVector v, int shift) {
        return Nibbles.toFloat(v.lanewise(VectorOperators.LSHR, shift).and(0xFF));
    }

    @Override
    public void multiplyScalar(long tiles, int blocks, QuantisedRow x, long out) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float result = 0;
            for (int block = 0; block < blocks; block++) {
                long tile = tiles + (long) block * BYTES;
                float scaled = 0;
                float min = 0;
                for (int group = 0; group < GROUPS; group++) {
                    long at = tile + HEAD + (long) group * GROUP_BYTES;
                    int index = GROUPS * block + group;
                    int sum = 0;
                    for (int k = 0; k < GROUP; k++) {
                        int activation = Memory.getShort(x.q() + 2L * (GROUP * index + k));
                        sum += Nibbles.at(at + LINE, lane, k) * activation;
                    }
                    int both = Memory.getShort(at + 2L * lane);
                    scaled += Memory.getFloat(x.scale() + 4L * index) * sum * (both & 0xFF);
                    min += Memory.getFloat(x.sum() + 4L * index) * (both >> 8 & 0xFF);
                }
                result += Half.widened(Memory.getShort(tile + 2L * lane)) * scaled;
                result -= Half.widened(Memory.getShort(tile + LINE + 2L * lane)) * min;
            }
            Memory.putFloat(out + 4L * row, result);
        }
    }

    @Override
    public void decode(long tile, long panel, long stride) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            IntVector d = Memory.ints(tile + part);
            IntVector dmin = Memory.ints(tile + part + LINE);
            for (int group = 0; group < GROUPS; group++) {
                long at = tile + part + HEAD + (long) group * GROUP_BYTES;
                IntVector both = Memory.ints(at);
                Nibbles.decode(
                        at + LINE,
                        panel + GROUP * group * stride + part,
                        stride,
                        Half.low(d).mul(byteOf(both, 0)),
                        Half.low(dmin).mul(byteOf(both, 8)).neg(),
                        Half.high(d).mul(byteOf(both, 16)),
                        Half.high(dmin).mul(byteOf(both, 24)).neg());
            }
        }
    }

    @Override
    public void decodeScalar(long tile, long panel, long stride) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float d = Half.widened(Memory.getShort(tile + 2L * lane));
            float dmin = Half.widened(Memory.getShort(tile + LINE + 2L * lane));
            for (int k = 0; k < COLUMNS; k++) {
                long at = tile + HEAD + (long) (k / GROUP) * GROUP_BYTES;
                int both = Memory.getShort(at + 2L * lane);
                float value =
                        d * (both & 0xFF) * Nibbles.at(at + LINE, lane, k % GROUP)
                                - dmin * (both >> 8 & 0xFF);
                Memory.putFloat(panel + k * stride + 4L * row, value);
            }
        }
    }
}
