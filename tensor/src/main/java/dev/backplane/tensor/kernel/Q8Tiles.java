package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.kernel.Activations.Form;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q8_0 in tiles of 32 rows and 32 columns, 1,088 bytes:
///
/// ```
/// scales:f16[32]   16 × { 256 · column 2j + 1 plus column 2j, of 32 rows }
/// ```
///
/// Two products of 8-bit numbers within ±127 fit 16 bits (2 · 127 · 127 < 2¹⁵), so columns are
/// added in pairs, modulo 2¹⁶ ([Activations] says how that saves unpacking one of them). Sixteen
/// such pairs are added up without being widened: as Σ p (mod 2¹⁶) and as Σ ⌊p / 256⌋, which fits.
/// Their difference Σ p − 256 Σ ⌊p / 256⌋ is within 16 · 255, so it is known, too, and with it the
/// exact sum. Weights of −128, which ggml does not write, become −127.
final class Q8Tiles implements TileFormat {
    private static final int BYTES = LINE + 16 * LINE;

    /// A whole number below 2²² as the lowest bits of a float.
    private static final int FLOAT_BITS = 0x4B40_0000;

    private static final float FLOAT_BASE = 0x1.8p23f;

    @Override
    public int blockColumns() {
        return RUN;
    }

    @Override
    public int tileBytes() {
        return BYTES;
    }

    @Override
    public Form form() {
        return Form.PAIRS;
    }

    @Override
    public boolean hasOffsets() {
        return false;
    }

    @Override
    public void pack(byte[] block, int row, short[] tile) {
        int lane = TileFormat.lane(row);
        tile[row] = Packing.u16(block, 0);
        for (int k = 0; k < RUN; k += 2) {
            int even = Math.max(-127, block[2 + k]);
            int odd = Math.max(-127, block[3 + k]);
            tile[LINE_LANES * (1 + k / 2) + lane] = (short) (256 * odd + even);
        }
    }

    @Override
    public void factors(long tiles, int runs, Factors to) {
        to.halves(tiles, BYTES, runs, to.scales);
    }

    @Override
    public void multiply(
            long tiles,
            int first,
            int runs,
            Activations x,
            int row,
            Factors factors,
            float[] sums,
            int at) {
        int run = row * x.runs() + first;
        for (int part = 0; part < ROWS / 2; part += LANES) {
            multiply(
                    tiles + 4L * part,
                    runs,
                    x.spread,
                    x.scales,
                    run,
                    factors.scales,
                    part,
                    sums,
                    at + part);
        }
    }

    private static void multiply(
            long tiles,
            int runs,
            int[] x,
            float[] xScales,
            int xRun,
            float[] scales,
            int scalesAt,
            float[] sums,
            int at) {
        FloatVector low = FloatVector.fromArray(Memory.F, sums, at);
        FloatVector high = FloatVector.fromArray(Memory.F, sums, at + ROWS / 2);
        ShortVector rounding = ShortVector.broadcast(Memory.S, (short) 128);
        for (int run = 0; run < runs; run++) {
            long line = tiles + (long) run * BYTES + LINE;
            int k = RUN * (xRun + run);
            ShortVector total = ShortVector.zero(Memory.S);
            ShortVector upper = total;
            for (int j = 0; j < 16; j++) {
                ShortVector both =
                        ShortVector.fromMemorySegment(
                                Memory.S, Memory.ALL, line + (long) j * LINE, Memory.LITTLE);
                ShortVector odd = both.add(rounding).lanewise(VectorOperators.ASHR, 8);
                ShortVector one = IntVector.broadcast(Memory.I, x[k + 2 * j]).reinterpretAsShorts();
                ShortVector two =
                        IntVector.broadcast(Memory.I, x[k + 2 * j + 1]).reinterpretAsShorts();
                ShortVector pair = both.mul(one).add(odd.mul(two));
                total = total.add(pair);
                upper = upper.add(pair.lanewise(VectorOperators.ASHR, 8));
            }
            IntVector rest = total.sub(upper.lanewise(VectorOperators.LSHL, 8)).reinterpretAsInts();
            IntVector uppers = upper.reinterpretAsInts();
            IntVector sum =
                    uppers.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 8)
                            .add(rest.and(0xFFFF));
            float scale = xScales[xRun + run];
            int s = scalesAt + ROWS * run;
            low =
                    sum.add(FLOAT_BITS)
                            .reinterpretAsFloats()
                            .sub(FLOAT_BASE)
                            .mul(FloatVector.fromArray(Memory.F, scales, s))
                            .lanewise(VectorOperators.FMA, scale, low);
            sum =
                    uppers.lanewise(VectorOperators.ASHR, 16)
                            .lanewise(VectorOperators.LSHL, 8)
                            .add(rest.lanewise(VectorOperators.LSHR, 16));
            high =
                    sum.add(FLOAT_BITS)
                            .reinterpretAsFloats()
                            .sub(FLOAT_BASE)
                            .mul(FloatVector.fromArray(Memory.F, scales, s + ROWS / 2))
                            .lanewise(VectorOperators.FMA, scale, high);
        }
        low.intoArray(sums, at);
        high.intoArray(sums, at + ROWS / 2);
    }

    @Override
    public void decode(long tiles, int runs, float[] panel) {
        for (int part = 0; part < ROWS / 2; part += LANES) {
            for (int run = 0; run < runs; run++) {
                decode(
                        tiles + 4L * part + (long) run * BYTES + LINE,
                        panel,
                        part + run * RUN * ROWS);
            }
        }
    }

    private static void decode(long lines, float[] panel, int at) {
        for (int j = 0; j < 16; j++) {
            IntVector v =
                    IntVector.fromMemorySegment(
                            Memory.I, Memory.ALL, lines + (long) j * LINE, Memory.LITTLE);
            int to = at + 2 * j * ROWS;
            top(v.lanewise(VectorOperators.LSHL, 24)).intoArray(panel, to);
            top(v.lanewise(VectorOperators.LSHL, 8)).intoArray(panel, to + ROWS / 2);
            top(v.lanewise(VectorOperators.LSHL, 16).add(128 << 16)).intoArray(panel, to + ROWS);
            top(v.add(128 << 16)).intoArray(panel, to + ROWS + ROWS / 2);
        }
    }

    /// The signed byte at the top of each lane.
    private static FloatVector top(IntVector v) {
        return v.lanewise(VectorOperators.ASHR, 24)
                .add(FLOAT_BITS)
                .reinterpretAsFloats()
                .sub(FLOAT_BASE);
    }

    @Override
    public int level(long tile, int column, int row) {
        short both = Memory.getShort(tile + LINE * (1L + column / 2) + 2L * TileFormat.lane(row));
        return column % 2 == 0 ? (byte) both : both + 128 >> 8;
    }

    @Override
    public float scale(long tile, int run, int row) {
        return Float.float16ToFloat(Memory.getShort(tile + 2L * row));
    }

    @Override
    public float offset(long tile, int run, int row) {
        return 0;
    }
}
