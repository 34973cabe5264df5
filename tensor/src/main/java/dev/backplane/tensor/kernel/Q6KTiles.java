package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.machine.TileCode;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q6_K in tiles of 32 rows and 256 columns, 6,720 bytes:
///
/// ```
/// head: d:f16[32]
/// body: 8 runs × { scales of columns 0–15 (lower byte) and 16–31 (upper byte), signed }
///       32 × { columns 0, 1, lower 6 | columns 2, 3, lower 7 | columns 4, 5, upper 6, upper 7 }
/// ```
///
/// Eight columns are three lines: two columns of six bits each, from the lowest bits on, and on top
/// four bits of what is left of the last two columns.
///
/// The scale of a run is d; levels are the six-bit numbers less 32, times their signed scale. The
/// sum of 8 products (q − 32) · x is within ±8 · 32 · 127 = ±32,512 and fits 16 bits; it is added
/// up modulo 2¹⁶ from −32 Σ x on, then widened and multiplied by its scale. A run's sum is below 32
/// · 32 · 128 · 127 < 2²⁴, so it is exact as a float, too.
final class Q6KTiles implements TileFormat {
    private static final int COLUMNS = 256;
    private static final int RUNS = COLUMNS / RUN;
    private static final int EIGHT_BYTES = 3 * LINE;

    /// Eights of columns in a block.
    private static final int EIGHTS = COLUMNS / 8;

    /// Where a body has its columns.
    private static final int EIGHTS_AT = RUNS * LINE;

    private static final int BODY = EIGHTS_AT + EIGHTS * EIGHT_BYTES;

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
    public Optional<TileCode> code() {
        return TileCode.of(TileCode.Format.Q6_K);
    }

    @Override
    public int panelFrom() {
        return 8;
    }

    @Override
    public void pack(byte[] block, int row, short[] head, short[] body) {
        int lane = TileFormat.lane(row);
        head[row] = Packing.u16(block, 208);
        for (int run = 0; run < RUNS; run++) {
            body[LINE_LANES * run + lane] = Packing.u16(block, 192 + 2 * run);
            for (int k = 0; k < RUN; k++) {
                int high = Packing.u8(block, 128 + 32 * (run / 4) + k) >> 2 * (run % 4) & 3;
                int eight = (EIGHTS_AT + (4 * run + k / 8) * EIGHT_BYTES) / 2 + lane;
                put(low(block, run, k), high, k % 8, body, eight);
            }
        }
    }

