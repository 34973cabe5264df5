package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Scales and offsets of 32 rows by a few runs, as floats; see [TileFormat]. Scratch of one thread.
final class Factors {
    /// Columns that are gone over at once: what is decoded for them stays in the first cache.
    static final int COLUMNS_MAX = 256;

    static final int RUNS_MAX = COLUMNS_MAX / TileFormat.RUN;

    /// The same for a single activation and formats without offsets: nothing is decoded then.
    static final int RUNS_LONG = 8 * RUNS_MAX;

    final float[] scales = new float[RUNS_LONG * TileFormat.ROWS];
    final float[] offsets = new float[RUNS_MAX * TileFormat.ROWS];

    /// What a format has for 32 rows of a block, on the way to the above.
    final float[] blockScales = new float[TileFormat.ROWS];

    final float[] blockOffsets = new float[TileFormat.ROWS];

    /// Sums of a run, whole numbers in an order of the kernel's, on the way to floats.
    final int[] wholes = new int[TileFormat.ROWS];

    /// Lines of 32 rows whose sums are kept at once, before they become those of runs.
    static final int LINES_MAX = 64;

    /// Sums of lines, 16 bits for each row.
    final short[] partials = new short[LINES_MAX * TileFormat.ROWS];

    /// Where the weights end: what comes next is read ahead of its use, up to there.
    long end;

    /// Keeps what was read ahead from being left out.
    int touched;

    private final short[] halves = new short[RUNS_LONG * TileFormat.ROWS];

    /// Has `bytes` from `from` on read ahead. Processors do so themselves within a page, but stand
    /// still where the next begins; and while sums are added up they would read nothing.
    void readAhead(long from, long bytes) {
        touched += Memory.touch(from, Math.min(end, from + bytes));
    }

    /// Reads 16-bit floats of 32 rows, one line each `step` bytes from `at` on, to `to`.
    void halves(long at, int step, int lines, float[] to) {
        for (int line = 0; line < lines; line++) {
            for (int part = 0; part < TileFormat.ROWS; part += 2 * LANES) {
                ShortVector.fromMemorySegment(
                                Memory.S,
                                Memory.ALL,
                                at + (long) line * step + 2L * part,
                                Memory.LITTLE)
                        .intoArray(halves, TileFormat.ROWS * line + part);
            }
        }
        widen(halves, to, lines * TileFormat.ROWS);
    }

    /// Plain, because the compiler has one instruction for it that the Vector API has not.
    static void widen(short[] from, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = Float.float16ToFloat(from[i]);
        }
    }

    /// `sums[at…] += Σ offset · sum of x` over the runs.
    void addOffsets(int runs, float[] xSums, int xAt, float[] sums, int at) {
        for (int part = 0; part < TileFormat.ROWS; part += LANES) {
            FloatVector sum = FloatVector.fromArray(Memory.F, sums, at + part);
            for (int run = 0; run < runs; run++) {
                sum =
                        FloatVector.fromArray(Memory.F, offsets, TileFormat.ROWS * run + part)
                                .lanewise(VectorOperators.FMA, xSums[xAt + run], sum);
            }
            sum.intoArray(sums, at + part);
        }
    }
}
