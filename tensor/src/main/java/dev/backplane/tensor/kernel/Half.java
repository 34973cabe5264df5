package dev.backplane.tensor.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Two 16-bit floats in each 32-bit lane, widened: there is no vector conversion for them in the
/// JDK's API. The exponent is moved by whole-number addition, which is right for normal numbers.
/// For subnormal ones it gives f where 2f − 2⁻¹⁴ is meant; that is the smaller of both exactly when
/// the number is subnormal, so the smaller is taken. Infinity and no-number come out as numbers
/// above 65,504: weights are finite.
final class Half {
    private static final int MAGNITUDE = 0x0FFF_E000;
    private static final int SIGN = 0x8000_0000;
    private static final int REBIAS = 127 - 15 << 23;
    private static final float SUBNORMAL = 0x1p-14f;

    private Half() {}

    /// Those in the lower halves.
    static FloatVector low(IntVector pairs) {
        IntVector magnitude = pairs.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE);
        return widened(magnitude, pairs.lanewise(VectorOperators.LSHL, 16).and(SIGN));
    }

    /// Those in the upper halves.
    static FloatVector high(IntVector pairs) {
        IntVector magnitude = pairs.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE);
        return widened(magnitude, pairs.and(SIGN));
    }

    private static FloatVector widened(IntVector magnitude, IntVector sign) {
        IntVector bits = magnitude.add(REBIAS);
        FloatVector normal = bits.reinterpretAsFloats();
        FloatVector subnormal = normal.add(normal).sub(SUBNORMAL);
        return bits.min(subnormal.reinterpretAsInts()).or(sign).reinterpretAsFloats();
    }

    /// The scalar twin: what [Float#float16ToFloat] gives for finite numbers.
    static float widened(short half) {
        return Float.float16ToFloat(half);
    }
}
