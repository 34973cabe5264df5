package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;

/// Turns whole blocks of one element type into floats and back. Callers ([ElementType]) have
/// checked ranges; what goes into a quantised type is finite. Implementations hold no state.
interface BlockCodec {
    /// Decodes `blocks` blocks that begin at byte `at`.
    void decode(MemorySegment from, long at, float[] to, int start, int blocks);

    /// Encodes the floats from `start` on into `blocks` blocks that begin at byte `at`.
    void encode(float[] from, int start, MemorySegment to, long at, int blocks);
}
