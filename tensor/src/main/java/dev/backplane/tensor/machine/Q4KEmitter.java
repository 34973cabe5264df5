package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Q4_K: a head has two floats of 16 bits for each row, and for each run a line with a scale (lower
/// byte) and a minimum (upper byte); a body has runs of [Nibbles].
final class Q4KEmitter extends TileEmitter {
    /// Where a head has the lines of runs.
    private static final int FACTORS = 2 * LINE;

    private static final int HEAD = FACTORS + RUNS * LINE;
    private static final int BODY = RUNS * Nibbles.BYTES;

    /// Blocks of 4,736 bytes.
    private static final int AHEAD = 1;

    private static final int NAMED = 3;
    private static final Zmm UNIT_LOWER = new Zmm(22);
    private static final Zmm UNIT_UPPER = new Zmm(21);
    private static final Zmm LOWEST_BYTE = new Zmm(20);

    Q4KEmitter(int rows) {
        super(rows, Nibbles.NAMED + NAMED, HEAD, BODY, AHEAD);
    }

    private static Zmm unit(int half) {
        return half == LOWER ? UNIT_LOWER : UNIT_UPPER;
    }

    @Override
    void constants() {
        Nibbles.constants(this);
        code.vmovdqu32(LOWEST_BYTE, code.constant(0xFF));
    }

    @Override
    void block() {
        askForHead(HEAD);
        units(0);
        forEachRun(() -> {
            askForBody(0, Nibbles.BYTES);
            startAtZero();
            Nibbles.run(this, BODIES);
            factors(0);
            addProducts();
            moveRuns(1);
            moveHeads(LINE);
            moveBodies(Nibbles.BYTES);
        });
        moveRuns(-RUNS);
        moveHeads(-RUNS * LINE);
        units(LINE);
        for (int half = 0; half < HALVES; half++) {
            code.vpxord(unit(half), unit(half), code.constant(0x8000_0000));
        }
        forEachRun(() -> {
            factors(8);
            for (int row = 0; row < rows; row++) {
                add(row, scale(LOWER), scale(UPPER), TileCode.SUM);
            }
            moveRuns(1);
            moveHeads(LINE);
        });
        moveHeads(HEAD - RUNS * LINE);
    }

    /// Floats that a block's scales, or minima, are multiples of.
    private void units(int from) {
        for (int half = 0; half < HALVES; half++) {
            code.vcvtph2ps(unit(half), At.of(HEADS, from + LINE / 2 * half));
        }
    }

    /// The scales of a run, or from the eighth bit on its minima, as floats.
    private void factors(int bit) {
        code.vmovdqu32(A, At.of(HEADS, FACTORS));
        for (int half = 0; half < HALVES; half++) {
            code.vpsrld(B, A, bit + 16 * half);
            code.vpandd(B, B, LOWEST_BYTE);
            code.vcvtdq2ps(B, B);
            code.vmulps(scale(half), B, unit(half));
        }
    }
}
