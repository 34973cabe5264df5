package dev.backplane.tensor.kernel;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.machine.TileCode;
import dev.backplane.tensor.type.ElementType;
import java.util.Optional;

/// Weights of 32 rows, rearranged so that a vector's lanes are rows: a product needs no sum across
/// lanes, and scales are vectors too.
///
/// A *tile* is 32 rows by the columns of one block: a *head* with what its columns share, and a
/// *body* with the columns. The heads of 32 rows follow each other, and after them the bodies:
///
/// ```
/// blocks × head   blocks × body
/// ```
///
/// so that memory is read as two streams; heads between bodies make the processor guess wrongly
/// what comes next. A row's numbers are in 16-bit lanes, row `i` below 16 in lane 2i and row 16 + i
/// in lane 2i + 1: seen as 32-bit lanes, rows 0 to 15 are the lower halves, rows 16 to 31 the upper
/// ones, and both come out in order. A row's scales are in order of rows.
///
/// In all formats a weight is *scale · level + offset* with a whole-number level, and 32 columns, a
/// *run*, share scale and offset (Q6_K, where 16 do, has the second scale in its levels). So do
/// activations ([Activations]). One product of a run is then exact in whole numbers, and a row's
/// result is, in this order, for each 256 columns
///
/// ```
/// for each run:  sum = fma(scale · Σ level · x, scale of x, sum)
/// for each run:  sum = fma(offset, scale of x · Σ x, sum)       where the format has offsets
/// ```
///
/// Every kernel computes exactly this, which is why they agree to the bit.
interface TileFormat {
    int ROWS = 32;
    int RUN = Activations.RUN;

    /// Bytes of a value of each row: 32 lanes of 16 bits.
    int LINE = 64;

    /// 16-bit lanes of a line.
    int LINE_LANES = LINE / 2;

    static Optional<TileFormat> of(ElementType type) {
        return switch (type) {
            case Q8_0 -> Optional.of(new Q8Tiles());
            case Q4_0 -> Optional.of(new Q4Tiles());
            case Q4_K -> Optional.of(new Q4KTiles());
            case Q6_K -> Optional.of(new Q6KTiles());
            default -> Optional.empty();
        };
    }

    /// The lane of a row.
    static int lane(int row) {
        return row < ROWS / 2 ? 2 * row : 2 * (row - ROWS / 2) + 1;
    }

    int blockColumns();

    int headBytes();

    int bodyBytes();

    default int tileBytes() {
        return headBytes() + bodyBytes();
    }

    /// What it wants of activations.
    Form form();

    boolean hasOffsets();

    /// Machine code for its products, where this machine has it.
    Optional<TileCode> code();

    /// From so many activations on, decoding levels to floats first is faster; measured with two
    /// threads and weights in memory.
    int panelFrom();

    /// Puts one block of one row into its tile, in 16-bit lanes; a row that is not there stays
    /// zero.
    void pack(byte[] block, int row, short[] head, short[] body);

    /// Scales, and offsets if it has them, of `runs` runs from the first of a tile on: that of row
    /// `r` of run `i` at 32 i + r.
    void factors(long heads, int runs, Factors to);

    /// Adds products of 32 rows to `sums[at]` and following, offsets left out.
    ///
    /// @param bodies from that of run `first` on
    /// @param first of `runs` runs of a row, the first of a tile
    void multiply(
            long bodies,
            int first,
            int runs,
            Activations x,
            int row,
            Factors factors,
            float[] sums,
            int at);

    /// Levels of `runs` runs as floats, each where [Gemm#place] says.
    void decode(long bodies, int runs, float[] panel);

    /// A level, plainly; column and row are counted in the tile.
    int level(long body, int column, int row);

    /// A scale, plainly; the run is counted in the tile.
    float scale(long head, int run, int row);

    /// An offset, plainly.
    float offset(long head, int run, int row);
}
