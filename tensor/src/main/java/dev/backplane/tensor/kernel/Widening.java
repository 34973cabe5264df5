package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;

/// Makes floats of a block of [PackedBlocks], of which the caller has checked that it is there.
/// Exact, hence the same to the bit in both forms: a float holds any 16-bit one, and a scale times
/// a byte is rounded once. Implementations hold no state and allocate nothing.
interface Widening {
    /// Vectors of a block.
    int VECTORS = PackedBlocks.VECTORS;

    /// Numbers of a vector that share a scale.
    int RUN = 32;

    /// `out[outAt + i]` = the 16-bit float number `i`.
    void halves(MemorySegment from, long at, FloatArray out, int outAt, int count);

    /// Of number `i` of vector `c`, byte and result are `16 i + c` behind where both begin.
    void columns(MemorySegment from, long at, int width, FloatArray out, int outAt);

    /// Of number `i` of vector `r`, byte and result are `width r + i` behind that.
    void rows(MemorySegment from, long at, int width, FloatArray out, int outAt);

    /// Where the scale of a run of a vector is, counted from the block.
    static long scale(int width, int run, int vector) {
        return (long) VECTORS * width + Short.BYTES * (VECTORS * run + vector);
    }
}
