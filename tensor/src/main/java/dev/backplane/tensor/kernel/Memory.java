package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// All of memory as one segment, by absolute addresses: with it no bounds check is left in a
/// kernel's loop. Hence nothing here checks anything. Whoever hands an address to a kernel has
/// checked the range once ([WeightMatrix], [Activations], [FloatArray]) and keeps its owner open
/// and reachable until the kernel returns.
final class Memory {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    static final VectorSpecies<Short> S = ShortVector.SPECIES_PREFERRED;

    /// As many 16-bit numbers as there are floats in a vector.
    static final VectorSpecies<Short> HALF_S =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

    /// Floats in a vector; shorts are twice as many.
    static final int LANES = F.length();

    /// Of a tile's 16 lanes of 32 bits, as many as a kernel takes at once: those of one vector or
    /// of two.
    static final int PART = Math.min(2 * LANES, TileFormat.ROWS / 2);

    static final MemorySegment ALL = all();
    static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE);

    private static final VectorShuffle<Float> BY_8 = rotation(8);
    private static final VectorShuffle<Float> BY_4 = rotation(4);
    private static final VectorShuffle<Float> BY_2 = rotation(2);
    private static final VectorShuffle<Float> BY_1 = rotation(1);

    /// Four lines of a cache.
    private static final int TOUCHED = 256;

    private Memory() {}

    @SuppressWarnings("restricted") // the launcher and the build allow native access
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(F, lane -> (lane + by) % LANES);
    }

    static float getFloat(long address) {
        return ALL.get(FLOAT, address);
    }

    static void putFloat(long address, float value) {
        ALL.set(FLOAT, address, value);
    }

    /// Reads whole pieces of [#TOUCHED] bytes from `from` to `to`, so that they are on their way
    /// while something else is computed. What it returns is to be kept, or nothing is read.
    static int touch(long from, long to) {
        int pieces = (int) ((to - from) / TOUCHED);
        IntVector all = IntVector.zero(I);
        for (int i = 0; i < pieces; i++) {
            long at = from + (long) TOUCHED * i;
            all = all.or(ints(at)).or(ints(at + 64)).or(ints(at + 128)).or(ints(at + 192));
        }
        return all.lane(0);
    }

    static short getShort(long address) {
        return ALL.get(SHORT, address);
    }

    static void putShort(long address, int value) {
        ALL.set(SHORT, address, (short) value);
    }

    static FloatVector floats(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, LITTLE);
    }

    static IntVector ints(long address) {
        return IntVector.fromMemorySegment(I, ALL, address, LITTLE);
    }

    static void put(FloatVector vector, long address) {
        vector.intoMemorySegment(ALL, address, LITTLE);
    }

    /// The sum of all lanes, always in the same order: halves are added until one is left. The
    /// JDK's own reduction leaves the order open, and compiled code takes another than interpreted.
    static float sum(FloatVector v) {
        FloatVector sums = v;
        if (LANES > 8) {
            sums = sums.add(sums.rearrange(BY_8));
        }
        if (LANES > 4) {
            sums = sums.add(sums.rearrange(BY_4));
        }
        if (LANES > 2) {
            sums = sums.add(sums.rearrange(BY_2));
        }
        return sums.add(sums.rearrange(BY_1)).lane(0);
    }

    /// The largest of all lanes.
    static float max(FloatVector v) {
        return v.reduceLanes(VectorOperators.MAX);
    }
}