    private static void put(int low, int high, int k, short[] body, int eight) {
        if (k < 6) {
            body[eight + LINE_LANES * (k / 2)] |= (short) ((low | high << 4) << 6 * (k % 2));
        } else {
            body[eight + LINE_LANES * (k - 6)] |= (short) (low << 12);
            body[eight + LINE_LANES * 2] |= (short) (high << 12 + 2 * (k - 6));
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
        for (int block = 0; block < runs / RUNS; block++) {
            long body = bodies + (long) block * BODY;
            int xRun = row * x.runs() + first + RUNS * block;
            factors.readAhead(body + BODY, BODY);
            for (int part = 0; part < ROWS / 2; part += LANES) {
                long lines = body + EIGHTS_AT + 4L * part;
                int from = 4 * xRun * Activations.EIGHT_INTS;
                sixColumns(lines, x.spread, from, factors.partials);
                twoColumns(lines + 2 * LINE, x.spread, from, factors.partials);
                for (int run = 0; run < RUNS; run++) {
                    add(
                            body + (long) run * LINE + 4L * part,
                            factors.partials,
                            8 * LANES * run,
                            factors.scales,
                            ROWS * (RUNS * block + run) + part,
                            x.scales[xRun + run],
                            sums,
                            at + part);
                }
            }
        }
    }

    /// Of the sums of q · x over eight columns each, in 16-bit lanes, modulo 2¹⁶, what the first
    /// two lines of each give.
    private static void sixColumns(long lines, int[] x, int xAt, short[] to) {
        for (int eight = 0; eight < EIGHTS; eight++) {
            int k = xAt + Activations.EIGHT_INTS * eight;
            long line = lines + (long) eight * EIGHT_BYTES;
            IntVector a = IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE);
            IntVector b =
                    IntVector.fromMemorySegment(Memory.I, Memory.ALL, line + LINE, Memory.LITTLE);
            IntVector.broadcast(Memory.I, x[k + 10])
                    .reinterpretAsShorts()
                    .add(
                            a.reinterpretAsShorts()
                                    .mul(IntVector.broadcast(Memory.I, x[k]).reinterpretAsShorts()))
                    .add(
                            a.lanewise(VectorOperators.LSHR, 6)
                                    .and(0x03FF_03FF)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 1])
                                                    .reinterpretAsShorts()))
                    .add(
                            a.lanewise(VectorOperators.LSHR, 12)
                                    .and(0x000F_000F)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 2])
                                                    .reinterpretAsShorts()))
                    .add(
                            b.reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 3])
                                                    .reinterpretAsShorts()))
                    .add(
                            b.lanewise(VectorOperators.LSHR, 6)
                                    .and(0x03FF_03FF)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 4])
                                                    .reinterpretAsShorts()))
                    .add(
                            b.lanewise(VectorOperators.LSHR, 12)
                                    .and(0x000F_000F)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 5])
                                                    .reinterpretAsShorts()))
                    .intoArray(to, 2 * LANES * eight);
        }
    }

    /// Adds what the third lines give.
    private static void twoColumns(long lines, int[] x, int xAt, short[] to) {
        for (int eight = 0; eight < EIGHTS; eight++) {
            int k = xAt + Activations.EIGHT_INTS * eight;
            long line = lines + (long) eight * EIGHT_BYTES;
            IntVector c = IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE);
            ShortVector.fromArray(Memory.S, to, 2 * LANES * eight)
                    .add(
                            c.reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 6])
                                                    .reinterpretAsShorts()))
                    .add(
                            c.lanewise(VectorOperators.LSHR, 6)
                                    .and(0x03FF_03FF)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 7])
                                                    .reinterpretAsShorts()))
                    .add(
                            c.lanewise(VectorOperators.LSHR, 12)
                                    .and(0x000F_000F)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 8])
                                                    .reinterpretAsShorts()))
                    .add(
                            c.lanewise(VectorOperators.LSHR, 14)
                                    .and(0x0003_0003)
                                    .reinterpretAsShorts()
                                    .mul(
                                            IntVector.broadcast(Memory.I, x[k + 9])
                                                    .reinterpretAsShorts()))
                    .intoArray(to, 2 * LANES * eight);
        }
    }

    private static void add(
            long line,
            short[] eights,
            int from,
            float[] scales,
            int scalesAt,
            float scale,
            float[] sums,
            int at) {
        IntVector factors = IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE);
        IntVector a = ShortVector.fromArray(Memory.S, eights, from).reinterpretAsInts();
        IntVector b = ShortVector.fromArray(Memory.S, eights, from + 2 * LANES).reinterpretAsInts();
        IntVector c = ShortVector.fromArray(Memory.S, eights, from + 4 * LANES).reinterpretAsInts();
        IntVector d = ShortVector.fromArray(Memory.S, eights, from + 6 * LANES).reinterpretAsInts();
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
            long body = bodies + (long) (run / RUNS) * BODY;
            for (int eight = 0; eight < 4; eight++) {
                long lines = lines(body, RUN * (run % RUNS) + 8 * eight);
                for (int part = 0; part < ROWS / 2; part += LANES) {
                    decodeEight(
                            body + (long) (run % RUNS) * LINE + 4L * part,
                            lines + 4L * part,
                            eight,
                            panel,
                            Gemm.place(part, RUN * run + 8 * eight));
                }
            }
        }
    }

    /// Where a body has the lines of a column.
    private static long lines(long body, int column) {
        return body + EIGHTS_AT + (long) (column / 8) * EIGHT_BYTES;
    }

    private static void decodeEight(long scalesAt, long lines, int eight, float[] panel, int at) {
        for (int half = 0; half < 2; half++) {
            int shift = 16 * half;
            int up = (eight < 2 ? 24 : 16) - shift;
            int to = at + half * LANES;
            for (int line = 0; line < 3; line++) {
                long from = lines + (long) LINE * line;
                decodePair(scalesAt, up, from, shift, panel, to + 2 * line * Gemm.WIDTH);
            }
            decodeLast(scalesAt, up, lines, shift, 8, panel, to + 6 * Gemm.WIDTH);
            decodeLast(scalesAt, up, lines + LINE, shift, 10, panel, to + 7 * Gemm.WIDTH);
        }
    }

    /// The two columns that a line has whole, of the rows in the lower or the upper halves.
    private static void decodePair(
            long scalesAt, int up, long line, int shift, float[] panel, int to) {
        IntVector scale =
                IntVector.fromMemorySegment(Memory.I, Memory.ALL, scalesAt, Memory.LITTLE)
                        .lanewise(VectorOperators.LSHL, up)
                        .lanewise(VectorOperators.ASHR, 24);
        IntVector v =
                IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE)
                        .lanewise(VectorOperators.LSHR, shift);
        ((FloatVector)
                        v.and(0x3F)
                                .sub(32)
                                .mul(scale)
                                .convertShape(VectorOperators.I2F, Memory.F, 0))
                .intoArray(panel, to);
        ((FloatVector)
                        v.lanewise(VectorOperators.LSHR, 6)
                                .and(0x3F)
                                .sub(32)
                                .mul(scale)
                                .convertShape(VectorOperators.I2F, Memory.F, 0))
                .intoArray(panel, to + Gemm.WIDTH);
    }

    /// The column of which a line has the lower four bits, and the third line the others, `high`
    /// bits further up than they belong.
    private static void decodeLast(
            long scalesAt, int up, long line, int shift, int high, float[] panel, int to) {
        IntVector scale =
                IntVector.fromMemorySegment(Memory.I, Memory.ALL, scalesAt, Memory.LITTLE)
                        .lanewise(VectorOperators.LSHL, up)
                        .lanewise(VectorOperators.ASHR, 24);
        long third = line + (high == 8 ? 2 : 1) * LINE;
        IntVector low =
                IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE)
                        .lanewise(VectorOperators.LSHR, shift + 12)
                        .and(0xF);
        ((FloatVector)
                        IntVector.fromMemorySegment(Memory.I, Memory.ALL, third, Memory.LITTLE)
                                .lanewise(VectorOperators.LSHR, shift + high)
                                .and(0x30)
                                .or(low)
                                .sub(32)
                                .mul(scale)
                                .convertShape(VectorOperators.I2F, Memory.F, 0))
                .intoArray(panel, to);
    }

    @Override
    public int level(long body, int column, int row) {
        int k = column % RUN;
        long lane = 2L * TileFormat.lane(row);
        long eight = lines(body, column) + lane;
        int six;
        if (k % 8 < 6) {
            six = Memory.getShort(eight + (long) LINE * (k % 8 / 2)) >> 6 * (k % 2) & 0x3F;
        } else {
            int low = Memory.getShort(eight + (long) LINE * (k % 8 - 6)) >> 12 & 0xF;
            int high = Memory.getShort(eight + 2 * LINE) >> 12 + 2 * (k % 8 - 6) & 3;
            six = low | high << 4;
        }
        short scales = Memory.getShort(body + (long) (column / RUN) * LINE + lane);
        return (k < 16 ? (byte) scales : scales >> 8) * (six - 32);
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
