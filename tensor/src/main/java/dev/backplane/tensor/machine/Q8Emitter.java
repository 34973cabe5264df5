package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;

/// Q8_0: a body's line has two columns, plus 128, of each row.
final class Q8Emitter extends TileEmitter {
    private static final int LINES = RUN / 2;

    /// Blocks of 1,088 bytes.
    private static final int AHEAD = 4;

    Q8Emitter(int rows) {
        super(rows, 0, LINE, LINES * LINE, AHEAD);
    }

    @Override
    void constants() {}

    @Override
    void block() {
        askForHead(LINE);
        start(TileCode.START);
        for (int line = 0; line < LINES; line += 2) {
            askForBody(line * LINE, 2 * LINE);
            code.vmovdqu32(A, At.of(BODIES, line * LINE));
            code.vmovdqu32(B, At.of(BODIES, (line + 1) * LINE));
            pair(A, B, C);
            multiply(C, B, line / 2);
        }
        for (int half = 0; half < HALVES; half++) {
            code.vcvtph2ps(scale(half), At.of(HEADS, LINE / 2 * half));
        }
        addProducts();
        moveRuns(1);
        moveHeads(LINE);
        moveBodies(LINES * LINE);
    }
}
