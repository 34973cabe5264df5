package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Runs of four-bit numbers: a line has four columns of each row in 16 bits. Of two lines, the
/// lower halves of all bytes are columns 0, 2, 4 and 6 of eight, the upper ones 1, 3, 5 and 7; a
/// record has its levels in that order.
final class Nibbles {
    static final int LINES = 8;
    static final int BYTES = LINES * TileEmitter.LINE;

    /// Vectors that are named here.
    static final int NAMED = 1;

    private static final Zmm LOWER_BITS = new Zmm(23);

    private Nibbles() {}

    static void constants(TileEmitter emitter) {
        emitter.code.vmovdqu32(LOWER_BITS, emitter.code.constant(0x0F0F_0F0F));
    }

    /// Adds the products of a run whose lines begin at `lines`.
    static void run(TileEmitter emitter, Gpr lines) {
        Assembler code = emitter.code;
        for (int line = 0; line < LINES; line += 2) {
            code.vmovdqu32(TileEmitter.A, At.of(lines, line * TileEmitter.LINE));
            code.vmovdqu32(TileEmitter.B, At.of(lines, (line + 1) * TileEmitter.LINE));
            emitter.pair(TileEmitter.A, TileEmitter.B, TileEmitter.C);
            code.vpandd(TileEmitter.A, TileEmitter.C, LOWER_BITS);
            code.vpandd(TileEmitter.D, TileEmitter.B, LOWER_BITS);
            emitter.multiply(TileEmitter.A, TileEmitter.D, line);
            code.vpsrlw(TileEmitter.C, TileEmitter.C, 4);
            code.vpsrlw(TileEmitter.B, TileEmitter.B, 4);
            code.vpandd(TileEmitter.C, TileEmitter.C, LOWER_BITS);
            code.vpandd(TileEmitter.B, TileEmitter.B, LOWER_BITS);
            emitter.multiply(TileEmitter.C, TileEmitter.B, line + 1);
        }
    }
}
