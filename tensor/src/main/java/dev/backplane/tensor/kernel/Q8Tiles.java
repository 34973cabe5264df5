package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.machine.TileCode;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Q8_0 in tiles of 32 rows and 32 columns, 1,088 bytes:
///
/// ```
/// head: scales:f16[32]
/// body: 16 × { columns 2j (lower byte) and 2j + 1 (upper byte), plus 128, of 32 rows }
/// ```
///
/// Columns are added in pairs: the sum of two products is within ±2 · 128 · 127 and so fits 16
/// bits, whatever is added modulo 2¹⁶ on the way ([Activations] says what, and how that saves
/// unpacking one of the two). Of a 32-bit lane the upper pair belongs to one row, the lower to
/// another. The lanes are added up as they are, and their upper halves once more, shifted down: the
/// lower halves, which have 2¹⁵ added lest they be negative, are what the one sum has beyond the
/// other.
///
/// Sixteen-bit shifts would be shorter, but there the compiler fetches the count anew for each.
final class Q8Tiles implements TileFormat {
    /// Pairs of columns in a run; what [Activations] has for each.
    private static final int PAIRS = RUN / 2;

    private static final int BODY = PAIRS * LINE;

    private static final int PAIR_INTS = Activations.PAIR_INTS;

    private static final int LOWER_BYTES = 0x00FF_00FF;

    /// A whole number below 2²² as the lowest bits of a float.
    private static final int FLOAT_BITS = 0x4B40_0000;

    private static final float FLOAT_BASE = 0x1.8p23f;

    /// With what sixteen pairs have too much.
    private static final float LOWER_BASE = FLOAT_BASE + PAIRS * 0x1p15f;

    private static final float LEVEL_BASE = FLOAT_BASE + 128;

    @Override
    public int blockColumns() {
        return RUN;
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
        return Form.PAIRS;
    }

    @Override
    public boolean hasOffsets() {
        return false;
    }

    @Override
    public Optional<TileCode> code() {
        return TileCode.of(TileCode.Format.Q8_0);
    }

    /// With vectors of 512 bits, packed numbers stay ahead for longer.
    @Override
    public int panelFrom() {
        return LANES > 8 ? 16 : 8;
    }

    @Override
    public void pack(byte[] block, int row, short[] head, short[] body) {
        int lane = TileFormat.lane(row);
        head[row] = Packing.u16(block, 0);
        for (int k = 0; k < RUN; k += 2) {
            int even = block[2 + k] + 128;
            int odd = block[3 + k] + 128;
            body[LINE_LANES * (k / 2) + lane] = (short) (odd << 8 | even);
        }
    }

    @Override
    public void factors(long heads, int runs, Factors to) {
        to.halves(heads, LINE, runs, to.scales);
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
        int run = row * x.runs() + first;
        for (int part = 0; part < ROWS / 2; part += Memory.PART) {
            long from = bodies + 4L * part;
            if (Memory.PART > LANES) {
                two(from, runs, x.spread, x.scales, run, factors, part, sums, at + part);
            } else {
                one(from, runs, x.spread, x.scales, run, factors, part, sums, at + part);
            }
        }
    }

