package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.kernel.Activations.Form;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q6_K in tiles of 32 rows and 256 columns, 6,720 bytes:
///
/// ```
/// head: d:f16[32]
/// body: 8 runs × {
///     scales of columns 0–15 (lower byte) and 16–31 (upper byte) of 32 rows, signed
///     4 × { 2 × { four columns, lower four bits }   { eight columns, upper two bits } }
/// }
/// ```
///
/// The scale of a run is d; levels are the six-bit numbers less 32, times their signed scale. The
/// sum of 8 products (q − 32) · x is within ±8 · 32 · 127 = ±32,512 and fits 16 bits; it is added
/// up modulo 2¹⁶ from −32 Σ x on, then widened and multiplied by its scale. A run's sum is below 32
/// · 32 · 128 · 127 < 2²⁴, so it is exact as a float, too.
final class Q6KTiles implements TileFormat {
    private static final int COLUMNS = 256;
    private static final int RUNS = COLUMNS / RUN;
    private static final int EIGHT_BYTES = 3 * LINE;
    private static final int RUN_BYTES = LINE + 4 * EIGHT_BYTES;
    private static final int BODY = RUNS * RUN_BYTES;

    @Override
    public int blockColumns() {
        return COLUMNS;
    }

    @Override
    public int headBytes() {
        return LINE;
    }

    @Override
    public int bodyBytes() {
        return BODY;
    }

    @Override
    public Form form() {
        return Form.SIX_BITS;
    }

    @Override
    public boolean hasOffsets() {
        return false;
    }

    @Override
    public void pack(byte[] block, int row, short[] head, short[] body) {
        int lane = TileFormat.lane(row);
        head[row] = Packing.u16(block, 208);
        for (int run = 0; run < RUNS; run++) {
            int to = run * RUN_BYTES / 2 + lane;
            body[to] = Packing.u16(block, 192 + 2 * run);
            for (int k = 0; k < RUN; k++) {
                int high = Packing.u8(block, 128 + 32 * (run / 4) + k) >> 2 * (run % 4) & 3;
                int eight = to + (LINE + k / 8 * EIGHT_BYTES) / 2;
                body[eight + LINE_LANES * (k % 8 / 4)] |=
                        (short) (low(block, run, k) << 4 * (k % 4));
                body[eight + 2 * LINE_LANES] |= (short) (high << 2 * (k % 8));
            }
        }
    }

    private static int low(byte[] block, int run, int k) {
        int place = 64 * (run / 4) + 32 * (run % 2) + k;
        return Packing.u8(block, place) >> 4 * (run % 4 / 2) & 0xF;
    }

    @Override
    public void factors(long heads, int runs, Factors to) {
        for (int block = 0; block < runs / RUNS; block++) {
            to.halves(heads + (long) block * LINE, 0, 1, to.blockScales);
            for (int run = 0; run < RUNS; run++) {
                System.arraycopy(to.blockScales, 0, to.scales, ROWS * (RUNS * block + run), ROWS);
            }
        }
    }

    @Override
    public void multiply(
            long bodies,
            int first,
            int runs,
            Activations x,
            int row,
            Factors factors,
            float[] sums,
            int at) {
        int xRun = row * x.runs() + first;
        for (int run = 0; run < runs; run++) {
            long lines = line(bodies, run);
            for (int part = 0; part < ROWS / 2; part += LANES) {
                eights(lines + LINE + 4L * part, x, xRun + run, factors.eights);
                add(
                        lines + 4L * part,
                        factors.eights,
                        factors.scales,
                        ROWS * run + part,
                        x.scales[xRun + run],
                        sums,
                        at + part);
            }
        }
    }

    private static long line(long bodies, int run) {
        return bodies + (long) run * RUN_BYTES;
    }

    /// Sums of q · x over eight columns each, in 16-bit lanes, modulo 2¹⁶.
    private static void eights(long lines, Activations x, int xRun, short[] to) {
        int[] nibbles = x.spread;
        int[] twos = x.twos;
        for (int eight = 0; eight < 4; eight++) {
            long line = lines + (long) eight * EIGHT_BYTES;
            ShortVector upper =
                    ShortVector.fromMemorySegment(
                            Memory.S, Memory.ALL, line + 2 * LINE, Memory.LITTLE);
            ShortVector sum =
                    IntVector.broadcast(Memory.I, x.starts[4 * xRun + eight]).reinterpretAsShorts();
            for (int j = 0; j < 2; j++) {
                int k = RUN * xRun + 8 * eight + 4 * j;
                ShortVector v =
                        ShortVector.fromMemorySegment(
                                Memory.S, Memory.ALL, line + (long) j * LINE, Memory.LITTLE);
                sum = sum.add(v.mul(spread(nibbles[k]))).add(upper.mul(spread(twos[k])));
                v = v.lanewise(VectorOperators.LSHR, 4);
                upper = upper.lanewise(VectorOperators.LSHR, 2);
                sum = sum.add(v.mul(spread(nibbles[k + 1]))).add(upper.mul(spread(twos[k + 1])));
                v = v.lanewise(VectorOperators.LSHR, 4);
                upper = upper.lanewise(VectorOperators.LSHR, 2);
                sum = sum.add(v.mul(spread(nibbles[k + 2]))).add(upper.mul(spread(twos[k + 2])));
                v = v.lanewise(VectorOperators.LSHR, 4);
                upper = upper.lanewise(VectorOperators.LSHR, 2);
                sum = sum.add(v.mul(spread(nibbles[k + 3]))).add(upper.mul(spread(twos[k + 3])));
                upper = upper.lanewise(VectorOperators.LSHR, 2);
            }
            sum.intoArray(to, 2 * LANES * eight);
        }
    }

