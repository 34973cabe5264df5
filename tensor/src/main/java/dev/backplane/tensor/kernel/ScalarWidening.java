package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The plain form.
final class ScalarWidening implements Widening {
    @Override
    public void halves(MemorySegment from, long at, FloatArray out, int outAt, int count) {
        for (int i = 0; i < count; i++) {
            out.set(outAt + i, half(from, at + 2L * i));
        }
    }

    private static float half(MemorySegment from, long at) {
        return Float.float16ToFloat(from.get(Memory.SHORT, at));
    }

    @Override
    public void columns(MemorySegment from, long at, int width, FloatArray out, int outAt) {
        for (int i = 0; i < width; i++) {
            for (int c = 0; c < VECTORS; c++) {
                int index = VECTORS * i + c;
                float scale = half(from, at + Widening.scale(width, i / RUN, c));
                out.set(outAt + index, from.get(ValueLayout.JAVA_BYTE, at + index) * scale);
            }
        }
    }

    @Override
    public void rows(MemorySegment from, long at, int width, FloatArray out, int outAt) {
        for (int row = 0; row < VECTORS; row++) {
            rowEnd(from, at, width, row, 0, out, outAt);
        }
    }

    /// From number `first` of a vector on.
    static void rowEnd(
            MemorySegment from, long at, int width, int row, int first, FloatArray out, int outAt) {
        for (int i = first; i < width; i++) {
            int index = width * row + i;
            float scale = half(from, at + Widening.scale(width, i / RUN, row));
            out.set(outAt + index, from.get(ValueLayout.JAVA_BYTE, at + index) * scale);
        }
    }
}