    /// With the rows of one vector: for the widest, which have all rows of a tile.
    static void one(
            long bodies,
            int runs,
            int[] x,
            float[] xScales,
            int xRun,
            Factors factors,
            int part,
            float[] sums,
            int at) {
        for (int run = 0; run < runs; run++) {
            long line = bodies + (long) run * BODY;
            int k = PAIR_INTS * PAIRS * (xRun + run);
            IntVector all = IntVector.zero(Memory.I);
            IntVector upper = all;
            for (int j = 0; j < PAIRS; j++) {
                ShortVector even =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j]).reinterpretAsShorts();
                ShortVector odd =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j + 1])
                                .reinterpretAsShorts();
                ShortVector start =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j + 2])
                                .reinterpretAsShorts();
                IntVector v =
                        IntVector.fromMemorySegment(
                                Memory.I, Memory.ALL, line + (long) j * LINE, Memory.LITTLE);
                IntVector pair =
                        v.reinterpretAsShorts()
                                .mul(even)
                                .add(start)
                                .add(
                                        v.lanewise(VectorOperators.LSHR, 8)
                                                .and(LOWER_BYTES)
                                                .reinterpretAsShorts()
                                                .mul(odd))
                                .reinterpretAsInts();
                all = all.add(pair);
                upper = upper.add(pair.lanewise(VectorOperators.ASHR, 16));
            }
            all.intoArray(factors.wholes, 0);
            upper.intoArray(factors.wholes, LANES);
            add(factors, 0, ROWS * run + part, xScales[xRun + run], sums, at);
        }
    }

    /// With the rows of two vectors, so that each line is read but once.
    static void two(
            long bodies,
            int runs,
            int[] x,
            float[] xScales,
            int xRun,
            Factors factors,
            int part,
            float[] sums,
            int at) {
        for (int run = 0; run < runs; run++) {
            long line = bodies + (long) run * BODY;
            int k = PAIR_INTS * PAIRS * (xRun + run);
            IntVector allA = IntVector.zero(Memory.I);
            IntVector upperA = allA;
            IntVector allB = allA;
            IntVector upperB = allA;
            for (int j = 0; j < PAIRS; j++) {
                ShortVector even =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j]).reinterpretAsShorts();
                ShortVector odd =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j + 1])
                                .reinterpretAsShorts();
                ShortVector start =
                        IntVector.broadcast(Memory.I, x[k + PAIR_INTS * j + 2])
                                .reinterpretAsShorts();
                IntVector a =
                        IntVector.fromMemorySegment(
                                Memory.I, Memory.ALL, line + (long) j * LINE, Memory.LITTLE);
                IntVector b =
                        IntVector.fromMemorySegment(
                                Memory.I,
                                Memory.ALL,
                                line + (long) j * LINE + 4 * LANES,
                                Memory.LITTLE);
                IntVector oddA = a.lanewise(VectorOperators.LSHR, 8).and(LOWER_BYTES);
                IntVector oddB = b.lanewise(VectorOperators.LSHR, 8).and(LOWER_BYTES);
                IntVector pairA =
                        a.reinterpretAsShorts()
                                .mul(even)
                                .add(start)
                                .add(oddA.reinterpretAsShorts().mul(odd))
                                .reinterpretAsInts();
                IntVector pairB =
                        b.reinterpretAsShorts()
                                .mul(even)
                                .add(start)
                                .add(oddB.reinterpretAsShorts().mul(odd))
                                .reinterpretAsInts();
                allA = allA.add(pairA);
                upperA = upperA.add(pairA.lanewise(VectorOperators.ASHR, 16));
                allB = allB.add(pairB);
                upperB = upperB.add(pairB.lanewise(VectorOperators.ASHR, 16));
            }
            allA.intoArray(factors.wholes, 0);
            upperA.intoArray(factors.wholes, LANES);
            allB.intoArray(factors.wholes, 2 * LANES);
            upperB.intoArray(factors.wholes, 3 * LANES);
            float scale = xScales[xRun + run];
            int s = ROWS * run + part;
            add(factors, 0, s, scale, sums, at);
            add(factors, 2 * LANES, s + LANES, scale, sums, at + LANES);
        }
    }

    /// Adds the sums of a run, of the rows of one vector.
    private static void add(
            Factors factors, int from, int scalesAt, float scale, float[] sums, int at) {
        IntVector all = IntVector.fromArray(Memory.I, factors.wholes, from);
        IntVector upper = IntVector.fromArray(Memory.I, factors.wholes, from + LANES);
        all.sub(upper.lanewise(VectorOperators.LSHL, 16))
                .add(FLOAT_BITS)
                .reinterpretAsFloats()
                .sub(LOWER_BASE)
                .mul(FloatVector.fromArray(Memory.F, factors.scales, scalesAt))
                .lanewise(VectorOperators.FMA, scale, FloatVector.fromArray(Memory.F, sums, at))
                .intoArray(sums, at);
        upper.add(FLOAT_BITS)
                .reinterpretAsFloats()
                .sub(FLOAT_BASE)
                .mul(FloatVector.fromArray(Memory.F, factors.scales, scalesAt + ROWS / 2))
                .lanewise(
                        VectorOperators.FMA,
                        scale,
                        FloatVector.fromArray(Memory.F, sums, at + ROWS / 2))
                .intoArray(sums, at + ROWS / 2);
    }

    @Override
    public void decode(long bodies, int runs, float[] panel) {
        for (int part = 0; part < ROWS / 2; part += LANES) {
            for (int run = 0; run < runs; run++) {
                long lines = bodies + 4L * part + (long) run * BODY;
                decode(lines, panel, Gemm.place(part, RUN * run));
            }
        }
    }

    private static void decode(long lines, float[] panel, int at) {
        for (int j = 0; j < PAIRS; j++) {
            IntVector v =
                    IntVector.fromMemorySegment(
                            Memory.I, Memory.ALL, lines + (long) j * LINE, Memory.LITTLE);
            int to = at + 2 * j * Gemm.WIDTH;
            level(v.and(0xFF)).intoArray(panel, to);
            level(v.lanewise(VectorOperators.LSHR, 16).and(0xFF)).intoArray(panel, to + LANES);
            to += Gemm.WIDTH;
            level(v.lanewise(VectorOperators.LSHR, 8).and(0xFF)).intoArray(panel, to);
            level(v.lanewise(VectorOperators.LSHR, 24)).intoArray(panel, to + LANES);
        }
    }

    private static FloatVector level(IntVector bytes) {
        return bytes.or(FLOAT_BITS).reinterpretAsFloats().sub(LEVEL_BASE);
    }

    @Override
    public int level(long body, int column, int row) {
        short both = Memory.getShort(body + (long) LINE * (column / 2) + 2L * TileFormat.lane(row));
        return (both >> 8 * (column % 2) & 0xFF) - 128;
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
