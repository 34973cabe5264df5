package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q6_K in tiles of 32 rows and 256 columns, 6,720 bytes:
///
/// ```
/// d:f16[32]
/// 8 runs of 32 columns × {
///     scales of columns 0–15 (lower byte) and 16–31 (upper byte) of 32 rows, signed
///     4 × { 2 × { four columns, their lower four bits }   { eight columns, their upper two bits } }
/// }
/// ```
///
/// The sum of 8 products (q − 32) · x is within ±8 · 32 · 127 = ±32,512 and fits 16 bits; it is
/// added up modulo 2¹⁶ from −32 Σ x on, then widened. Sixteen columns share a scale, which is
/// applied in whole numbers; 32 share that of the activation.
final class Q6KTiles implements TileFormat {
    private static final int COLUMNS = 256;
    private static final int RUN = 32;
    private static final int RUNS = 8;
    private static final int EIGHT_BYTES = 3 * LINE;
    private static final int RUN_BYTES = LINE + 4 * EIGHT_BYTES;
    private static final int BYTES = LINE + RUNS * RUN_BYTES;

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
        tile.set(Packing.SHORT, 2L * lane, from.get(Packing.SHORT, at + 208));
        for (int run = 0; run < RUNS; run++) {
            long to = LINE + (long) run * RUN_BYTES + 2L * lane;
            int first = Packing.u8(from, at + 192 + 2 * run);
            int second = Packing.u8(from, at + 192 + 2 * run + 1);
            Packing.or(tile, to, first | second << 8);
            for (int k = 0; k < RUN; k++) {
                int low = low(from, at, run, k);
                int high = Packing.u8(from, at + 128 + 32 * (run / 4) + k) >> 2 * (run % 4) & 3;
                long eight = to + LINE + (long) (k / 8) * EIGHT_BYTES;
                Packing.or(tile, eight + (long) LINE * (k % 8 / 4), low << 4 * (k % 4));
                Packing.or(tile, eight + 2 * LINE, high << 2 * (k % 8));
            }
        }
    }

    private static int low(MemorySegment from, long at, int run, int k) {
        long place = at + 64L * (run / 4) + 32 * (run % 2) + k;
        return Packing.u8(from, place) >> 4 * (run % 4 / 2) & 0xF;
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
        long starts8 = x.starts8();
        long scale = x.scale();
        for (int block = 0; block < blocks; block++) {
            long tile = tiles + (long) block * BYTES;
            FloatVector scaledLow = FloatVector.zero(Memory.F);
            FloatVector scaledHigh = FloatVector.zero(Memory.F);
            for (int run = 0; run < RUNS; run++) {
                long at = tile + LINE + (long) run * RUN_BYTES;
                int index = RUNS * block + run;
                long xs = q + index * (2L * RUN);
                long starts = starts8 + index * 8L;
                IntVector first = eight(at + LINE, xs, Memory.getShort(starts));
                IntVector second =
                        eight(at + LINE + EIGHT_BYTES, xs + 16, Memory.getShort(starts + 2));
                IntVector third =
                        eight(at + LINE + 2 * EIGHT_BYTES, xs + 32, Memory.getShort(starts + 4));
                IntVector fourth =
                        eight(at + LINE + 3 * EIGHT_BYTES, xs + 48, Memory.getShort(starts + 6));
                IntVector scales = Memory.ints(at);
                float s = Memory.getFloat(scale + index * 4L);
                IntVector sum =
                        widenLow(first)
                                .add(widenLow(second))
                                .mul(byteOf(scales, 24))
                                .add(widenLow(third).add(widenLow(fourth)).mul(byteOf(scales, 16)));
                scaledLow = Nibbles.toFloat(sum).lanewise(VectorOperators.FMA, s, scaledLow);
                sum =
                        widenHigh(first)
                                .add(widenHigh(second))
                                .mul(byteOf(scales, 8))
                                .add(
                                        widenHigh(third)
                                                .add(widenHigh(fourth))
                                                .mul(byteOf(scales, 0)));
                scaledHigh = Nibbles.toFloat(sum).lanewise(VectorOperators.FMA, s, scaledHigh);
            }
            IntVector d = Memory.ints(tile);
            low = scaledLow.fma(Half.low(d), low);
            high = scaledHigh.fma(Half.high(d), high);
        }
        Memory.put(low, out);
        Memory.put(high, out + 64);
    }

    /// Adds up q · x over eight columns in 16-bit lanes, modulo 2¹⁶.
    private static IntVector eight(long lines, long x, short begin) {
        ShortVector upper = Memory.shorts(lines + 2 * LINE);
        ShortVector sum = ShortVector.broadcast(Memory.S, begin);
        sum = four(sum, Memory.shorts(lines), upper.lanewise(VectorOperators.LSHL, 4), x);
        return four(
                        sum,
                        Memory.shorts(lines + LINE),
                        upper.lanewise(VectorOperators.LSHR, 4),
                        x + 8)
                .reinterpretAsInts();
    }

    /// Of `upper` the bits 4 and 5, then 6 and 7, and so on are the upper bits of the four columns.
    private static ShortVector four(ShortVector sum, ShortVector v, ShortVector upper, long x) {
        short six = 0x30;
        short nibble = 0xF;
        ShortVector first = upper.and(six).or(v.and(nibble));
        ShortVector second =
                upper.lanewise(VectorOperators.LSHR, 2)
                        .and(six)
                        .or(v.lanewise(VectorOperators.LSHR, 4).and(nibble));
        ShortVector third =
                upper.lanewise(VectorOperators.LSHR, 4)
                        .and(six)
                        .or(v.lanewise(VectorOperators.LSHR, 8).and(nibble));
        ShortVector fourth =
                upper.lanewise(VectorOperators.LSHR, 6)
                        .and(six)
                        .or(v.lanewise(VectorOperators.LSHR, 12));
        return sum.add(first.mul(Memory.getShort(x)))
                .add(second.mul(Memory.getShort(x + 2)))
                .add(third.mul(Memory.getShort(x + 4)))
                .add(fourth.mul(Memory.getShort(x + 6)));
    }

    private static IntVector widenLow(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
    }

    private static IntVector widenHigh(IntVector pairs) {
        return pairs.lanewise(VectorOperators.ASHR, 16);
    }

    private static IntVector byteOf(IntVector v, int up) {
        return v.lanewise(VectorOperators.LSHL, up).lanewise(VectorOperators.ASHR, 24);
    }

    @Override
    public void multiplyScalar(long tiles, int blocks, QuantisedRow x, long out) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float result = 0;
            for (int block = 0; block < blocks; block++) {
                long tile = tiles + (long) block * BYTES;
                float scaled = 0;
                for (int run = 0; run < RUNS; run++) {
                    int index = RUNS * block + run;
                    int sum = 0;
                    for (int k = 0; k < RUN; k++) {
                        int activation = Memory.getShort(x.q() + 2L * (RUN * index + k));
                        sum += weight(tile, lane, run, k) * activation;
                    }
                    scaled += Memory.getFloat(x.scale() + 4L * index) * sum;
                }
                result += Half.widened(Memory.getShort(tile + 2L * lane)) * scaled;
            }
            Memory.putFloat(out + 4L * row, result);
        }
    }

    /// A number with its group's scale, but without d.
    private static int weight(long tile, int lane, int run, int k) {
        long at = tile + LINE + (long) run * RUN_BYTES + 2L * lane;
        long eight = at + LINE + (long) (k / 8) * EIGHT_BYTES;
        int low = Memory.getShort(eight + (long) LINE * (k % 8 / 4)) >> 4 * (k % 4) & 0xF;
        int high = Memory.getShort(eight + 2 * LINE) >> 2 * (k % 8) & 3;
        short scales = Memory.getShort(at);
        return (k < 16 ? (byte) scales : scales >> 8) * ((low | high << 4) - 32);
    }

    @Override
    public void decode(long tile, long panel, long stride) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            IntVector d = Memory.ints(tile + part);
            for (int run = 0; run < RUNS; run++) {
                long at = tile + part + LINE + (long) run * RUN_BYTES;
                IntVector scales = Memory.ints(at);
                for (int j = 0; j < 4; j++) {
                    int up = j < 2 ? 24 : 16;
                    decodeEight(
                            at + LINE + (long) j * EIGHT_BYTES,
                            panel + (RUN * run + 8 * j) * stride + part,
                            stride,
                            Half.low(d).mul(Nibbles.toFloat(byteOf(scales, up))),
                            Half.high(d).mul(Nibbles.toFloat(byteOf(scales, up - 16))));
                }
            }
        }
    }

    private static void decodeEight(
            long lines, long panel, long stride, FloatVector scaleLow, FloatVector scaleHigh) {
        IntVector upper = Memory.ints(lines + 2 * LINE);
        for (int k = 0; k < 8; k++) {
            IntVector v = Memory.ints(lines + (long) LINE * (k / 4));
            FloatVector low = six(v, upper, 4 * (k % 4), 2 * k);
            FloatVector high = six(v, upper, 16 + 4 * (k % 4), 16 + 2 * k);
            Memory.put(low.mul(scaleLow), panel + k * stride);
            Memory.put(high.mul(scaleHigh), panel + k * stride + 64);
        }
    }

    private static FloatVector six(IntVector v, IntVector upper, int shift, int upperShift) {
        IntVector low = v.lanewise(VectorOperators.LSHR, shift).and(0xF);
        IntVector high =
                upper.lanewise(VectorOperators.LSHR, upperShift)
                        .and(3)
                        .lanewise(VectorOperators.LSHL, 4);
        return Nibbles.toFloat(low.or(high).sub(32));
    }

    @Override
    public void decodeScalar(long tile, long panel, long stride) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float d = Half.widened(Memory.getShort(tile + 2L * lane));
            for (int k = 0; k < COLUMNS; k++) {
                float value = d * weight(tile, lane, k / RUN, k % RUN);
                Memory.putFloat(panel + k * stride + 4L * row, value);
            }
        }
    }
}
