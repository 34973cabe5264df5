package dev.backplane.tensor.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Powers of e in floats, the same to the bit in both forms and on every machine; the JDK's vector
/// functions give one result in compiled and another in interpreted code.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2; the power of r is a polynomial (coefficients of expf in
/// Moshier's Cephes library), 2ⁿ is added to the exponent. Within two units of the last place from
/// −87 to 88; below it is 0, above as for 88.
final class Exponential {
    private static final float LEAST = -87;
    private static final float MOST = 88;
    private static final float LOG2_E = 1.442_695_04f;
    private static final float LN2_UPPER = 0.693_359_375f;
    private static final float LN2_LOWER = -2.121_944_4e-4f;
    private static final float ROUNDER = 0x1.8p23f;
    private static final float C6 = 1.987_569_15e-4f;
    private static final float C5 = 1.398_199_9507e-3f;
    private static final float C4 = 8.333_451_9073e-3f;
    private static final float C3 = 4.166_579_5894e-2f;
    private static final float C2 = 1.666_666_5459e-1f;
    private static final float C1 = 5.000_000_1201e-1f;

    private Exponential() {}

    static FloatVector of(FloatVector x) {
        FloatVector within = x.max(LEAST).min(MOST);
        FloatVector rounded =
                within.fma(
                        FloatVector.broadcast(Memory.F, LOG2_E),
                        FloatVector.broadcast(Memory.F, ROUNDER));
        FloatVector n = rounded.sub(ROUNDER);
        FloatVector r = n.lanewise(VectorOperators.FMA, -LN2_UPPER, within);
        r = n.lanewise(VectorOperators.FMA, -LN2_LOWER, r);
        FloatVector y = FloatVector.broadcast(Memory.F, C6);
        y = y.fma(r, FloatVector.broadcast(Memory.F, C5));
        y = y.fma(r, FloatVector.broadcast(Memory.F, C4));
        y = y.fma(r, FloatVector.broadcast(Memory.F, C3));
        y = y.fma(r, FloatVector.broadcast(Memory.F, C2));
        y = y.fma(r, FloatVector.broadcast(Memory.F, C1));
        y = y.fma(r.mul(r), r).add(1);
        return y.reinterpretAsInts()
                .add(rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats()
                .blend(0, x.compare(VectorOperators.LT, LEAST));
    }

    /// The scalar twin.
    static float of(float x) {
        if (x < LEAST) {
            return 0;
        }
        float within = Math.min(x, MOST);
        float rounded = Math.fma(within, LOG2_E, ROUNDER);
        float n = rounded - ROUNDER;
        float r = Math.fma(n, -LN2_LOWER, Math.fma(n, -LN2_UPPER, within));
        float y = Math.fma(C6, r, C5);
        y = Math.fma(y, r, C4);
        y = Math.fma(y, r, C3);
        y = Math.fma(y, r, C2);
        y = Math.fma(y, r, C1);
        y = Math.fma(y, r * r, r) + 1;
        int exponent = Float.floatToRawIntBits(rounded) << 23;
        return Float.intBitsToFloat(Float.floatToRawIntBits(y) + exponent);
    }

    /// `tanh z = 1 − 2 / (1 + e^2z)`, within 10⁻⁷.
    static FloatVector tanh(FloatVector z) {
        FloatVector power = of(z.add(z)).add(1);
        return FloatVector.broadcast(Memory.F, 1)
                .sub(FloatVector.broadcast(Memory.F, 2).div(power));
    }

    /// The scalar twin.
    static float tanh(float z) {
        return 1 - 2 / (of(z + z) + 1);
    }
}
