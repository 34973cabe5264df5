package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/// All of memory as one segment, by absolute addresses: with it no bounds check is left in a
/// kernel's loop. Hence nothing here checks anything. Whoever hands an address to a kernel has
/// checked the range once ([WeightMatrix], [Activations], [FloatArray]) and keeps its owner open
/// and reachable until the kernel returns.
final class Memory {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    static final VectorSpecies<Short> S = ShortVector.SPECIES_PREFERRED;

    /// Floats in a vector; shorts are twice as many.
    static final int LANES = F.length();

    private static final MemorySegment ALL = all();
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE);

    private Memory() {}

    @SuppressWarnings("restricted") // the launcher and the build allow native access
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    static float getFloat(long address) {
        return ALL.get(FLOAT, address);
    }

    static void putFloat(long address, float value) {
        ALL.set(FLOAT, address, value);
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

    static ShortVector shorts(long address) {
        return ShortVector.fromMemorySegment(S, ALL, address, LITTLE);
    }

    static void put(FloatVector vector, long address) {
        vector.intoMemorySegment(ALL, address, LITTLE);
    }

    /// Zeros; whole vectors.
    static void clear(long address, long bytes) {
        FloatVector zero = FloatVector.zero(F);
        for (long at = 0; at < bytes; at += 4L * LANES) {
            put(zero, address + at);
        }
    }
}
