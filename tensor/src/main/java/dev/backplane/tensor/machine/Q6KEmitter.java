package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Constant;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Q6_K: a head has a float of 16 bits for each row; a body has for each run a line with the scales
/// of its first 16 columns (lower byte) and of the others (upper byte), and then eights of columns,
/// three lines each. Their 16 bits have, from the lowest on:
///
/// ```
/// column 0, column 1, lower four bits of 6
/// column 2, column 3, lower four bits of 7
/// column 4, column 5, upper two bits of 6, upper two of 7
/// ```
///
/// Both parts of a run are whole numbers below 2²⁴ with their scales, so floats add them exactly.
final class Q6KEmitter extends TileEmitter {
    private static final int EIGHT = 3 * LINE;
    private static final int EIGHTS = 4;

    /// Where a body has its columns.
    private static final int COLUMNS = RUNS * LINE;

    private static final int RUN_BYTES = EIGHTS * EIGHT;
    private static final int BODY = COLUMNS + RUNS * RUN_BYTES;

    /// Blocks of 6,720 bytes.
    private static final int AHEAD = 1;

    /// Functions of three bits: the last chooses between the first, if it is 0, and the second; and
    /// the first or else both others.
    private static final int CHOOSE = 0xD8;

    private static final int OR_AND = 0xF8;

    /// Besides those for a run.
    private static final int NAMED = 13;

    private static final Zmm PAIR_0 = new Zmm(23);
    private static final Zmm PAIR_2 = new Zmm(22);
    private static final Zmm PAIR_4 = new Zmm(21);
    private static final Zmm UNIT_LOWER = new Zmm(20);
    private static final Zmm UNIT_UPPER = new Zmm(19);

    /// Of the first vector with a run's sums.
    private static final int BOTH = 8;

    private final Constant lowerBytes = code.constant(0x00FF_00FF);
    private final Constant sixBits = code.constant(0x3F3F_3F3F);
    private final Constant lowerFour = code.constant(0x0F00_0F00);
    private final Constant upperTwo = code.constant(0x3030_3030);

    Q6KEmitter(int rows) {
        super(rows, NAMED, LINE, BODY, AHEAD);
    }

    private static Zmm unit(int half) {
        return half == LOWER ? UNIT_LOWER : UNIT_UPPER;
    }

    /// A run's sum, of both its parts.
    private static Zmm both(int row, int half) {
        return new Zmm(BOTH + HALVES * row + half);
    }

    @Override
    void constants() {}

    @Override
    void block() {
        askForHead(LINE);
        askForBody(0, COLUMNS);
        for (int half = 0; half < HALVES; half++) {
            code.vcvtph2ps(unit(half), At.of(HEADS, LINE / 2 * half));
        }
        code.mov(CURSOR, BODIES);
        moveBodies(COLUMNS);
        forEachRun(() -> {
            askForBody(0, RUN_BYTES);
            part(0, TileCode.START);
            part(1, TileCode.SECOND_START);
            for (int row = 0; row < rows; row++) {
                for (int half = 0; half < HALVES; half++) {
                    code.vmulps(both(row, half), both(row, half), unit(half));
                }
                add(row, both(row, LOWER), both(row, UPPER), TileCode.SCALE);
            }
            code.add(CURSOR, LINE);
            moveRuns(1);
            moveBodies(RUN_BYTES);
        });
        moveHeads(LINE);
    }

    /// Sixteen columns, with their scale.
    private void part(int part, int field) {
        start(field);
        for (int eight = 0; eight < EIGHTS / 2; eight++) {
            eight(EIGHTS / 2 * part + eight);
        }
        toFloats();
        code.vmovdqu32(A, At.of(CURSOR, 0));
        for (int half = 0; half < HALVES; half++) {
            code.vpslld(B, A, 24 - 8 * part - 16 * half);
            code.vpsrad(B, B, 24);
            code.vcvtdq2ps(scale(half), B);
        }
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                if (part == 0) {
                    code.vmulps(both(row, half), product(row, half), scale(half));
                } else {
                    code.vfmadd231ps(both(row, half), product(row, half), scale(half));
                }
            }
        }
    }

    private void eight(int eight) {
        code.vmovdqu32(A, At.of(BODIES, EIGHT * eight));
        code.vmovdqu32(B, At.of(BODIES, EIGHT * eight + LINE));
        code.vmovdqu32(C, At.of(BODIES, EIGHT * eight + 2 * LINE));
        bytes(PAIR_0, A);
        bytes(PAIR_2, B);
        bytes(PAIR_4, C);
        lastPair();
        pair(PAIR_0, PAIR_2, D);
        multiply(D, PAIR_2, 2 * eight);
        pair(PAIR_4, A, B);
        multiply(B, A, 2 * eight + 1);
    }

    /// The two columns of six bits in each 16, as bytes.
    private void bytes(Zmm to, Zmm from) {
        code.vpsllw(to, from, 2);
        code.vpternlogd(to, from, lowerBytes, CHOOSE);
        code.vpandd(to, to, sixBits);
    }

    /// Columns 6 and 7, from all three lines to `A`.
    private void lastPair() {
        code.vpsrlw(A, A, 12);
        code.vpsrlw(B, B, 4);
        code.vpternlogd(A, B, lowerFour, OR_AND);
        code.vpsrlw(D, C, 8);
        code.vpsrlw(C, C, 2);
        code.vpternlogd(C, D, lowerBytes, CHOOSE);
        code.vpternlogd(A, C, upperTwo, OR_AND);
    }
}
