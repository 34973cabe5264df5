package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Mask;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Writes a function that multiplies a group of 32 rows of tiles with a few rows of activations,
/// all columns; its formats are one class each. What it takes is said in [TileCode].
///
/// Of a pair of lines, 16-bit lanes of rows 0 to 15 are brought together, and those of rows 16 to
/// 31 ([#pair]), so that in each 32 bits there are four columns of one row, as the byte product
/// wants them. One vector of sums is then of rows 0 to 15, the *lower half*, another of the rest.
///
/// | registers | hold |
/// |---|---|
/// | `zmm0…` | whole sums of a run: of each row of activations, both halves |
/// | after them | sums of all columns, if there is room; else they are on the stack |
/// | from `zmm31` down | what formats name |
///
/// Weights are asked for some KB before they are needed, across pages and into the next group.
abstract class TileEmitter {
    static final int LINE = 64;
    static final int RUN = 32;

    /// In blocks of more than one.
    static final int RUNS = 8;

    static final int LOWER = 0;
    static final int UPPER = 1;
    static final int HALVES = 2;

    static final Gpr HEADS = Gpr.RDI;
    static final Gpr BODIES = Gpr.RSI;
    static final Gpr BLOCKS = Gpr.RDX;
    static final Gpr X = Gpr.RCX;
    private static final Gpr OUT = Gpr.R8;
    private static final Gpr OUT_STEP = Gpr.R9;
    private static final Gpr SCRATCH = Gpr.RAX;
    private static final Gpr COUNTER = Gpr.RAX;

    /// Free for a format.
    static final Gpr CURSOR = Gpr.R14;

    /// Where heads and bodies are asked for, and where those of the next group begin.
    private static final Gpr HEADS_AHEAD = Gpr.R10;

    private static final Gpr BODIES_AHEAD = Gpr.R11;
    private static final Gpr NEXT_HEADS = Gpr.R12;
    private static final Gpr NEXT_BODIES = Gpr.R13;

    static final Zmm A = new Zmm(31);
    static final Zmm B = new Zmm(30);
    static final Zmm C = new Zmm(29);
    static final Zmm D = new Zmm(28);
    static final Zmm LEVELS = new Zmm(27);
    private static final Zmm SWAP = new Zmm(26);
    private static final Zmm SCALE_LOWER = new Zmm(25);
    private static final Zmm SCALE_UPPER = new Zmm(24);

    /// Vectors that are named here.
    private static final int NAMED = 8;

    private static final int VECTORS = 32;

    /// The upper and the lower 16 bits of each 32.
    static final Mask UPPERS = new Mask(1);

    static final Mask LOWERS = new Mask(2);

    /// Exchanges both, within 128 bits.
    static final int[] SWAPPED = {0x0100_0302, 0x0504_0706, 0x0908_0B0A, 0x0D0C_0F0E};

    final Assembler code = new Assembler();
    final int rows;
    private final boolean inRegisters;
    private final int blockHead;
    private final int blockBody;
    private final int ahead;

    /// @param rows of activations
    /// @param named vectors that the format names besides those here
    /// @param blockHead bytes of a block's head
    /// @param blockBody bytes of its body
    /// @param ahead how many blocks before they are needed weights are asked for
    TileEmitter(int rows, int named, int blockHead, int blockBody, int ahead) {
        this.rows = rows;
        this.blockHead = blockHead;
        this.blockBody = blockBody;
        this.ahead = ahead;
        inRegisters = 2 * HALVES * rows + NAMED + named <= VECTORS;
    }

    /// The whole function.
    final byte[] bytes() {
        begin();
        constants();
        Assembler.Label loop = code.here();
        code.cmp(BLOCKS, ahead);
        code.cmove(HEADS_AHEAD, NEXT_HEADS);
        code.cmove(BODIES_AHEAD, NEXT_BODIES);
        block();
        code.dec(BLOCKS);
        code.jnz(loop);
        end();
        return code.bytes();
    }

    /// Fills the vectors that the format names and never changes.
    abstract void constants();

    /// Adds the products of a block to the sums, and moves on to the next.
    abstract void block();

