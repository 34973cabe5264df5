package dev.backplane.tensor.kernel;

import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Weights of 32 rows, rearranged so that a vector's lanes are rows: a product needs no sum across
/// lanes, and scales are vectors too.
///
/// A *tile* is 32 rows by the columns of one block. Tiles of the same rows follow each other, so
/// that 32 rows are one stream. In all formats a row's numbers are in 16-bit lanes, row `i` below
/// 16 in lane 2i and row 16 + i in lane 2i + 1: seen as 32-bit lanes, rows 0 to 15 are the lower
/// halves, rows 16 to 31 the upper ones, and both come out in order.
///
/// Activations are whole numbers of 8 bits, a scale for 32 ([Activations]). A block's sum is then
/// exact in whole numbers, so vector and scalar code agree up to the order in which blocks are
/// added.
interface TileFormat {
    int ROWS = 32;

    /// Bytes of a value of each row: 32 lanes of 16 bits.
    int LINE = 64;

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

    int tileBytes();

    /// Puts one block of one row, at byte `at` of `from`, into its tile; a row that is not there
    /// stays zero.
    void pack(MemorySegment from, long at, int row, MemorySegment tile);

    /// Products of 32 rows with one activation: `blocks` tiles from `tiles` on, 32 results to
    /// `out`.
    void multiply(long tiles, int blocks, QuantisedRow x, long out);

    /// The same, plainly.
    void multiplyScalar(long tiles, int blocks, QuantisedRow x, long out);

    /// The numbers of a tile as floats: column `k` of the tile goes to `panel + k · stride`, 32
    /// floats in order of rows.
    void decode(long tile, long panel, long stride);

    /// The same, plainly.
    void decodeScalar(long tile, long panel, long stride);
}
