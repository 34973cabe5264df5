package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.machine.TileCode;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Q4_K in tiles of 32 rows and 256 columns, 4,736 bytes (a block's six-bit scales are widened to
/// eight, which adds 2.8 %):
///
/// ```
/// head: d:f16[32]  dmin:f16[32]   8 runs × { scale (lower byte) and min (upper byte) of 32 rows }
/// body: 8 runs × 8 × { four columns of 32 rows }
/// ```
///
/// The scale of a run is d · scale, its offset −dmin · min, both exact as floats. Levels are 0 to
/// 15; their sum does not fit 16 bits, but that of levels less 8 does ([Nibbles]).
final class Q4KTiles implements TileFormat {
    private static final int COLUMNS = 256;
    private static final int RUNS = COLUMNS / RUN;
    private static final int RUN_BYTES = 8 * LINE;
    private static final int HEAD = (2 + RUNS) * LINE;
    private static final int BODY = RUNS * RUN_BYTES;

    @Override
    public int blockColumns() {
        return COLUMNS;
    }

    @Override
    public int headBytes() {
        return HEAD;
    }

    @Override
    public int bodyBytes() {
        return BODY;
    }

    @Override
    public Form form() {
        return Form.NIBBLES;
    }

    @Override
    public boolean hasOffsets() {
        return true;
    }

    @Override
    public Optional<TileCode> code() {
        return TileCode.of(TileCode.Format.Q4_K);
    }

    @Override
    public int panelFrom() {
        return 8;
    }

    @Override
    public void pack(byte[] block, int row, short[] head, short[] body) {
        int lane = TileFormat.lane(row);
        head[row] = Packing.u16(block, 0);
        head[LINE_LANES + row] = Packing.u16(block, 2);
        for (int run = 0; run < RUNS; run++) {
            head[LINE_LANES * (2 + run) + lane] = (short) scaleAndMin(block, run);
            int to = run * RUN_BYTES / 2 + lane;
            int nibbles = 16 + 32 * (run / 2);
            for (int k = 0; k < RUN; k++) {
                int q = Packing.u8(block, nibbles + k) >> 4 * (run % 2) & 0xF;
                body[to + LINE_LANES * (k / 4)] |= (short) (q << 4 * (k % 4));
            }
        }
    }

    private static int scaleAndMin(byte[] block, int run) {
        int at = 4 + run;
        if (run < 4) {
            return Packing.u8(block, at) & 63 | (Packing.u8(block, at + 4) & 63) << 8;
        }
        int scale = Packing.u8(block, at + 4) & 0xF | Packing.u8(block, at - 4) >> 6 << 4;
        int min = Packing.u8(block, at + 4) >> 4 | Packing.u8(block, at) >> 6 << 4;
        return scale | min << 8;
    }

    @Override
    public void factors(long heads, int runs, Factors to) {
        for (int block = 0; block < runs / RUNS; block++) {
            long head = heads + (long) block * HEAD;
            to.halves(head, 0, 1, to.blockScales);
            to.halves(head + LINE, 0, 1, to.blockOffsets);
            for (int row = 0; row < ROWS; row++) {
                to.blockOffsets[row] = -to.blockOffsets[row];
            }
            for (int run = 0; run < RUNS; run++) {
                long line = head + (2L + run) * LINE;
                for (int part = 0; part < ROWS / 2; part += LANES) {
                    factors(line + 4L * part, part, ROWS * (RUNS * block + run) + part, to);
                }
            }
        }
    }

    private static void factors(long line, int from, int at, Factors to) {
        IntVector v = IntVector.fromMemorySegment(Memory.I, Memory.ALL, line, Memory.LITTLE);
        toFloat(v)
                .mul(FloatVector.fromArray(Memory.F, to.blockScales, from))
                .intoArray(to.scales, at);
        toFloat(v.lanewise(VectorOperators.LSHR, 16))
                .mul(FloatVector.fromArray(Memory.F, to.blockScales, from + ROWS / 2))
                .intoArray(to.scales, at + ROWS / 2);
        toFloat(v.lanewise(VectorOperators.LSHR, 8))
                .mul(FloatVector.fromArray(Memory.F, to.blockOffsets, from))
                .intoArray(to.offsets, at);
        toFloat(v.lanewise(VectorOperators.LSHR, 24))
                .mul(FloatVector.fromArray(Memory.F, to.blockOffsets, from + ROWS / 2))
                .intoArray(to.offsets, at + ROWS / 2);
    }

    /// The lowest byte.
    private static FloatVector toFloat(IntVector v) {
        return (FloatVector) v.and(0xFF).convertShape(VectorOperators.I2F, Memory.F, 0);
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
        Nibbles.multiply(bodies, runs, x, run, 8, factors, 0, sums, at);
    }

    @Override
    public void decode(long bodies, int runs, float[] panel) {
        for (int run = 0; run < runs; run++) {
            Nibbles.decode(bodies + (long) run * RUN_BYTES, 0, panel, RUN * run);
        }
    }

    /// Where a head has scales and mins of a run.
    private static long line(long head, int run) {
        return head + (2L + run) * LINE;
    }

    @Override
    public int level(long body, int column, int row) {
        return Nibbles.at(body + (long) (column / RUN) * RUN_BYTES, row, column % RUN);
    }

    @Override
    public float scale(long head, int run, int row) {
        int both = Memory.getShort(line(head, run) + 2L * TileFormat.lane(row));
        return Float.float16ToFloat(Memory.getShort(head + 2L * row)) * (both & 0xFF);
    }

    @Override
    public float offset(long head, int run, int row) {
        int both = Memory.getShort(line(head, run) + 2L * TileFormat.lane(row));
        float dmin = Float.float16ToFloat(Memory.getShort(head + LINE + 2L * row));
        return -(dmin * (both >> 8 & 0xFF));
    }
}
