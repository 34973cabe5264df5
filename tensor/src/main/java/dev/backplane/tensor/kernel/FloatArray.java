package dev.backplane.tensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Floats outside the heap, where kernels can reach them: activations, results, scratch. Begins at
/// a multiple of 64 bytes. Lives as long as the arena it is from; threads share it by agreement on
/// who writes where.
public final class FloatArray {
    private static final long ALIGNMENT = 64;

    private final MemorySegment segment;
    private final int size;

    private FloatArray(MemorySegment segment) {
        this.segment = segment;
        this.size = Math.toIntExact(segment.byteSize() / Float.BYTES);
    }

    /// So many zeros.
    public static FloatArray allocate(Arena arena, int size) {
        return new FloatArray(arena.allocate((long) size * Float.BYTES, ALIGNMENT));
    }

    public static FloatArray of(Arena arena, float... values) {
        FloatArray array = allocate(arena, values.length);
        array.set(0, values, 0, values.length);
        return array;
    }

    public int size() {
        return size;
    }

    public float get(int index) {
        return segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    public void set(int index, float value) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
    }

    /// Copies `count` floats from `from[start]` on to `index` and following.
    public void set(int index, float[] from, int start, int count) {
        MemorySegment.copy(
                from, start, segment, ValueLayout.JAVA_FLOAT, (long) index * Float.BYTES, count);
    }

    /// Copies `count` floats from `start` on to `to[index]` and following.
    public void get(int start, float[] to, int index, int count) {
        MemorySegment.copy(
                segment, ValueLayout.JAVA_FLOAT, (long) start * Float.BYTES, to, index, count);
    }

    /// Copies `count` floats of another array.
    public void set(int index, FloatArray from, int start, int count) {
        MemorySegment.copy(
                from.segment,
                (long) start * Float.BYTES,
                segment,
                (long) index * Float.BYTES,
                (long) count * Float.BYTES);
    }

    /// Copies `count` floats that begin at byte `at` of memory.
    void set(int index, MemorySegment from, long at, int count) {
        long bytes = (long) count * Float.BYTES;
        MemorySegment.copy(from, at, segment, (long) index * Float.BYTES, bytes);
    }

    public float[] toArray() {
        return segment.toArray(ValueLayout.JAVA_FLOAT);
    }

    public MemorySegment segment() {
        return segment;
    }

    /// The address of a range that is checked to be within.
    long address(long from, long count) {
        Objects.checkFromIndexSize(from, count, size);
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("its arena is closed");
        }
        return segment.address() + from * Float.BYTES;
    }
}
