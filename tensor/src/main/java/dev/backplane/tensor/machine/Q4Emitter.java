package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;

/// Q4_0: a run's lines are those of [Nibbles].
final class Q4Emitter extends TileEmitter {
    /// Blocks of 576 bytes.
    private static final int AHEAD = 5;

    Q4Emitter(int rows) {
        super(rows, Nibbles.NAMED, LINE, Nibbles.BYTES, AHEAD);
    }

    @Override
    void constants() {
        Nibbles.constants(this);
    }

    @Override
    void block() {
        askForHead(LINE);
        askForBody(0, Nibbles.BYTES);
        start(TileCode.START);
        Nibbles.run(this, BODIES);
        for (int half = 0; half < HALVES; half++) {
            code.vcvtph2ps(scale(half), At.of(HEADS, LINE / 2 * half));
        }
        addProducts();
        moveRuns(1);
        moveHeads(LINE);
        moveBodies(Nibbles.BYTES);
    }
}
