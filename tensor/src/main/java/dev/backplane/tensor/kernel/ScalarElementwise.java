package dev.backplane.tensor.kernel;

/// The plain form: what the vector form is compared with, and what does the ends that fill no
/// vector.
public final class ScalarElementwise implements Elementwise {
    static final float GELU_FACTOR = 0.797_884_56f;
    static final float GELU_CUBE = 0.044_715f;

    @Override
    public void add(FloatArray out, int outAt, FloatArray x, int at, int count) {
        addScaled(out, outAt, x, at, 1, count);
    }

    @Override
    public void addScaled(
            FloatArray out, int outAt, FloatArray x, int at, float factor, int count) {
        for (int i = 0; i < count; i++) {
            out.set(outAt + i, out.get(outAt + i) + factor * x.get(at + i));
        }
    }

    @Override
    public void scale(FloatArray x, int at, float factor, int count) {
        for (int i = 0; i < count; i++) {
            x.set(at + i, x.get(at + i) * factor);
        }
    }

    @Override
    public float dot(FloatArray a, int aAt, FloatArray b, int bAt, int count) {
        float sum = 0;
        for (int i = 0; i < count; i++) {
            sum += a.get(aAt + i) * b.get(bAt + i);
        }
        return sum;
    }

    @Override
    public void rmsNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count) {
        float factor = inverseRoot(dot(x, at, x, at, count) / count + epsilon);
        for (int i = 0; i < count; i++) {
            out.set(outAt + i, x.get(at + i) * factor * weight.get(i));
        }
    }

    static float inverseRoot(float square) {
        return (float) (1 / Math.sqrt(square));
    }

    @Override
    public void layerNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count) {
        float sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x.get(at + i);
        }
        float mean = sum / count;
        float square = 0;
        for (int i = 0; i < count; i++) {
            float difference = x.get(at + i) - mean;
            square += difference * difference;
        }
        float factor = inverseRoot(square / count + epsilon);
        for (int i = 0; i < count; i++) {
            out.set(outAt + i, (x.get(at + i) - mean) * factor * weight.get(i));
        }
    }

    @Override
    public void softmax(FloatArray x, int at, int count) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, x.get(at + i));
        }
        float sum = 0;
        for (int i = 0; i < count; i++) {
            float power = Exponential.of(x.get(at + i) - max);
            x.set(at + i, power);
            sum += power;
        }
        scale(x, at, 1 / sum, count);
    }

    @Override
    public float softmaxPiece(FloatArray x, int at, int count, FloatArray state, int stateAt) {
        float before = state.get(stateAt);
        float max = before;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, x.get(at + i));
        }
        float sum = 0;
        for (int i = 0; i < count; i++) {
            float power = Exponential.of(x.get(at + i) - max);
            x.set(at + i, power);
            sum += power;
        }
        return advance(state, stateAt, before, max, sum);
    }

    /// What a piece does to the state.
    static float advance(FloatArray state, int at, float before, float max, float sum) {
        float factor = Exponential.of(before - max);
        state.set(at, max);
        state.set(at + 1, Math.fma(state.get(at + 1), factor, sum));
        return factor;
    }

    @Override
    public void siluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count) {
        for (int i = 0; i < count; i++) {
            float g = gate.get(gateAt + i);
            out.set(outAt + i, g / (1 + Exponential.of(-g)) * up.get(upAt + i));
        }
    }

    @Override
    public void geluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count) {
        for (int i = 0; i < count; i++) {
            float g = gate.get(gateAt + i);
            float inner = (g * g * GELU_CUBE + 1) * g * GELU_FACTOR;
            out.set(outAt + i, g * 0.5f * (1 + Exponential.tanh(inner)) * up.get(upAt + i));
        }
    }

    @Override
    public void softCap(FloatArray x, int at, float cap, int count) {
        for (int i = 0; i < count; i++) {
            x.set(at + i, cap * Exponential.tanh(x.get(at + i) / cap));
        }
    }

    @Override
    public void columnProducts(
            FloatArray x,
            int at,
            FloatArray columns,
            int columnsAt,
            int depth,
            float factor,
            FloatArray out,
            int outAt) {
        for (int c = 0; c < COLUMNS; c++) {
            float sum = 0;
            for (int i = 0; i < depth; i++) {
                sum = Math.fma(columns.get(columnsAt + COLUMNS * i + c), x.get(at + i), sum);
            }
            out.set(outAt + c, sum * factor);
        }
    }

    @Override
    public void addRows(
            FloatArray weights,
            int at,
            int count,
            FloatArray rows,
            int rowsAt,
            FloatArray out,
            int outAt,
            int width) {
        for (int i = 0; i < width; i++) {
            float sum = out.get(outAt + i);
            for (int row = 0; row < count; row++) {
                sum = Math.fma(rows.get(rowsAt + row * width + i), weights.get(at + row), sum);
            }
            out.set(outAt + i, sum);
        }
    }

    @Override
    public void rotateHalves(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count) {
        for (int i = 0; i < count / 2; i++) {
            rotate(x, at + i, at + count / 2 + i, cosine.get(angleAt + i), sine.get(angleAt + i));
        }
    }

    @Override
    public void rotatePairs(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count) {
        for (int i = 0; i < count / 2; i++) {
            rotate(x, at + 2 * i, at + 2 * i + 1, cosine.get(angleAt + i), sine.get(angleAt + i));
        }
    }

    private static void rotate(FloatArray x, int first, int second, float cosine, float sine) {
        float a = x.get(first);
        float b = x.get(second);
        x.set(first, a * cosine - b * sine);
        x.set(second, a * sine + b * cosine);
    }
}
