package dev.backplane.tensor.kernel;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.machine.TileCode;
import java.util.Optional;

/// Q4_0 in tiles of 32 rows and 32 columns, 576 bytes:
///
/// ```
/// head: scales:f16[32]
/// body: 8 × { columns 4j to 4j + 3 of 32 rows, the lowest four bits first }
/// ```
///
/// Levels are the numbers less 8; see [Nibbles].
final class Q4Tiles implements TileFormat {
    private static final int BODY = 8 * LINE;

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
        return Form.NIBBLES;
    }

    @Override
    public boolean hasOffsets() {
        return false;
    }

    @Override
    public Optional<TileCode> code() {
        return TileCode.of(TileCode.Format.Q4_0);
    }

    @Override
    public int panelFrom() {
        return 8;
    }

    @Override
    public void pack(byte[] block, int row, short[] head, short[] body) {
        int lane = TileFormat.lane(row);
        head[row] = Packing.u16(block, 0);
        for (int k = 0; k < RUN; k++) {
            int q = Packing.u8(block, 2 + k % 16) >> (k < 16 ? 0 : 4) & 0xF;
            body[LINE_LANES * (k / 4) + lane] |= (short) (q << 4 * (k % 4));
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
        Nibbles.multiply(bodies, runs, x, run, 0, factors, 0, sums, at);
    }

    @Override
    public void decode(long bodies, int runs, float[] panel) {
        for (int run = 0; run < runs; run++) {
            Nibbles.decode(bodies + (long) run * BODY, 8, panel, RUN * run);
        }
    }

    @Override
    public int level(long body, int column, int row) {
        return Nibbles.at(body, row, column) - 8;
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
