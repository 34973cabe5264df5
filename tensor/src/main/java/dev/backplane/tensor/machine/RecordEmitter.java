package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Mask;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Writes the functions of [RecordCode]. A run is two vectors of floats; what is summed up or
/// compared across lanes is in all of them afterwards.
final class RecordEmitter {
    private static final Gpr FLOATS = Gpr.RDI;
    private static final Gpr RUNS = Gpr.RSI;
    private static final Gpr RECORD = Gpr.RDX;
    private static final Gpr STEP = Gpr.RCX;
    private static final int VECTOR = 64;

    /// Quarters of a vector, or of 128 bits, in pairs exchanged: halves and then neighbours.
    private static final int HALVES = 0b01_00_11_10;

    private static final int NEIGHBOURS = 0b10_11_00_01;

    private static final Zmm FIRST = new Zmm(0);
    private static final Zmm SECOND = new Zmm(1);
    private static final Zmm LARGEST = new Zmm(2);
    private static final Zmm OTHER = new Zmm(3);
    private static final Zmm SCALE = new Zmm(4);
    private static final Zmm INVERSE = new Zmm(5);
    private static final Zmm SUM = new Zmm(6);
    private static final Zmm START = new Zmm(7);
    private static final Zmm MAGNITUDE = new Zmm(16);
    private static final Zmm LEVELS_MAX = new Zmm(17);
    private static final Zmm ONE = new Zmm(18);
    private static final Zmm ZERO = new Zmm(19);
    private static final Zmm PLACES = new Zmm(20);
    private static final Mask POSITIVE = new Mask(1);

    private static final int[] EVEN_BEFORE_ODD = {
        0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15
    };

    private final Assembler code = new Assembler();
    private final RecordCode kind;

    RecordEmitter(RecordCode kind) {
        this.kind = kind;
    }

    byte[] bytes() {
        code.vmovdqu32(MAGNITUDE, code.constant(0x7FFF_FFFF));
        code.vmovdqu32(LEVELS_MAX, code.constant(Float.floatToIntBits(127)));
        code.vmovdqu32(ONE, code.constant(Float.floatToIntBits(1)));
        code.vmovdqu32(PLACES, code.constant(EVEN_BEFORE_ODD));
        code.vpxord(ZERO, ZERO, ZERO);
        Assembler.Label loop = code.here();
        scale();
        levels();
        sums();
        code.add(FLOATS, 2 * VECTOR);
        code.add(RECORD, STEP);
        code.dec(RUNS);
        code.jnz(loop);
        code.vzeroupper();
        code.ret();
        return code.bytes();
    }

    private void scale() {
        code.vmovdqu32(FIRST, At.of(FLOATS, 0));
        code.vmovdqu32(SECOND, At.of(FLOATS, VECTOR));
        code.vpandd(LARGEST, FIRST, MAGNITUDE);
        code.vpandd(OTHER, SECOND, MAGNITUDE);
        code.vmaxps(LARGEST, LARGEST, OTHER);
        code.vshuff32x4(OTHER, LARGEST, LARGEST, HALVES);
        code.vmaxps(LARGEST, LARGEST, OTHER);
        code.vshuff32x4(OTHER, LARGEST, LARGEST, NEIGHBOURS);
        code.vmaxps(LARGEST, LARGEST, OTHER);
        code.vpermilps(OTHER, LARGEST, HALVES);
        code.vmaxps(LARGEST, LARGEST, OTHER);
        code.vpermilps(OTHER, LARGEST, NEIGHBOURS);
        code.vmaxps(LARGEST, LARGEST, OTHER);
        code.vdivps(SCALE, LARGEST, LEVELS_MAX);
        code.vcmpltps(POSITIVE, ZERO, SCALE);
        code.vdivps(INVERSE, ONE, SCALE);
        code.vmovdqa32(INVERSE, POSITIVE, INVERSE);
        code.vmovss(At.of(RECORD, TileCode.SCALE), SCALE);
    }

    private void levels() {
        code.vmulps(FIRST, FIRST, INVERSE);
        code.vmulps(SECOND, SECOND, INVERSE);
        if (kind == RecordCode.NIBBLES) {
            code.vpermd(FIRST, PLACES, FIRST);
            code.vpermd(SECOND, PLACES, SECOND);
        }
        code.vcvtps2dq(FIRST, FIRST);
        code.vcvtps2dq(SECOND, SECOND);
        code.vpmovsdb(At.of(RECORD, TileCode.LEVELS), FIRST);
        code.vpmovsdb(At.of(RECORD, TileCode.LEVELS + VECTOR / 4), SECOND);
    }

    private void sums() {
        if (kind == RecordCode.SIX_BITS) {
            sumUp(FIRST);
            start(FIRST, TileCode.START);
            sumUp(SECOND);
            start(SECOND, TileCode.SECOND_START);
            code.vpaddd(SUM, FIRST, SECOND);
        } else {
            code.vpaddd(SUM, FIRST, SECOND);
            sumUp(SUM);
            start(SUM, TileCode.START);
        }
        code.vcvtdq2ps(SUM, SUM);
        code.vmulps(SUM, SUM, SCALE);
        code.vmovss(At.of(RECORD, TileCode.SUM), SUM);
    }

    private void sumUp(Zmm lanes) {
        code.vshuff32x4(OTHER, lanes, lanes, HALVES);
        code.vpaddd(lanes, lanes, OTHER);
        code.vshuff32x4(OTHER, lanes, lanes, NEIGHBOURS);
        code.vpaddd(lanes, lanes, OTHER);
        code.vpermilps(OTHER, lanes, HALVES);
        code.vpaddd(lanes, lanes, OTHER);
        code.vpermilps(OTHER, lanes, NEIGHBOURS);
        code.vpaddd(lanes, lanes, OTHER);
    }

    private void start(Zmm sum, int field) {
        code.vpslld(START, sum, kind.startBits());
        code.vpsubd(START, ZERO, START);
        code.vmovss(At.of(RECORD, field), START);
    }
}
