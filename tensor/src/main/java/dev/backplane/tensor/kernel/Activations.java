package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import dev.backplane.tensor.machine.MachineCode;
import dev.backplane.tensor.machine.RecordCode;
import dev.backplane.tensor.machine.TileCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The inputs of matrix products: up to `rowsMax` rows of `columns` floats, with the forms that
/// kernels want of them, each made once when first asked for.
///
/// | form | for | what |
/// |---|---|---|
/// | floats | weights in place | as they came, each row followed by zeros to a whole vector |
/// | levels | tiles | whole numbers −127 to 127, a scale for each run of 32, sums |
/// | fours | tiles that are decoded | levels of four rows, one column after the other |
/// | pairs, nibbles, sixes | tiles of one way of packing | levels as its arithmetic wants them |
/// | records | tiles, multiplied by machine code | see [TileCode] |
///
/// Whole numbers are those of ggml's Q8_0, but for a scale that is not cut to 16 bits. Those of the
/// last forms are 16 bits wide and stand twice in an `int`, so that they can be spread over a
/// vector in one instruction.
///
/// One thread sets; then rows may be prepared by many, and after that read by many. Columns are a
/// multiple of 32 if levels are wanted.
public final class Activations {
    static final int RUN = 32;

    /// Numbers that [#spread] has for a pair of columns, in the form for pairs.
    static final int PAIR_INTS = 3;

    /// Numbers that [#spread] has for eight columns, in the form for six bits.
    static final int EIGHT_INTS = 11;

    /// Rows that [#fours] has beside each other.
    static final int FOUR = 4;

    private static final int LEVELS = 127;
    private static final int PADDING = 16;

    /// A float plus this has the float, rounded to a whole number, in its lowest bits.
    private static final float ROUNDER = 0x1.8p23f;

    private final FloatArray floats;
    private final int rowsMax;
    private final int columns;
    private final int stride;
    private final int runs;
    private int rows;
    private Form ready = Form.FLOATS;
    private @Nullable RecordCode recorded;

    final float[] levels;
    final float[] fours;
    final float[] scales;
    final float[] sums;
    final float[] levelSums;
    final int[] spread;
    final int[] starts;

    private final MemorySegment records;

    /// What a kind of weights wants of its activations.
    enum Form {
        FLOATS,
        FOURS,
        PAIRS,
        NIBBLES,
        SIX_BITS
    }

    private Activations(Arena arena, int rowsMax, int columns) {
        this.rowsMax = rowsMax;
        this.columns = columns;
        this.stride = (columns + PADDING - 1) / PADDING * PADDING;
        this.runs = columns / RUN;
        floats = FloatArray.allocate(arena, Math.multiplyExact(rowsMax, stride));
        boolean whole = columns % RUN == 0;
        int rowsFull = whole ? Math.ceilDiv(rowsMax, FOUR) * FOUR : 0;
        levels = new float[whole ? rowsMax * columns : 0];
        fours = new float[rowsMax < FOUR ? 0 : rowsFull * columns];
        scales = new float[rowsFull * runs];
        sums = new float[scales.length];
        levelSums = new float[scales.length];
        spread = new int[levels.length / 2 * PAIR_INTS];
        starts = new int[scales.length];
        boolean recordable = whole && MachineCode.obstacle().isEmpty();
        records = arena.allocate(recordable ? (long) rowsMax * recordBytes() : 0, 64);
    }

    /// For at most `rowsMax` rows.
    ///
    /// @throws ArithmeticException when they are more than 2³¹ numbers
    public static Activations allocate(Arena arena, int rowsMax, int columns) {
        return new Activations(arena, rowsMax, columns);
    }

