package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Q4_0 in tiles of 32 rows and 32 columns, 576 bytes:
///
/// ```
/// scales:f16[32]   8 × { columns 4j to 4j + 3 of 32 rows, the lowest four bits first }
/// ```
///
/// The sum of 32 products (q − 8) · x is within ±32 · 8 · 127 = ±32,512 and so fits 16 bits. It may
/// therefore be added up modulo 2¹⁶ with q as it is, beginning at −8 Σ x, and nothing has to be
/// widened inside a block.
final class Q4Tiles implements TileFormat {
    private static final int COLUMNS = 32;
    private static final int BYTES = LINE + 8 * LINE;

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
            int q = Packing.u8(from, at + 2 + k % 16) >> (k < 16 ? 0 : 4) & 0xF;
            Packing.or(tile, LINE * (1L + k / 4) + 2L * lane, q << 4 * (k % 4));
        }
    }

    @Override
    public void multiply(long tiles, int blocks, QuantisedRow x, long out) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            multiplyPart(tiles + part, blocks, x.q(), x.start(), x.scale(), out + part);
        }
    }

    private static void multiplyPart(
            long tiles, int blocks, long q, long start, long scale, long out) {
        FloatVector low = FloatVector.zero(Memory.F);
        FloatVector high = FloatVector.zero(Memory.F);
        for (int block = 0; block < blocks; block++) {
            long tile = tiles + (long) block * BYTES;
            short begin = Memory.getShort(start + block * 2L);
            IntVector sums = Nibbles.sum(tile + LINE, q + (long) block * (2 * COLUMNS), begin);
            IntVector d = Memory.ints(tile);
            float s = Memory.getFloat(scale + block * 4L);
            low = Nibbles.low(sums).mul(Half.low(d)).lanewise(VectorOperators.FMA, s, low);
            high = Nibbles.high(sums).mul(Half.high(d)).lanewise(VectorOperators.FMA, s, high);
        }
        Memory.put(low, out);
        Memory.put(high, out + 64);
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
                    sum += (Nibbles.at(tile + LINE, lane, k) - 8) * activation;
                }
                float d = Half.widened(Memory.getShort(tile + 2L * lane));
                result += d * sum * Memory.getFloat(x.scale() + 4L * block);
            }
            Memory.putFloat(out + 4L * row, result);
        }
    }

    @Override
    public void decode(long tile, long panel, long stride) {
        for (int part = 0; part < LINE; part += 4 * LANES) {
            IntVector d = Memory.ints(tile + part);
            FloatVector low = Half.low(d);
            FloatVector high = Half.high(d);
            Nibbles.decode(
                    tile + part + LINE, panel + part, stride, low, low.mul(-8), high, high.mul(-8));
        }
    }

    @Override
    public void decodeScalar(long tile, long panel, long stride) {
        for (int row = 0; row < ROWS; row++) {
            int lane = TileFormat.lane(row);
            float d = Half.widened(Memory.getShort(tile + 2L * lane));
            for (int k = 0; k < COLUMNS; k++) {
                float value = d * (Nibbles.at(tile + LINE, lane, k) - 8);
                Memory.putFloat(panel + k * stride + 4L * row, value);
            }
        }
    }
}
