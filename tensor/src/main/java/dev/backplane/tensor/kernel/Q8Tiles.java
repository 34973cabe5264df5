package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q8_0 in tiles of 32 rows and 32 columns, 1,088 bytes:
///
/// ```
/// scales:f16[32]   16 × { columns 2j (lower byte) and 2j + 1 (upper byte) of 32 rows }
/// ```
///
/// Two products of 8-bit numbers within ±127 fit 16 bits (2 · 127 · 127 < 2¹⁵), so columns are
/// added in pairs before they are widened. Weights of −128, which ggml does not write, become −127.
final class Q8Tiles implements TileFormat {
    private static final int COLUMNS = 32;
    private static final int BYTES = LINE + 16 * LINE;

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
        for (int k = 0; k < COLUMNS; k++) {
            byte q = (byte) Math.max(-127, from.get(ValueLayout.JAVA_BYTE, at + 2 + k));
            long line = LINE * (1L + k / 2);
            tile.set(ValueLayout.JAVA_BYTE, line + 2L * lane + k % 2, q);
        }
    }

    @Override
    public void multiply(long tiles, int blocks, QuantisedRow x, long out) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            multiplyPart(tiles + part, blocks, x.q(), x.scale(), out + part);
        }
    }

    private static void multiplyPart(long tiles, int blocks, long q, long scale, long out) {
        FloatVector low = FloatVector.zero(Memory.F);
        FloatVector high = FloatVector.zero(Memory.F);
        for (int block = 0; block < blocks; block++) {
            long tile = tiles + (long) block * BYTES;
            long x = q + (long) block * (2 * COLUMNS);
            IntVector sumLow = IntVector.zero(Memory.I);
            IntVector sumHigh = IntVector.zero(Memory.I);
            for (int j = 0; j < 16; j += 2) {
                IntVector first = pair(tile + LINE + (long) j * LINE, x + j * 4L);
                IntVector second = pair(tile + 2 * LINE + (long) j * LINE, x + 4 + j * 4L);
                sumLow = sumLow.add(signedLow(first)).add(signedLow(second));
                sumHigh =
                        sumHigh.add(first.lanewise(VectorOperators.ASHR, 16))
                                .add(second.lanewise(VectorOperators.ASHR, 16));
            }
            IntVector d = Memory.ints(tile);
            float s = Memory.getFloat(scale + block * 4L);
            low = toFloat(sumLow).mul(Half.low(d)).lanewise(VectorOperators.FMA, s, low);
            high = toFloat(sumHigh).mul(Half.high(d)).lanewise(VectorOperators.FMA, s, high);
        }
        Memory.put(low, out);
        Memory.put(high, out + 64);
    }

    /// Products of two columns with their activations, in 16-bit lanes seen as pairs.
    private static IntVector pair(long line, long x) {
        ShortVector both = Memory.shorts(line);
        ShortVector even = both.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 8);
        ShortVector odd = both.lanewise(VectorOperators.ASHR, 8);
        return even.mul(Memory.getShort(x))
                .add(odd.mul(Memory.getShort(x + 2)))
                .reinterpretAsInts();
    }

    private static IntVector signedLow(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
    }

    private static FloatVector toFloat(IntVector values) {
        return (FloatVector) values.convertShape(VectorOperators.I2F, Memory.F, 0);
    }

    @Override
    public void multiplyScalar(long tiles, int blocks, QuantisedRow x, long out) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float result = 0;
            for (int block = 0; block < blocks; block++) {
                long tile = tiles + (long) block * BYTES;
                int sum = 0;
                for (int k = 0; k < COLUMNS; k++) {
                    int activation = Memory.getShort(x.q() + 2L * (COLUMNS * block + k));
                    sum += weight(tile, lane, k) * activation;
                }
                float d = Half.widened(Memory.getShort(tile + 2L * lane));
                result += d * sum * Memory.getFloat(x.scale() + 4L * block);
            }
            Memory.putFloat(out + 4L * row, result);
        }
    }

    private static int weight(long tile, int lane, int k) {
        short both = Memory.getShort(tile + LINE * (1L + k / 2) + 2L * lane);
        return k % 2 == 0 ? (byte) both : both >> 8;
    }

    @Override
    public void decode(long tile, long panel, long stride) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            IntVector d = Memory.ints(tile + part);
            FloatVector low = Half.low(d);
            FloatVector high = Half.high(d);
            for (int k = 0; k < COLUMNS; k += 2) {
                IntVector v = Memory.ints(tile + part + LINE * (1L + k / 2));
                long to = panel + k * stride + part;
                Memory.put(low.mul(field(v, 24)), to);
                Memory.put(high.mul(field(v, 8)), to + 64);
                Memory.put(low.mul(field(v, 16)), to + stride);
                Memory.put(high.mul(field(v, 0)), to + stride + 64);
            }
        }
    }

    /// The signed byte of each lane that is at the top after a shift.
    private static FloatVector field(IntVector v, int up) {
        return toFloat(v.lanewise(VectorOperators.LSHL, up).lanewise(VectorOperators.ASHR, 24));
    }

    @Override
    public void decodeScalar(long tile, long panel, long stride) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float d = Half.widened(Memory.getShort(tile + 2L * lane));
            for (int k = 0; k < COLUMNS; k++) {
                Memory.putFloat(panel + k * stride + 4L * row, d * weight(tile, lane, k));
            }
        }
    }
}
