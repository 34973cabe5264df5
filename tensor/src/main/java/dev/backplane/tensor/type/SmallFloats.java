package dev.backplane.tensor.type;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The two 8-bit floats of the Open Compute Project ("OCP 8-bit Floating Point Specification
/// (OFP8)", revision 1.0): sign, exponent, mantissa. E5M2 is IEEE 754 made short; E4M3 gives up
/// infinity, and of the patterns of its largest exponent only 0x7F and 0xFF are no number.
///
/// Rounding is to the nearest, ties to even. Beyond the largest number E5M2 becomes infinite and
/// E4M3 no number.
final class SmallFloats implements BlockCodec {
    private static final int SIGN = 0x80;

    private final float[] values = new float[256];

    /// Numbers from zero up, all finite: pattern `i` means `positive[i]`.
    private final float[] positive;

    private final int overflow;
    private final float limit;

    SmallFloats(int exponentBits, int mantissaBits, boolean finiteOnly) {
        int bias = (1 << exponentBits - 1) - 1;
        int exponentMax = (1 << exponentBits) - 1;
        int steps = 1 << mantissaBits;
        for (int pattern = 0; pattern < 256; pattern++) {
            int exponent = pattern >> mantissaBits & exponentMax;
            int mantissa = pattern & steps - 1;
            float magnitude =
                    exponent == 0
                            ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
                            : Math.scalb(
                                    (float) (steps + mantissa), exponent - bias - mantissaBits);
            if (finiteOnly && (pattern & 0x7F) == 0x7F) {
                magnitude = Float.NaN;
            } else if (!finiteOnly && exponent == exponentMax) {
                magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            }
            values[pattern] = (pattern & SIGN) == 0 ? magnitude : -magnitude;
        }
        int finite = finiteOnly ? 0x7F : exponentMax << mantissaBits;
        positive = Arrays.copyOf(values, finite);
        overflow = finite;
        float largest = positive[finite - 1];
        limit = largest + (largest - positive[finite - 2]) / 2;
    }

    @Override
    public void decode(MemorySegment from, long at, float[] to, int start, int blocks) {
        for (int i = 0; i < blocks; i++) {
            to[start + i] = values[Bits.u8(from, at + i)];
        }
    }

    @Override
    public void encode(float[] from, int start, MemorySegment to, long at, int blocks) {
        for (int i = 0; i < blocks; i++) {
            Bits.put8(to, at + i, pattern(from[start + i]));
        }
    }

    private int pattern(float value) {
        int sign = Float.floatToRawIntBits(value) >>> 24 & SIGN;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return sign | 0x7F;
        }
        if (magnitude >= limit) {
            // Half a step above the largest, an odd pattern in both types: the tie goes up.
            return magnitude > limit || (positive.length - 1 & 1) == 1
                    ? sign | overflow
                    : sign | positive.length - 1;
        }
        int found = Arrays.binarySearch(positive, magnitude);
        if (found >= 0) {
            return sign | found;
        }
        int above = -found - 1;
        if (above == positive.length) {
            return sign | positive.length - 1;
        }
        float low = magnitude - positive[above - 1];
        float high = positive[above] - magnitude;
        boolean up = high < low || high == low && (above & 1) == 0;
        return sign | (up ? above : above - 1);
    }
}
