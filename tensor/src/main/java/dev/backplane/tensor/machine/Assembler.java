package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Constant;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Mask;
import dev.backplane.tensor.machine.Operand.Memory;
import dev.backplane.tensor.machine.Operand.Tile;
import dev.backplane.tensor.machine.Operand.Zmm;
import java.util.ArrayList;
import java.util.List;

/// Writes instructions of x86-64, those that the kernels need: methods have the names of Intel's
/// manual, and the order of its operands, what is written first.
///
/// Vectors have 512 bits. How instructions become bytes is in [Encoder].
final class Assembler {
    /// A place to jump to.
    record Label(int position) {}

    private static final int VECTOR = 64;

    private final Encoder code = new Encoder();
    private final List<int[]> constants = new ArrayList<>();

    /// The code, and behind it its constants.
    byte[] bytes() {
        code.align(VECTOR);
        int start = code.position();
        for (int[] words : constants) {
            for (int i = 0; i < VECTOR / Integer.BYTES; i++) {
                code.int32(words[i % words.length]);
            }
        }
        return code.bytes(start);
    }

    /// A vector of these words of 32 bits, again and again.
    Constant constant(int... words) {
        constants.add(words);
        return new Constant(constants.size() - 1);
    }

    Label here() {
        return new Label(code.position());
    }

    // Whole numbers and addresses.

    void mov(Gpr to, Gpr from) {
        code.general(0x89, from.ordinal(), to);
    }

    void mov(Gpr to, long value) {
        code.move(to, value);
    }

    void mov(Gpr to, At from) {
        code.general(0x8B, to.ordinal(), from);
    }

    void mov(At to, Gpr from) {
        code.general(0x89, from.ordinal(), to);
    }

    void lea(Gpr to, At from) {
        code.general(0x8D, to.ordinal(), from);
    }

    void add(Gpr to, Gpr value) {
        code.general(0x01, value.ordinal(), to);
    }

    void add(Gpr to, int value) {
        code.general(0x81, 0, to);
        code.int32(value);
    }

    void add(Gpr to, At value) {
        code.general(0x03, to.ordinal(), value);
    }

    /// Two's complement's other sign.
    void neg(Gpr to) {
        code.general(0xF7, 3, to);
    }

    void and(Gpr to, int value) {
        code.general(0x81, 4, to);
        code.int32(value);
    }

    void imul(Gpr to, Gpr from, int factor) {
        code.general(0x69, to.ordinal(), from);
        code.int32(factor);
    }

    /// Compares; for [#cmove].
    void cmp(Gpr a, int value) {
        code.general(0x81, 7, a);
        code.int32(value);
    }

    /// Copies if what was compared was equal.
    void cmove(Gpr to, Gpr from) {
        code.general(0x0F, 0x44, to.ordinal(), from);
    }

    /// Less one; for [#jnz].
    void dec(Gpr to) {
        code.general(0xFF, 1, to);
    }

    /// Jumps back while the last result was not 0.
    void jnz(Label label) {
        code.jump(0x85, label.position());
    }

    void push(Gpr from) {
        code.stack(0x50, from);
    }

    void pop(Gpr to) {
        code.stack(0x58, to);
    }

    void ret() {
        code.raw(0xC3);
    }

    void cpuid() {
        code.raw(0x0F, 0xA2);
    }

    void xgetbv() {
        code.raw(0x0F, 0x01, 0xD0);
    }

    /// Into the first cache.
    void prefetcht0(At address) {
        code.prefetch(1, address);
    }

    // Vectors.

    /// Clears what would slow down code that knows no vectors of this size.
    void vzeroupper() {
        code.raw(0xC5, 0xF8, 0x77);
    }

    void kmovq(Mask to, Gpr from) {
        code.mask(to, from);
    }

    void vmovdqu32(Zmm to, Memory from) {
        code.vector(Encoder.F3_0F, 0x6F, to, Encoder.UNUSED, from);
    }

    void vmovdqu32(At to, Zmm from) {
        code.vector(Encoder.F3_0F, 0x7F, from, Encoder.UNUSED, to);
    }

    void vmovdqa32(Zmm to, Zmm from) {
        code.vector(Encoder.P66_0F, 0x6F, to, Encoder.UNUSED, from);
    }

    /// The lowest float.
    void vmovss(At to, Zmm from) {
        code.low(Encoder.F3_0F, 0x11, from, to, Encoder.WORD);
    }

    void vmovss(Zmm to, At from) {
        code.low(Encoder.F3_0F, 0x10, to, from, Encoder.WORD);
    }

    /// The lowest four floats.
    void vmovupsXmm(At to, Zmm from) {
        code.low(Encoder.NP_0F, 0x11, from, to, Encoder.FOUR_WORDS);
    }

    void vmovupsXmm(Zmm to, At from) {
        code.low(Encoder.NP_0F, 0x10, to, from, Encoder.FOUR_WORDS);
    }

    void vpbroadcastd(Zmm to, At from) {
        code.vector(Encoder.P66_0F38, 0x58, to, Encoder.UNUSED, from.single(), Encoder.WORD);
    }

    void vpbroadcastd(Zmm to, Gpr from) {
        code.vector(Encoder.P66_0F38, 0x7C, to, Encoder.UNUSED, new Zmm(from.ordinal()));
    }

    /// The lowest byte of each 32 bits, the nearest one that it can be.
    void vpmovsdb(At to, Zmm from) {
        code.vector(Encoder.F3_0F38, 0x21, from, Encoder.UNUSED, to, VECTOR / 4);
    }