    /// Takes `rows` rows, one after the other in `from` from `start` on.
    public void set(FloatArray from, int start, int rows) {
        Objects.checkFromToIndex(0, rows, rowsMax);
        for (int row = 0; row < rows; row++) {
            floats.set(row * stride, from, start + row * columns, columns);
        }
        this.rows = rows;
        ready = Form.FLOATS;
        recorded = null;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /// Floats between the beginnings of rows: the columns and the zeros after them.
    int stride() {
        return stride;
    }

    /// Runs of 32 in a row.
    int runs() {
        return runs;
    }

    /// The address of row `row`.
    long floats(int row) {
        return floats.address((long) row * stride, stride);
    }

    /// Whether rows have to be prepared for a form; if so they count as prepared from now on.
    boolean take(Form form) {
        if (form == Form.FLOATS || form == ready) {
            return false;
        }
        checkRuns();
        ready = form;
        recorded = null;
        return true;
    }

    /// The same for records.
    boolean take(RecordCode kind) {
        if (kind == recorded) {
            return false;
        }
        checkRuns();
        ready = Form.FLOATS;
        recorded = kind;
        return true;
    }

    private void checkRuns() {
        if (columns % RUN != 0) {
            throw new IllegalArgumentException(
                    "%d columns are no multiple of %d".formatted(columns, RUN));
        }
    }

    /// Bytes of a row's records.
    private long recordBytes() {
        return (long) runs * TileCode.RECORD;
    }

    /// The address of the records of rows that lie together, from `row` on.
    long records(int row) {
        Objects.checkIndex(row, rows);
        return records.address() + row * recordBytes();
    }

    /// Makes the form that was last taken, of rows `from` to `to`.
    void prepare(int from, int to) {
        RecordCode kind = recorded;
        for (int row = from; row < to; row++) {
            if (kind != null) {
                record(row, kind);
                continue;
            }
            quantise(floats(row), row * columns, row * runs);
            sum(row);
            switch (ready) {
                case FLOATS -> {}
                case FOURS -> fours(row);
                case PAIRS -> pairs(row * columns);
                case NIBBLES -> {
                    nibbles(row * columns);
                    starts(row);
                }
                case SIX_BITS -> {
                    sixes(row * columns);
                }
            }
        }
    }

    private void record(int row, RecordCode kind) {
        int first = row - row % kind.together();
        int together = Math.min(kind.together(), rows - first);
        long at = records(first) + (long) (row - first) * TileCode.RECORD;
        kind.code().run(floats(row), runs, at, (long) together * TileCode.RECORD, 0, 0);
    }

    private void quantise(long from, int to, int scalesAt) {
        for (int run = 0; run < runs; run++) {
            long at = from + 4L * RUN * run;
            FloatVector largest = FloatVector.zero(Memory.F);
            for (int k = 0; k < RUN; k += LANES) {
                largest = largest.max(Memory.floats(at + 4L * k).abs());
            }
            float scale = Memory.max(largest) / LEVELS;
            float inverse = scale > 0 ? 1 / scale : 0;
            for (int k = 0; k < RUN; k += LANES) {
                FloatVector scaled = Memory.floats(at + 4L * k).mul(inverse);
                scaled.add(ROUNDER).sub(ROUNDER).intoArray(levels, to + RUN * run + k);
            }
            scales[scalesAt + run] = scale;
        }
    }

    private void sum(int row) {
        for (int run = row * runs; run < (row + 1) * runs; run++) {
            float sum = 0;
            for (int k = RUN * run; k < RUN * (run + 1); k++) {
                sum += levels[k];
            }
            levelSums[run] = sum;
            sums[run] = scales[run] * sum;
        }
    }

    private void fours(int row) {
        for (int from = 0; from < columns; from += Factors.COLUMNS_MAX) {
            int to = fours(row / FOUR * FOUR, from) + row % FOUR;
            int count = Math.min(Factors.COLUMNS_MAX, columns - from);
            for (int k = 0; k < count; k++) {
                fours[to + FOUR * k] = levels[row * columns + from + k];
            }
        }
    }

    /// Where [#fours] has columns from `column` on, a multiple of 256, of four rows. What is gone
    /// over with one panel is in one piece; far apart, it would all want the same place in a cache.
    int fours(int row, int column) {
        int width = Math.min(Factors.COLUMNS_MAX, columns - column);
        return column * Math.ceilDiv(rows, FOUR) * FOUR + row * width;
    }

    private static int twice(int level) {
        return level & 0xFFFF | level << 16;
    }

    /// For weights packed as p = a + 256 b, whose b is p >> 8: a x + b y is p x + b (y − 256 x).
    /// Both are 128 too large, so that the sum begins at −128 (x + y); in the lower half of 32
    /// bits, at 2¹⁵ more.
    private void pairs(int at) {
        int to = at / 2 * PAIR_INTS;
        for (int k = at; k < at + columns; k += 2) {
            int x = (int) levels[k];
            int y = (int) levels[k + 1];
            spread[to] = twice(x);
            spread[to + 1] = twice(y - (x << 8));
            spread[to + 2] = twice(-128 * (x + y)) ^ 0x8000;
            to += PAIR_INTS;
        }
    }

    /// For weights packed as p = a + 16 b + 256 c + 4096 d, which is also p >> 4 = b + 16 c + …,
    /// and so on: a w + b x + c y + d z is p w + (p >> 4) (x − 16 w) + (p >> 8) (y − 16 x) + ….
    private void nibbles(int at) {
        for (int k = at; k < at + columns; k += 4) {
            int w = (int) levels[k];
            int x = (int) levels[k + 1];
            int y = (int) levels[k + 2];
            int z = (int) levels[k + 3];
            spread[k] = twice(w);
            spread[k + 1] = twice(x - (w << 4));
            spread[k + 2] = twice(y - (x << 4));
            spread[k + 3] = twice(z - (y << 4));
        }
    }

    /// For eight weights of six bits, a to h, packed as a + 64 b + 4096 g', c + 64 d + 4096 h' and
    /// e + 64 f + 4096 g" + 16384 h", where g' and h' are the lower four bits, g" and h" the upper
    /// two. The last number is what the sum begins with, since weights are 32 too large.
    private void sixes(int at) {
        int to = at / 8 * EIGHT_INTS;
        for (int k = at; k < at + columns; k += 8) {
            int sum = 0;
            for (int i = k; i < k + 8; i++) {
                sum += (int) levels[i];
            }
            int g = (int) levels[k + 6];
            int h = (int) levels[k + 7];
            six(to, (int) levels[k], (int) levels[k + 1], g);
            six(to + 3, (int) levels[k + 2], (int) levels[k + 3], h);
            six(to + 6, (int) levels[k + 4], (int) levels[k + 5], g << 4);
            spread[to + 9] = twice((h << 4) - (g << 6));
            spread[to + 10] = twice(-32 * sum);
            to += EIGHT_INTS;
        }
    }

    /// p = a + 64 b + 4096 c: a x + b y + c z is p x + (p >> 6) (y − 64 x) + (p >> 12) (z − 64 y).
    private void six(int to, int x, int y, int z) {
        spread[to] = twice(x);
        spread[to + 1] = twice(y - (x << 6));
        spread[to + 2] = twice(z - (y << 6));
    }

    /// For numbers of four bits packed without their sign: −8 Σ x over a run.
    private void starts(int row) {
        for (int run = row * runs; run < (row + 1) * runs; run++) {
            starts[run] = twice(-8 * (int) levelSums[run]);
        }
    }
}