    private void begin() {
        code.push(Gpr.RBP);
        code.push(Gpr.R12);
        code.push(Gpr.R13);
        code.push(Gpr.R14);
        code.mov(Gpr.RBP, Gpr.RSP);
        code.add(Gpr.RSP, -LINE * HALVES * rows);
        code.and(Gpr.RSP, -LINE);
        code.imul(SCRATCH, BLOCKS, blockHead + blockBody);
        code.mov(NEXT_HEADS, HEADS);
        code.add(NEXT_HEADS, SCRATCH);
        code.mov(NEXT_BODIES, BODIES);
        code.add(NEXT_BODIES, SCRATCH);
        code.lea(HEADS_AHEAD, At.of(HEADS, ahead * blockHead));
        code.lea(BODIES_AHEAD, At.of(BODIES, ahead * blockBody));
        masks(code, SCRATCH);
        code.vmovdqu32(SWAP, code.constant(SWAPPED));
        code.vpxord(A, A, A);
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                if (inRegisters) {
                    code.vmovdqa32(sum(row, half), A);
                } else {
                    code.vmovdqu32(place(row, half), A);
                }
            }
        }
    }

    /// Sets [#UPPERS] and [#LOWERS].
    static void masks(Assembler code, Gpr scratch) {
        code.mov(scratch, 0xCCCC_CCCC_CCCC_CCCCL);
        code.kmovq(UPPERS, scratch);
        code.mov(scratch, 0x3333_3333_3333_3333L);
        code.kmovq(LOWERS, scratch);
    }

    private void end() {
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                Zmm sum = A;
                if (inRegisters) {
                    sum = sum(row, half);
                } else {
                    code.vmovdqu32(A, place(row, half));
                }
                code.vmovdqu32(At.of(OUT, LINE * half), sum);
            }
            code.add(OUT, OUT_STEP);
        }
        code.mov(Gpr.RSP, Gpr.RBP);
        code.pop(Gpr.R14);
        code.pop(Gpr.R13);
        code.pop(Gpr.R12);
        code.pop(Gpr.RBP);
        code.vzeroupper();
        code.ret();
    }

    /// A run's whole sum.
    final Zmm product(int row, int half) {
        return new Zmm(HALVES * row + half);
    }

    /// The sum of all columns, where there are registers for it.
    private Zmm sum(int row, int half) {
        return new Zmm(HALVES * rows + HALVES * row + half);
    }

    /// And where there are none.
    private static At place(int row, int half) {
        return At.of(Gpr.RSP, LINE * (HALVES * row + half));
    }

    static Zmm scale(int half) {
        return half == LOWER ? SCALE_LOWER : SCALE_UPPER;
    }

    /// What there is of a row of activations, the same for all lanes.
    final At each(int row, int field) {
        return At.each(X, TileCode.RECORD * row + field);
    }

    /// Begins the whole sums of a run.
    final void start(int field) {
        for (int row = 0; row < rows; row++) {
            code.vpbroadcastd(product(row, LOWER), each(row, field));
            code.vmovdqa32(product(row, UPPER), product(row, LOWER));
        }
    }

    final void startAtZero() {
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                code.vpxord(product(row, half), product(row, half), product(row, half));
            }
        }
    }

    /// From two lines of 16 bits for each row, rows 0 to 15 of both to `lower`, and rows 16 to 31
    /// to `b`.
    final void pair(Zmm a, Zmm b, Zmm lower) {
        code.vmovdqa32(lower, a);
        code.vpshufb(lower, UPPERS, b, SWAP);
        code.vpshufb(b, LOWERS, a, SWAP);
    }

    /// Adds products of four columns.
    ///
    /// @param four which of the eight that a run has, in the order of the record
    final void multiply(Zmm lower, Zmm upper, int four) {
        for (int row = 0; row < rows; row++) {
            code.vpbroadcastd(LEVELS, each(row, TileCode.LEVELS + 4 * four));
            code.vpdpbusd(product(row, LOWER), lower, LEVELS);
            code.vpdpbusd(product(row, UPPER), upper, LEVELS);
        }
    }

    /// Adds a run's sums with their scales.
    final void addProducts() {
        toFloats();
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                code.vmulps(product(row, half), product(row, half), scale(half));
            }
            add(row, product(row, LOWER), product(row, UPPER), TileCode.SCALE);
        }
    }

    /// Adds `lower` and `upper`, each times a field of the row.
    final void add(int row, Zmm lower, Zmm upper, int field) {
        if (inRegisters) {
            code.vfmadd231ps(sum(row, LOWER), lower, each(row, field));
            code.vfmadd231ps(sum(row, UPPER), upper, each(row, field));
            return;
        }
        code.vpbroadcastd(LEVELS, each(row, field));
        code.vmovdqu32(C, place(row, LOWER));
        code.vmovdqu32(D, place(row, UPPER));
        code.vfmadd231ps(C, lower, LEVELS);
        code.vfmadd231ps(D, upper, LEVELS);
        code.vmovdqu32(place(row, LOWER), C);
        code.vmovdqu32(place(row, UPPER), D);
    }

    final void toFloats() {
        for (int row = 0; row < rows; row++) {
            for (int half = 0; half < HALVES; half++) {
                code.vcvtdq2ps(product(row, half), product(row, half));
            }
        }
    }

    /// Moves activations on.
    final void moveRuns(int runs) {
        code.add(X, TileCode.RECORD * rows * runs);
    }

    final void moveHeads(int bytes) {
        code.add(HEADS, bytes);
    }

    final void moveBodies(int bytes) {
        code.add(BODIES, bytes);
        code.add(BODIES_AHEAD, bytes);
    }

    /// Does something for each run of a block of many.
    final void forEachRun(Runnable body) {
        code.mov(COUNTER, RUNS);
        Assembler.Label loop = code.here();
        body.run();
        code.dec(COUNTER);
        code.jnz(loop);
    }

    /// Asks for a block's head ahead of its use.
    final void askForHead(int bytes) {
        for (int at = 0; at < bytes; at += LINE) {
            code.prefetcht0(At.of(HEADS_AHEAD, at));
        }
        code.add(HEADS_AHEAD, bytes);
    }

    final void askForBody(int from, int bytes) {
        for (int at = from; at < from + bytes; at += LINE) {
            code.prefetcht0(At.of(BODIES_AHEAD, at));
        }
    }
}
