package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Tile;
import dev.backplane.tensor.machine.Operand.Zmm;

/// Writes a function that multiplies a panel ([PanelEmitter]) with many activations by the matrix
/// unit of the processor (AMX), eight at a time. It takes, in this order:
///
/// - the address of the panel, and how many steps of [#runs] it has
/// - the address of the records, and how often there are eight rows of them
/// - the address of 32 floats that it writes for the first row, and the bytes from there to those
///   of the next
///
/// Whole sums of a run come as two matrices of eight rows and sixteen columns, which go by way of
/// the stack to where they become floats. Two runs take turns with tiles and places, and the floats
/// of one are made while the unit works on the next.
final class MatrixEmitter {
    private static final int ROWS = 8;
    private static final int LINE = 64;
    private static final int RUN_RECORDS = ROWS * TileCode.RECORD;
    private static final int SUMS = ROWS * LINE;
    private static final int TURNS = 2;

    private static final Gpr PANEL = Gpr.RDI;
    private static final Gpr STEPS = Gpr.RSI;
    private static final Gpr X = Gpr.RDX;
    private static final Gpr EIGHTS = Gpr.RCX;
    private static final Gpr OUT = Gpr.R8;
    private static final Gpr OUT_STEP = Gpr.R9;
    private static final Gpr LINE_STEP = Gpr.R10;
    private static final Gpr RECORD_STEP = Gpr.R11;
    private static final Gpr AT = Gpr.R12;
    private static final Gpr LEFT = Gpr.R13;
    private static final Gpr PLACE = Gpr.RAX;
    private static final Gpr OTHER = Gpr.RBX;

    private static final Zmm PRODUCT = new Zmm(16);
    private static final Zmm SCALE = new Zmm(24);

    private final Assembler code = new Assembler();
    private final TileCode.Format format;
    private final int runs;
    private final int runBytes;

    MatrixEmitter(TileCode.Format format) {
        this.format = format;
        this.runs = runs(format);
        this.runBytes = PanelEmitter.runBytes(format);
    }

    /// Runs of a step.
    static int runs(TileCode.Format format) {
        return format == TileCode.Format.Q4_K ? TileEmitter.RUNS : TURNS;
    }

    byte[] bytes() {
        begin();
        Assembler.Label eights = code.here();
        for (int row = 0; row < ROWS; row++) {
            for (int half = 0; half < TileEmitter.HALVES; half++) {
                code.vpxord(sum(row, half), sum(row, half), sum(row, half));
            }
        }
        code.mov(AT, PANEL);
        code.mov(LEFT, STEPS);
        Assembler.Label steps = code.here();
        products(0, 0);
        for (int run = 1; run < runs; run++) {
            products(run, run % TURNS);
            scaled(run - 1, (run - 1) % TURNS);
        }
        scaled(runs - 1, (runs - 1) % TURNS);
        if (format == TileCode.Format.Q4_K) {
            for (int run = 0; run < runs; run++) {
                offsets(run);
            }
        }
        code.add(AT, runs * runBytes);
        code.add(X, runs * RUN_RECORDS);
        code.dec(LEFT);
        code.jnz(steps);
        for (int row = 0; row < ROWS; row++) {
            for (int half = 0; half < TileEmitter.HALVES; half++) {
                code.vmovdqu32(At.of(OUT, LINE * half), sum(row, half));
            }
            code.add(OUT, OUT_STEP);
        }
        code.dec(EIGHTS);
        code.jnz(eights);
        end();
        return code.bytes();
    }

    private void begin() {
        code.push(Gpr.RBP);
        code.push(Gpr.RBX);
        code.push(Gpr.R12);
        code.push(Gpr.R13);
        code.mov(Gpr.RBP, Gpr.RSP);
        code.add(Gpr.RSP, -TURNS * 2 * SUMS - LINE);
        code.and(Gpr.RSP, -LINE);
        code.ldtilecfg(code.constant(configuration()));
        code.mov(LINE_STEP, LINE);
        code.mov(RECORD_STEP, TileCode.RECORD);
    }

    /// One way of being laid out; of each tile the bytes of a row, and the rows.
    private static int[] configuration() {
        byte[] bytes = new byte[LINE];
        bytes[0] = 1;
        for (int tile = 0; tile < 8; tile++) {
            bytes[16 + 2 * tile] = (byte) (tile % 4 == 0 ? TileEmitter.RUN : LINE);
            bytes[48 + tile] = ROWS;
        }
        int[] words = new int[LINE / Integer.BYTES];
        for (int i = 0; i < LINE; i++) {
            words[i / 4] |= (bytes[i] & 0xFF) << 8 * (i % 4);
        }
        return words;
    }

    private void end() {
        code.tilerelease();
        code.mov(Gpr.RSP, Gpr.RBP);
        code.pop(Gpr.R13);
        code.pop(Gpr.R12);
        code.pop(Gpr.RBX);
        code.pop(Gpr.RBP);
        code.vzeroupper();
        code.ret();
    }

    private static Zmm sum(int row, int half) {
        return new Zmm(TileEmitter.HALVES * row + half);
    }

    private static int place(int turn, int half) {
        return SUMS * (2 * turn + half);
    }

    private void products(int run, int turn) {
        Tile x = new Tile(4 * turn);
        Tile weights = new Tile(4 * turn + 1);
        code.lea(PLACE, At.of(X, RUN_RECORDS * run + TileCode.LEVELS));
        code.tileloadd(x, At.of(PLACE, RECORD_STEP, 1));
        for (int half = 0; half < TileEmitter.HALVES; half++) {
            Tile product = new Tile(4 * turn + 2 + half);
            code.lea(PLACE, At.of(AT, runBytes * run + PanelEmitter.TILE * half));
            code.tileloadd(weights, At.of(PLACE, LINE_STEP, 1));
            code.tilezero(product);
            code.tdpbssd(product, x, weights);
            code.lea(OTHER, At.of(Gpr.RSP, place(turn, half)));
            code.tilestored(At.of(OTHER, LINE_STEP, 1), product);
        }
    }

    private void scaled(int run, int turn) {
        for (int half = 0; half < TileEmitter.HALVES; half++) {
            code.vmovdqu32(SCALE, At.of(AT, runBytes * run + PanelEmitter.SCALES + LINE * half));
            for (int row = 0; row < ROWS; row++) {
                Zmm product = new Zmm(PRODUCT.number() + row);
                code.vcvtdq2ps(product, At.of(Gpr.RSP, place(turn, half) + LINE * row));
                code.vmulps(product, product, SCALE);
                code.vfmadd231ps(sum(row, half), product, each(run, row, TileCode.SCALE));
            }
        }
    }

    private void offsets(int run) {
        for (int half = 0; half < TileEmitter.HALVES; half++) {
            code.vmovdqu32(SCALE, At.of(AT, runBytes * run + PanelEmitter.OFFSETS + LINE * half));
            for (int row = 0; row < ROWS; row++) {
                code.vfmadd231ps(sum(row, half), SCALE, each(run, row, TileCode.SUM));
            }
        }
    }

    private static At each(int run, int row, int field) {
        return At.each(X, RUN_RECORDS * run + TileCode.RECORD * row + field);
    }
}
