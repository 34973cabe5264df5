package dev.backplane.tensor.type;

import java.util.Arrays;

/// Finds scales for a group of numbers that shall become small whole numbers: tries several around
/// the obvious one and keeps that of the least weighted error. The arithmetic, its order and its
/// single precision are those of ggml's `ggml-quants.c` (`make_qx_quants`, `make_q3_quants`,
/// `make_qkx2_quants`), so that the same file comes out.
///
/// Holds scratch of one group, so it is for one thread.
final class ScaleSearch {
    private static final float TINY = 1e-15f;
    private static final int ROUNDS_MAX = 5;

    /// The whole numbers of the 256 of a block, filled by the searches.
    final int[] levels = new int[256];

    /// The weights of the group for [#withMin].
    final float[] weights = new float[32];

    private final int[] attempt = new int[32];
    private float min;

    /// The nearest whole number, ties to even, by the reference's trick: adding 1.5 · 2^23 leaves
    /// it in the mantissa.
    static int nearest(float value) {
        return (Float.floatToRawIntBits(value + 12_582_912f) & 0x7F_FFFF) - 0x40_0000;
    }

    static int bounded(int low, int value, int high) {
        return Math.max(low, Math.min(high, value));
    }

    /// The number farthest from zero, with its sign; 0 when all are tiny.
    private static float extreme(float[] x, int start, int size) {
        float magnitude = 0;
        float extreme = 0;
        for (int i = 0; i < size; i++) {
            float value = Math.abs(x[start + i]);
            if (value > magnitude) {
                magnitude = value;
                extreme = x[start + i];
            }
        }
        return magnitude < TINY ? 0 : extreme;
    }

    /// x ≈ scale · q with q from -bound to bound - 1, errors weighted by x². Returns the scale;
    /// levels hold q + bound. `size` numbers from `x[start]`, levels from `levels[place]`.
    float signed(float[] x, int start, int size, int bound, int place) {
        float extreme = extreme(x, start, size);
        if (extreme == 0) {
            Arrays.fill(levels, place, place + size, 0);
            return 0;
        }
        float scale = 0;
        float best = 0;
        for (int step = -10; step <= 9; step++) {
            boolean first = step == -10;
            if (step == 0) {
                continue;
            }
            float inverse = first ? -bound / extreme : -(bound + 0.1f * step) / extreme;
            float product = 0;
            float square = 0;
            for (int i = 0; i < size; i++) {
                float value = x[start + i];
                int q = bounded(-bound, nearest(inverse * value), bound - 1);
                float weight = value * value;
                product += weight * value * q;
                square += weight * q * q;
            }
            if (first || square > 0 && product * product > best * square) {
                for (int i = 0; i < size; i++) {
                    int q = nearest(inverse * x[start + i]);
                    levels[place + i] = bound + bounded(-bound, q, bound - 1);
                }
                scale = square != 0 ? product / square : 0;
                best = scale * product;
            }
        }
        return scale;
    }

    /// As [#signed], but by moving one level at a time as long as that helps.
    float signedByMoves(float[] x, int start, int size, int bound, int place) {
        float extreme = extreme(x, start, size);
        if (extreme == 0) {
            Arrays.fill(levels, place, place + size, 0);
            return 0;
        }
        float inverse = -bound / extreme;
        float product = 0;
        float square = 0;
        for (int i = 0; i < size; i++) {
            float value = x[start + i];
            int q = bounded(-bound, nearest(inverse * value), bound - 1);
            levels[place + i] = q;
            float weight = value * value;
            product += weight * value * q;
            square += weight * q * q;
        }
        boolean moved = true;
        for (int round = 0; round < ROUNDS_MAX && moved; round++) {
            moved = false;
            for (int i = 0; i < size; i++) {
                float value = x[start + i];
                int old = levels[place + i];
                float weight = value * value;
                float others = product - weight * value * old;
                if (!(others > 0)) {
                    continue;
                }
                float otherSquare = square - weight * old * old;
                int q = bounded(-bound, nearest(value * otherSquare / others), bound - 1);
                if (q == old) {
                    continue;
                }
                float newProduct = others + weight * value * q;
                float newSquare = otherSquare + weight * q * q;
                if (newSquare > 0
                        && newProduct * newProduct * square > product * product * newSquare) {
                    levels[place + i] = q;
                    product = newProduct;
                    square = newSquare;
                    moved = true;
                }
            }
        }
        for (int i = 0; i < size; i++) {
            levels[place + i] += bound;
        }
        return square > 0 ? product / square : 0;
    }

    /// What is varied in [#withMin]: the first step, then `steps` more of a tenth.
    record Steps(float first, int steps, boolean absolute) {}

    /// x ≈ scale · q − min with q from 0 to `top` and min ≥ 0, errors weighted by [#weights].
    /// Returns the scale; [#min] is the min, levels hold q.
    float withMin(float[] x, int start, int size, int top, int place, Steps vary) {
        float low = x[start];
        float high = x[start];
        float sumWeight = weights[0];
        float sumX = sumWeight * x[start];
        for (int i = 1; i < size; i++) {
            float value = x[start + i];
            low = value < low ? value : low;
            high = value > high ? value : high;
            sumWeight += weights[i];
            sumX += weights[i] * value;
        }
        low = low > 0 ? 0 : low;
        if (high == low) {
            Arrays.fill(levels, place, place + size, 0);
            min = -low;
            return 0;
        }
        float inverse = top / (high - low);
        float scale = 1 / inverse;
        quantise(x, start, size, top, inverse, low);
        System.arraycopy(attempt, 0, levels, place, size);
        float bestError = error(x, start, size, scale, low, vary.absolute);
        for (int step = 0; step <= vary.steps; step++) {
            inverse = (vary.first + 0.1f * step + top) / (high - low);
            quantise(x, start, size, top, inverse, low);
            float sumL = 0;
            float sumLL = 0;
            float sumXL = 0;
            for (int i = 0; i < size; i++) {
                float weighted = weights[i] * attempt[i];
                sumL += weighted;
                sumLL += weighted * attempt[i];
                sumXL += weighted * x[start + i];
            }
            float determinant = sumWeight * sumLL - sumL * sumL;
            if (!(determinant > 0)) {
                continue;
            }
            float newScale = (sumWeight * sumXL - sumX * sumL) / determinant;
            float newMin = (sumLL * sumX - sumL * sumXL) / determinant;
            if (newMin > 0) {
                newMin = 0;
                newScale = sumXL / sumLL;
            }
            float error = error(x, start, size, newScale, newMin, vary.absolute);
            if (error < bestError) {
                System.arraycopy(attempt, 0, levels, place, size);
                bestError = error;
                scale = newScale;
                low = newMin;
            }
        }
        min = -low;
        return scale;
    }

    /// The min that belongs to the scale of the last [#withMin], not negative.
    float min() {
        return min;
    }

    private void quantise(float[] x, int start, int size, int top, float inverse, float low) {
        for (int i = 0; i < size; i++) {
            attempt[i] = bounded(0, nearest(inverse * (x[start + i] - low)), top);
        }
    }

    private float error(float[] x, int start, int size, float scale, float low, boolean absolute) {
        float error = 0;
        for (int i = 0; i < size; i++) {
            float difference = scale * attempt[i] + low - x[start + i];
            error += weights[i] * (absolute ? Math.abs(difference) : difference * difference);
        }
        return error;
    }
}
