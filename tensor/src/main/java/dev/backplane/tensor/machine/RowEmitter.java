package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Zmm;
import java.util.List;

/// Writes the functions of [RowCode]. Each row of weights with each of activations has a vector of
/// sums, for columns 16 apart; at the end halves are added until one is left, of four rows of
/// weights together.
final class RowEmitter {
    private static final Gpr ARGUMENTS = Gpr.RDI;
    private static final Gpr OUT = Gpr.R8;
    private static final Gpr GROUPS = Gpr.RDX;
    private static final Gpr STEP = Gpr.RBP;

    /// What is left of the columns, in bytes of weights, counted up to 0.
    private static final Gpr LEFT = Gpr.RAX;

    /// Where rows of weights end.
    private static final List<Gpr> WEIGHTS = List.of(Gpr.RSI, Gpr.R9, Gpr.R10, Gpr.R11);

    /// And those of activations. With two at most, the others are where the next rows of weights
    /// end, which are asked for ahead.
    private static final List<Gpr> X =
            List.of(Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15, Gpr.RBX, Gpr.RCX);

    private static final int FEW = 2;

    private static final List<Gpr> SAVED =
            List.of(Gpr.RBP, Gpr.RBX, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

    private static final int COLUMNS = RowCode.COLUMNS;
    private static final Zmm INPUT = new Zmm(31);
    private static final Zmm OTHER = new Zmm(30);
    private static final Zmm PLACES = new Zmm(29);

    /// Of two vectors, both lower and both upper halves; of two vectors' quarters, the even and the
    /// odd ones; and those of one vector exchanged.
    private static final int LOWER = 0b01_00_01_00;

    private static final int UPPER = 0b11_10_11_10;
    private static final int EVEN = 0b10_00_10_00;
    private static final int ODD = 0b11_01_11_01;
    private static final int HALVES = 0b01_00_11_10;
    private static final int NEIGHBOURS = 0b10_11_00_01;

    private static final int[] FIRST_OF_FOUR = {0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12};

    private final Assembler code = new Assembler();
    private final RowCode kind;
    private final int group;
    private final int rows;
    private final boolean more;

    /// @param group rows of weights at once, [RowCode#GROUP] or 1
    /// @param rows of activations
    /// @param more whether what comes out is added to what is there
    RowEmitter(RowCode kind, int group, int rows, boolean more) {
        this.kind = kind;
        this.group = group;
        this.rows = rows;
        this.more = more;
    }

    byte[] bytes() {
        begin();
        Assembler.Label groups = code.here();
        products();
        for (int row = 0; row < rows; row++) {
            store(row);
        }
        code.mov(OUT, argument(RowCode.OUT));
        code.add(OUT, group * Float.BYTES);
        code.mov(argument(RowCode.OUT), OUT);
        for (int row = 0; row < group; row++) {
            code.add(WEIGHTS.get(row), STEP);
            if (rows <= FEW) {
                code.add(ahead(row), STEP);
            }
        }
        code.dec(GROUPS);
        code.jnz(groups);
        SAVED.reversed().forEach(code::pop);
        code.vzeroupper();
        code.ret();
        return code.bytes();
    }

    private static At argument(int field) {
        return At.of(ARGUMENTS, field);
    }

    private void begin() {
        SAVED.forEach(code::push);
        code.vmovdqu32(PLACES, code.constant(FIRST_OF_FOUR));
        code.mov(GROUPS, argument(RowCode.GROUPS));
        code.mov(LEFT, argument(RowCode.VECTORS));
        ends(X.subList(0, rows), RowCode.X, RowCode.X_STEP, COLUMNS * Float.BYTES);
        ends(WEIGHTS.subList(0, group), RowCode.WEIGHTS, RowCode.STEP, kind.bytes() * COLUMNS);
        code.mov(STEP, argument(RowCode.STEP));
        code.imul(STEP, STEP, group);
        for (int row = 0; row < group && rows <= FEW; row++) {
            code.mov(ahead(row), WEIGHTS.get(row));
            code.add(ahead(row), STEP);
        }
    }

    /// Where rows end, one after the other a step further on.
    private void ends(List<Gpr> rows, int first, int step, int vectorBytes) {
        code.imul(STEP, LEFT, vectorBytes);
        code.add(STEP, argument(first));
        for (Gpr row : rows) {
            code.mov(row, STEP);
            code.add(STEP, argument(step));
        }
    }

    private static Gpr ahead(int row) {
        return X.get(FEW + row);
    }

    private Zmm sum(int row, int n) {
        return new Zmm(RowCode.GROUP * n + row);
    }

    private static Zmm weights(int row) {
        return new Zmm(RowCode.GROUP * RowCode.ROWS_MAX + row);
    }

    private void products() {
        for (int n = 0; n < rows; n++) {
            for (int row = 0; row < group; row++) {
                code.vpxord(sum(row, n), sum(row, n), sum(row, n));
            }
        }
        code.mov(LEFT, argument(RowCode.VECTORS));
        code.imul(LEFT, LEFT, kind.bytes() * COLUMNS);
        code.neg(LEFT);
        Assembler.Label loop = code.here();
        for (int row = 0; row < group; row++) {
            kind.load(code, weights(row), At.of(WEIGHTS.get(row), LEFT, 1));
            if (rows <= FEW) {
                code.prefetcht0(At.of(ahead(row), LEFT, 1));
            }
        }
        for (int n = 0; n < rows; n++) {
            code.vmovdqu32(INPUT, At.of(X.get(n), LEFT, Float.BYTES / kind.bytes()));
            for (int row = 0; row < group; row++) {
                code.vfmadd231ps(sum(row, n), weights(row), INPUT);
            }
        }
        code.add(LEFT, kind.bytes() * COLUMNS);
        code.jnz(loop);
    }

    /// Adds up the lanes of sums and writes them.
    private void store(int n) {
        Zmm sum = sum(0, n);
        if (group == 1) {
            fold(weights(0), sum, sum, LOWER, UPPER);
            fold(sum, weights(0), weights(0), EVEN, ODD);
        } else {
            fold(weights(0), sum, sum(1, n), LOWER, UPPER);
            fold(weights(1), sum(2, n), sum(3, n), LOWER, UPPER);
            fold(sum, weights(0), weights(1), EVEN, ODD);
        }
        code.vpermilps(OTHER, sum, HALVES);
        code.vaddps(sum, sum, OTHER);
        code.vpermilps(OTHER, sum, NEIGHBOURS);
        code.vaddps(sum, sum, OTHER);
        if (n == 0) {
            code.mov(OUT, argument(RowCode.OUT));
        } else {
            code.add(OUT, argument(RowCode.OUT_STEP));
        }
        At to = At.of(OUT, 0);
        if (group == 1) {
            if (more) {
                code.vmovss(OTHER, to);
                code.vaddps(sum, sum, OTHER);
            }
            code.vmovss(to, sum);
        } else {
            code.vpermd(sum, PLACES, sum);
            if (more) {
                code.vmovupsXmm(OTHER, to);
                code.vaddps(sum, sum, OTHER);
            }
            code.vmovupsXmm(to, sum);
        }
    }

    /// Adds one part of two vectors to the other part.
    private void fold(Zmm to, Zmm a, Zmm b, int one, int other) {
        code.vshuff32x4(OTHER, a, b, other);
        code.vshuff32x4(to, a, b, one);
        code.vaddps(to, to, OTHER);
    }
}
