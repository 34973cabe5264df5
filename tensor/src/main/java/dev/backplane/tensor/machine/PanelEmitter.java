package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Constant;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Writes a function that decodes a group of 32 rows of tiles for [MatrixEmitter]. It takes heads,
/// bodies and the number of blocks as [TileCode] says, and where to write a *panel*, for each run:
///
/// | bytes | what |
/// |---|---|
/// | 8 × 64 | of rows 0 to 15, four columns of each, signed; eight times |
/// | 8 × 64 | the same of rows 16 to 31 |
/// | 128 | scales of rows, floats |
/// | 128 | what is added for each row, times the sum of activations; where the format has that |
final class PanelEmitter {
    static final int TILE = 8 * 64;
    static final int SCALES = 2 * TILE;
    static final int OFFSETS = SCALES + 128;

    private static final int LINE = TileEmitter.LINE;
    private static final Gpr HEADS = Gpr.RDI;
    private static final Gpr BODIES = Gpr.RSI;
    private static final Gpr BLOCKS = Gpr.RDX;
    private static final Gpr PANEL = Gpr.RCX;
    private static final Gpr COUNTER = Gpr.RAX;

    private static final Zmm A = new Zmm(0);
    private static final Zmm B = new Zmm(1);
    private static final Zmm C = new Zmm(2);
    private static final Zmm D = new Zmm(3);
    private static final Zmm SWAP = new Zmm(16);
    private static final Zmm LOWER_BITS = new Zmm(17);
    private static final Zmm LESS = new Zmm(18);
    private static final Zmm LOWEST_BYTE = new Zmm(19);
    private static final Zmm SIGN = new Zmm(20);
    private static final Zmm UNIT = new Zmm(21);

    private final Assembler code = new Assembler();
    private final TileCode.Format format;
    private final int runBytes;

    PanelEmitter(TileCode.Format format) {
        this.format = format;
        this.runBytes = runBytes(format);
    }

    /// Bytes of a panel for each run.
    static int runBytes(TileCode.Format format) {
        return format == TileCode.Format.Q4_K ? OFFSETS + 128 : OFFSETS;
    }

    byte[] bytes() {
        TileEmitter.masks(code, COUNTER);
        code.vmovdqu32(SWAP, code.constant(TileEmitter.SWAPPED));
        code.vmovdqu32(LOWER_BITS, code.constant(0x0F0F_0F0F));
        Constant less = code.constant(format == TileCode.Format.Q8_0 ? 0x8080_8080 : 0xF8F8_F8F8);
        code.vmovdqu32(LESS, less);
        code.vmovdqu32(LOWEST_BYTE, code.constant(0xFF));
        code.vmovdqu32(SIGN, code.constant(0x8000_0000));
        Assembler.Label loop = code.here();
        switch (format) {
            case Q8_0 -> {
                bytePairs();
                halves();
                next(LINE, 16 * LINE);
            }
            case Q4_0 -> {
                nibbles();
                halves();
                next(LINE, Nibbles.BYTES);
            }
            case Q4_K -> superblock();
            case Q6_K -> throw new IllegalArgumentException("its runs have two scales");
        }
        code.dec(BLOCKS);
        code.jnz(loop);
        code.vzeroupper();
        code.ret();
        return code.bytes();
    }

    private void next(int head, int body) {
        code.add(HEADS, head);
        code.add(BODIES, body);
        code.add(PANEL, runBytes);
    }

    private void bytePairs() {
        for (int four = 0; four < 8; four++) {
            pair(four);
            code.vpaddb(C, C, LESS);
            code.vpaddb(B, B, LESS);
            put(four, C, B);
        }
    }

    /// Levels of Q4_0 are 8 less; those of Q4_K are not.
    private void nibbles() {
        for (int line = 0; line < Nibbles.LINES; line += 2) {
            pair(line / 2);
            code.vpandd(A, C, LOWER_BITS);
            code.vpandd(D, B, LOWER_BITS);
            putLevels(line, A, D);
            code.vpsrlw(C, C, 4);
            code.vpsrlw(B, B, 4);
            code.vpandd(C, C, LOWER_BITS);
            code.vpandd(B, B, LOWER_BITS);
            putLevels(line + 1, C, B);
        }
    }

    private void putLevels(int four, Zmm lower, Zmm upper) {
        if (format == TileCode.Format.Q4_0) {
            code.vpaddb(lower, lower, LESS);
            code.vpaddb(upper, upper, LESS);
        }
        put(four, lower, upper);
    }

    private void pair(int pair) {
        code.vmovdqu32(A, At.of(BODIES, 2 * LINE * pair));
        code.vmovdqu32(B, At.of(BODIES, 2 * LINE * pair + LINE));
        code.vmovdqa32(C, A);
        code.vpshufb(C, TileEmitter.UPPERS, B, SWAP);
        code.vpshufb(B, TileEmitter.LOWERS, A, SWAP);
    }

    private void put(int four, Zmm lower, Zmm upper) {
        code.vmovdqu32(At.of(PANEL, LINE * four), lower);
        code.vmovdqu32(At.of(PANEL, TILE + LINE * four), upper);
    }

    /// Scales of 16 bits.
    private void halves() {
        for (int half = 0; half < TileEmitter.HALVES; half++) {
            code.vcvtph2ps(A, At.of(HEADS, LINE / 2 * half));
            code.vmovdqu32(At.of(PANEL, SCALES + LINE * half), A);
        }
    }

    private void superblock() {
        code.mov(COUNTER, TileEmitter.RUNS);
        code.mov(Gpr.R8, HEADS);
        Assembler.Label loop = code.here();
        nibbles();
        for (int half = 0; half < TileEmitter.HALVES; half++) {
            factor(0, LINE / 2 * half, 16 * half, SCALES + LINE * half);
            factor(LINE, LINE / 2 * half, 16 * half + 8, OFFSETS + LINE * half);
        }
        next(LINE, Nibbles.BYTES);
        code.dec(COUNTER);
        code.jnz(loop);
        code.add(HEADS, 2 * LINE);
    }

    /// A byte of a run's line, times the block's unit; that of what is taken away, negative.
    private void factor(int unit, int half, int bit, int to) {
        code.vcvtph2ps(UNIT, At.of(Gpr.R8, unit + half));
        if (unit > 0) {
            code.vpxord(UNIT, UNIT, SIGN);
        }
        code.vmovdqu32(A, At.of(HEADS, 2 * LINE));
        code.vpsrld(A, A, bit);
        code.vpandd(A, A, LOWEST_BYTE);
        code.vcvtdq2ps(A, A);
        code.vmulps(A, A, UNIT);
        code.vmovdqu32(At.of(PANEL, to), A);
    }
}