    private static ShortVector spread(int twice) {
        return IntVector.broadcast(Memory.I, twice).reinterpretAsShorts();
    }

    private static void add(
            long line,
            short[] eights,
            float[] scales,
            int scalesAt,
            float scale,
            float[] sums,
            int at) {
        IntVector factors = IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE);
        IntVector a = ShortVector.fromArray(Memory.S, eights, 0).reinterpretAsInts();
        IntVector b = ShortVector.fromArray(Memory.S, eights, 2 * LANES).reinterpretAsInts();
        IntVector c = ShortVector.fromArray(Memory.S, eights, 4 * LANES).reinterpretAsInts();
        IntVector d = ShortVector.fromArray(Memory.S, eights, 6 * LANES).reinterpretAsInts();
        IntVector low =
                low(a).add(low(b))
                        .mul(top(factors.lanewise(VectorOperators.LSHL, 24)))
                        .add(
                                low(c).add(low(d))
                                        .mul(top(factors.lanewise(VectorOperators.LSHL, 16))));
        IntVector high =
                high(a).add(high(b))
                        .mul(top(factors.lanewise(VectorOperators.LSHL, 8)))
                        .add(high(c).add(high(d)).mul(top(factors)));
        toFloat(low)
                .mul(FloatVector.fromArray(Memory.F, scales, scalesAt))
                .lanewise(VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at))
                .intoArray(sums, at);
        toFloat(high)
                .mul(FloatVector.fromArray(Memory.F, scales, scalesAt + ROWS / 2))
                .lanewise(
                        VectorOperators.FMA,
                        scale,
                        FloatVector.fromArray(Memory.F, sums, at + ROWS / 2))
                .intoArray(sums, at + ROWS / 2);
    }

    private static IntVector low(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
    }

    private static IntVector high(IntVector pairs) {
        return pairs.lanewise(VectorOperators.ASHR, 16);
    }

    private static IntVector top(IntVector v) {
        return v.lanewise(VectorOperators.ASHR, 24);
    }

    private static FloatVector toFloat(IntVector values) {
        return (FloatVector) values.convertShape(VectorOperators.I2F, Memory.F, 0);
    }

    @Override
    public void decode(long bodies, int runs, float[] panel) {
        for (int run = 0; run < runs; run++) {
            long lines = line(bodies, run);
            for (int eight = 0; eight < 4; eight++) {
                for (int part = 0; part < ROWS / 2; part += LANES) {
                    decodeEight(
                            lines + 4L * part,
                            eight,
                            panel,
                            Gemm.place(part, RUN * run + 8 * eight));
                }
            }
        }
    }

    private static void decodeEight(long run, int eight, float[] panel, int at) {
        IntVector scales = IntVector.fromMemorySegment(Memory.I, Memory.ALL, run, Memory.LITTLE);
        int up = eight < 2 ? 24 : 16;
        IntVector lowScale = top(scales.lanewise(VectorOperators.LSHL, up));
        IntVector highScale = top(scales.lanewise(VectorOperators.LSHL, up - 16));
        long lines = run + LINE + (long) eight * EIGHT_BYTES;
        IntVector upper =
                IntVector.fromMemorySegment(Memory.I, Memory.ALL, lines + 2 * LINE, Memory.LITTLE);
        for (int k = 0; k < 8; k++) {
            IntVector v =
                    IntVector.fromMemorySegment(
                            Memory.I, Memory.ALL, lines + (long) LINE * (k / 4), Memory.LITTLE);
            int to = at + Gemm.WIDTH * k;
            toFloat(six(v, upper, 4 * (k % 4), 2 * k).mul(lowScale)).intoArray(panel, to);
            toFloat(six(v, upper, 16 + 4 * (k % 4), 16 + 2 * k).mul(highScale))
                    .intoArray(panel, to + LANES);
        }
    }

    private static IntVector six(IntVector v, IntVector upper, int shift, int upperShift) {
        IntVector low = v.lanewise(VectorOperators.LSHR, shift).and(0xF);
        IntVector high =
                upper.lanewise(VectorOperators.LSHR, upperShift)
                        .and(3)
                        .lanewise(VectorOperators.LSHL, 4);
        return low.or(high).sub(32);
    }

    @Override
    public int level(long body, int column, int row) {
        int k = column % RUN;
        long at = line(body, column / RUN) + 2L * TileFormat.lane(row);
        long eight = at + LINE + (long) (k / 8) * EIGHT_BYTES;
        int low = Memory.getShort(eight + (long) LINE * (k % 8 / 4)) >> 4 * (k % 4) & 0xF;
        int high = Memory.getShort(eight + 2 * LINE) >> 2 * (k % 8) & 3;
        short scales = Memory.getShort(at);
        return (k < 16 ? (byte) scales : scales >> 8) * ((low | high << 4) - 32);
    }

    @Override
    public float scale(long head, int run, int row) {
        return Float.float16ToFloat(Memory.getShort(head + 2L * row));
    }

    @Override
    public float offset(long head, int run, int row) {
        return 0;
    }
}
