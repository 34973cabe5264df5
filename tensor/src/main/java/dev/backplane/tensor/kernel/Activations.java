package dev.backplane.tensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// The inputs of matrix products: up to `rowsMax` rows of `columns` floats, with the forms that
/// kernels want of them, each made once when first asked for.
///
/// | form | for | what |
/// |---|---|---|
/// | floats | weights of F32 and GEMM | as they came |
/// | pairs | weights of F16, BF16 | each vector pair as its even, then its odd numbers |
/// | quantised | tiles | whole numbers −127 to 127, a scale for 32, sums |
///
/// One thread sets and prepares; after that many may read. Columns are a multiple of 32 if the
/// quantised form is wanted.
public final class Activations {
    static final int BLOCK = 32;
    private static final int LEVELS = 127;

    private final FloatArray floats;
    private final FloatArray pairs;
    private final MemorySegment shorts;
    private final FloatArray scales;
    private final FloatArray sums;
    private final int rowsMax;
    private final int columns;
    private final QuantisedRow[] quantised;
    private int rows;
    private boolean hasPairs;
    private boolean hasQuantised;

    private Activations(Arena arena, int rowsMax, int columns) {
        this.rowsMax = rowsMax;
        this.columns = columns;
        int blocks = columns / BLOCK;
        floats = FloatArray.allocate(arena, Math.multiplyExact(rowsMax, columns));
        pairs = FloatArray.allocate(arena, rowsMax * columns);
        scales = FloatArray.allocate(arena, rowsMax * blocks);
        sums = FloatArray.allocate(arena, rowsMax * blocks);
        long rowShorts = columns + 5L * blocks;
        shorts = arena.allocate(2 * rowShorts * rowsMax, 64);
        quantised = new QuantisedRow[rowsMax];
        for (int row = 0; row < rowsMax; row++) {
            long q = shorts.address() + 2 * rowShorts * row;
            long start = q + 2L * columns;
            long starts8 = start + 2L * blocks;
            long scale = scales.address((long) row * blocks, blocks);
            long sum = sums.address((long) row * blocks, blocks);
            quantised[row] = new QuantisedRow(q, scale, start, starts8, sum);
        }
    }

    public static Activations allocate(Arena arena, int rowsMax, int columns) {
        return new Activations(arena, rowsMax, columns);
    }

    /// Takes `rows` rows, one after the other in `from` from `start` on.
    public void set(FloatArray from, int start, int rows) {
        Objects.checkFromToIndex(0, rows, rowsMax);
        floats.set(0, from, start, rows * columns);
        this.rows = rows;
        hasPairs = false;
        hasQuantised = false;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /// Of row `row`.
    long floats(int row) {
        return floats.address((long) row * columns, columns);
    }

    long pairs(int row) {
        return pairs.address((long) row * columns, columns);
    }

    QuantisedRow quantised(int row) {
        return quantised[row];
    }

    void preparePairs() {
        if (hasPairs) {
            return;
        }
        for (int row = 0; row < rows; row++) {
            long from = floats(row);
            long to = pairs(row);
            for (int k = 0; k < columns; k++) {
                Memory.putFloat(to + 4L * pairPlace(k, columns), Memory.getFloat(from + 4L * k));
            }
        }
        hasPairs = true;
    }

    /// Where column `k` stands in the pairs: beyond the last whole vector pair, in place.
    static int pairPlace(int k, int columns) {
        int pair = 2 * Memory.LANES;
        if (k >= columns - columns % pair) {
            return k;
        }
        return k - k % pair + k % 2 * Memory.LANES + k % pair / 2;
    }

    /// Whole numbers as ggml's Q8_0 has them, but for a scale that is not cut to 16 bits.
    void prepareQuantised() {
        if (hasQuantised) {
            return;
        }
        if (columns % BLOCK != 0) {
            throw new IllegalArgumentException(
                    "%d columns are no multiple of %d".formatted(columns, BLOCK));
        }
        for (int row = 0; row < rows; row++) {
            long from = floats(row);
            for (int block = 0; block < columns / BLOCK; block++) {
                quantise(from + 4L * BLOCK * block, quantised[row], block);
            }
        }
        hasQuantised = true;
    }

    private static void quantise(long from, QuantisedRow to, int block) {
        float magnitude = 0;
        for (int k = 0; k < BLOCK; k++) {
            magnitude = Math.max(magnitude, Math.abs(Memory.getFloat(from + 4L * k)));
        }
        float scale = magnitude / LEVELS;
        float inverse = scale > 0 ? 1 / scale : 0;
        long q = to.q() + 2L * BLOCK * block;
        int sum = 0;
        for (int part = 0; part < BLOCK / 8; part++) {
            int sum8 = 0;
            for (int k = 8 * part; k < 8 * part + 8; k++) {
                float scaled = Memory.getFloat(from + 4L * k) * inverse;
                int level = Math.clamp((int) Math.rint(scaled), -LEVELS, LEVELS);
                Memory.putShort(q + 2L * k, level);
                sum8 += level;
            }
            Memory.putShort(to.starts8() + 2L * (4 * block + part), -32 * sum8);
            sum += sum8;
        }
        Memory.putShort(to.start() + 2L * block, -8 * sum);
        Memory.putFloat(to.scale() + 4L * block, scale);
        Memory.putFloat(to.sum() + 4L * block, scale * sum);
    }
}
