package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Products of one row of plain floats with one activation, read in place.
///
/// 16-bit numbers come two to a 32-bit lane and are widened there, the even ones of a vector pair
/// apart from the odd ones; the activation is laid out to match (the *pairs* of [Activations]).
/// Columns beyond the last whole vector pair are done one by one.
final class RowKernels {
    private static final int UPPER = 0xFFFF_0000;

    private RowKernels() {}

    static float f32(long weights, long x, int columns) {
        FloatVector a = FloatVector.zero(Memory.F);
        FloatVector b = FloatVector.zero(Memory.F);
        FloatVector c = FloatVector.zero(Memory.F);
        FloatVector d = FloatVector.zero(Memory.F);
        int whole = columns - columns % (4 * LANES);
        for (int k = 0; k < whole; k += 4 * LANES) {
            long at = k * 4L;
            a = Memory.floats(weights + at).fma(Memory.floats(x + at), a);
            at += 4 * LANES;
            b = Memory.floats(weights + at).fma(Memory.floats(x + at), b);
            at += 4 * LANES;
            c = Memory.floats(weights + at).fma(Memory.floats(x + at), c);
            at += 4 * LANES;
            d = Memory.floats(weights + at).fma(Memory.floats(x + at), d);
        }
        float sum = a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
        return sum + scalarF32(weights + 4L * whole, x + 4L * whole, columns - whole);
    }

    static float scalarF32(long weights, long x, int columns) {
        float sum = 0;
        for (int k = 0; k < columns; k++) {
            sum += Memory.getFloat(weights + 4L * k) * Memory.getFloat(x + 4L * k);
        }
        return sum;
    }

    static float bf16(long weights, long pairs, int columns) {
        FloatVector even = FloatVector.zero(Memory.F);
        FloatVector odd = FloatVector.zero(Memory.F);
        int whole = columns - columns % (2 * LANES);
        for (int k = 0; k < whole; k += 2 * LANES) {
            IntVector v = Memory.ints(weights + k * 2L);
            FloatVector low = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            FloatVector high = v.and(UPPER).reinterpretAsFloats();
            even = low.fma(Memory.floats(pairs + k * 4L), even);
            odd = high.fma(Memory.floats(pairs + 4 * LANES + k * 4L), odd);
        }
        float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
        for (int k = whole; k < columns; k++) {
            sum += bf16At(weights, k) * Memory.getFloat(pairs + 4L * k);
        }
        return sum;
    }

    static float scalarBf16(long weights, long pairs, int columns) {
        float sum = 0;
        for (int k = 0; k < columns; k++) {
            sum += bf16At(weights, k) * pair(pairs, k, columns);
        }
        return sum;
    }

    private static float bf16At(long weights, int k) {
        return Float.intBitsToFloat(Memory.getShort(weights + 2L * k) << 16);
    }

    static float f16(long weights, long pairs, int columns) {
        FloatVector even = FloatVector.zero(Memory.F);
        FloatVector odd = FloatVector.zero(Memory.F);
        int whole = columns - columns % (2 * LANES);
        for (int k = 0; k < whole; k += 2 * LANES) {
            IntVector v = Memory.ints(weights + k * 2L);
            even = Half.low(v).fma(Memory.floats(pairs + k * 4L), even);
            odd = Half.high(v).fma(Memory.floats(pairs + 4 * LANES + k * 4L), odd);
        }
        float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
        for (int k = whole; k < columns; k++) {
            sum += f16At(weights, k) * Memory.getFloat(pairs + 4L * k);
        }
        return sum;
    }

    static float scalarF16(long weights, long pairs, int columns) {
        float sum = 0;
        for (int k = 0; k < columns; k++) {
            sum += f16At(weights, k) * pair(pairs, k, columns);
        }
        return sum;
    }

    private static float f16At(long weights, int k) {
        return Half.widened(Memory.getShort(weights + 2L * k));
    }

    /// Number `k` of an activation laid out as pairs.
    private static float pair(long pairs, int k, int columns) {
        return Memory.getFloat(pairs + 4L * Activations.pairPlace(k, columns));
    }
}