    /// Moves 32 bits to where `places` says that they are from.
    void vpermd(Zmm to, Zmm places, Zmm from) {
        code.vector(Encoder.P66_0F38, 0x36, to, places.number(), from);
    }

    /// Moves bytes within each 128 bits, of lanes in the mask.
    void vpshufb(Zmm to, Mask mask, Zmm from, Zmm places) {
        code.vector(Encoder.P66_0F38, 0x00, to, from.number(), places, mask);
    }

    /// Moves pieces of 128 bits, two of each.
    void vshuff32x4(Zmm to, Zmm low, Zmm high, int places) {
        code.vector(Encoder.P66_0F3A, 0x23, to, low.number(), high, places, Encoder.IMMEDIATE);
    }

    /// Moves floats within each 128 bits.
    void vpermilps(Zmm to, Zmm from, int places) {
        code.vector(Encoder.P66_0F3A, 0x04, to, Encoder.UNUSED, from, places, Encoder.IMMEDIATE);
    }

    /// In each 32 bits, adds four products of an unsigned byte with a signed one.
    void vpdpbusd(Zmm sum, Zmm unsigned, Operand signed) {
        code.vector(Encoder.P66_0F38, 0x50, sum, unsigned.number(), signed);
    }

    void vpaddd(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F, 0xFE, to, a.number(), b);
    }

    void vpaddb(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F, 0xFC, to, a.number(), b);
    }

    void vpsubd(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F, 0xFA, to, a.number(), b);
    }

    void vpandd(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F, 0xDB, to, a.number(), b);
    }

    void vpxord(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F, 0xEF, to, a.number(), b);
    }

    /// Any function of three bits: bit 4 · to + 2 · a + b of `table`.
    void vpternlogd(Zmm to, Zmm a, Operand b, int table) {
        code.vector(Encoder.P66_0F3A, 0x25, to, a.number(), b, table, Encoder.IMMEDIATE);
    }

    void vpsrlw(Zmm to, Zmm from, int bits) {
        code.shift(0x71, 2, to, from, bits);
    }

    void vpsllw(Zmm to, Zmm from, int bits) {
        code.shift(0x71, 6, to, from, bits);
    }

    void vpsrld(Zmm to, Zmm from, int bits) {
        code.shift(0x72, 2, to, from, bits);
    }

    void vpsrad(Zmm to, Zmm from, int bits) {
        code.shift(0x72, 4, to, from, bits);
    }

    void vpslld(Zmm to, Zmm from, int bits) {
        code.shift(0x72, 6, to, from, bits);
    }

    /// Sixteen numbers of 16 bits.
    void vpmovzxwd(Zmm to, At from) {
        code.vector(Encoder.P66_0F38, 0x33, to, Encoder.UNUSED, from, VECTOR / 2);
    }

    /// Sixteen floats of 16 bits.
    void vcvtph2ps(Zmm to, At from) {
        code.vector(Encoder.P66_0F38, 0x13, to, Encoder.UNUSED, from, VECTOR / 2);
    }

    void vcvtdq2ps(Zmm to, Operand from) {
        code.vector(Encoder.NP_0F, 0x5B, to, Encoder.UNUSED, from);
    }

    /// To the nearest whole number, of two the even one.
    void vcvtps2dq(Zmm to, Zmm from) {
        code.vector(Encoder.P66_0F, 0x5B, to, Encoder.UNUSED, from);
    }

    void vaddps(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.NP_0F, 0x58, to, a.number(), b);
    }

    void vmulps(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.NP_0F, 0x59, to, a.number(), b);
    }

    void vdivps(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.NP_0F, 0x5E, to, a.number(), b);
    }

    void vmaxps(Zmm to, Zmm a, Operand b) {
        code.vector(Encoder.NP_0F, 0x5F, to, a.number(), b);
    }

    /// Where `a` is less than `b`; for no number, nowhere.
    void vcmpltps(Mask to, Zmm a, Operand b) {
        Zmm destination = new Zmm(to.number());
        code.vector(Encoder.NP_0F, 0xC2, destination, a.number(), b, 1, Encoder.IMMEDIATE);
    }

    /// Lanes of the mask, and zeros.
    void vmovdqa32(Zmm to, Mask mask, Zmm from) {
        code.masked(Encoder.P66_0F, 0x6F, to, from, mask);
    }

    /// `sum = a · b + sum`, rounded once.
    void vfmadd231ps(Zmm sum, Zmm a, Operand b) {
        code.vector(Encoder.P66_0F38, 0xB8, sum, a.number(), b);
    }

    // Matrices.

    /// Sets how large each tile is: see Intel's manual, "TILECFG".
    void ldtilecfg(Constant from) {
        code.tiles(Encoder.NP_0F38, 0x49, 0, from);
    }

    void tilerelease() {
        code.raw(0xC4, 0xE2, 0x78, 0x49, 0xC0);
    }

    void tilezero(Tile to) {
        code.tile(Encoder.F2_0F38, 0x49, to, new Tile(0), new Tile(0));
    }

    /// @param from the first row; the index is the bytes to the next
    void tileloadd(Tile to, At from) {
        code.tile(Encoder.F2_0F38, 0x4B, to, from);
    }

    void tilestored(At to, Tile from) {
        code.tile(Encoder.F3_0F38, 0x4B, from, to);
    }

    /// Adds products of signed bytes, rows of `a` with columns of `b`, which has four rows of bytes
    /// in each.
    void tdpbssd(Tile sum, Tile a, Tile b) {
        code.tile(Encoder.F2_0F38, 0x5E, sum, a, b);
    }
}
