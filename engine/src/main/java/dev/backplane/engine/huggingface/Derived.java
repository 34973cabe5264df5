package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Tensors whose numbers stand otherwise in safetensors than decoders want them.
///
/// | | from | to |
/// |---|---|---|
/// | plus one | weights of norms that are kept as their difference from 1 (Gemma) | floats |
/// | negative exponential | `A_log` | `A`, floats |
/// | part of rows | rows `first`, `first + every`, … of each matrix | the same numbers |
/// | transposed | matrices of rows | matrices of columns |
/// | MXFP4 | nibbles and exponents of two tensors | blocks of GGUF |
final class Derived {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final long ALIGNMENT = 64;

    /// A block of MXFP4: an exponent and 32 nibbles.
    private static final int NIBBLES = 16;

    private Derived() {}

    private static MemorySegment room(Arena arena, TensorSpec spec) {
        return arena.allocate(spec.bytes(), ALIGNMENT);
    }

    /// The same bytes by another name and shape.
    static Tensor reshaped(Tensor from, TensorSpec to) {
        return new Tensor(to.name(), to.type(), to.shape(), from.data());
    }

    interface Change {
        double of(float number);
    }

    /// Each number changed, as floats.
    static Tensor changed(Tensor from, TensorSpec to, Change change, Arena arena) {
        MemorySegment data = room(arena, to);
        int columns = Math.toIntExact(from.shape().columns());
        float[] row = new float[columns];
        for (long r = 0; r < from.shape().rows(); r++) {
            from.decodeRow(r, row, 0);
            for (int i = 0; i < columns; i++) {
                data.setAtIndex(FLOAT, r * columns + i, (float) change.of(row[i]));
            }
        }
        return new Tensor(to.name(), to.type(), to.shape(), data);
    }

    static Tensor ofFloats(String name, float[] numbers, Arena arena) {
        TensorSpec spec = new TensorSpec(name, ElementType.F32, Shape.of(numbers.length));
        MemorySegment data = room(arena, spec);
        MemorySegment.copy(numbers, 0, data, FLOAT, 0, numbers.length);
        return new Tensor(name, spec.type(), spec.shape(), data);
    }

    /// Of matrices of `rows` rows each: `count` rows from `first` on, every `every`th.
    static Tensor rows(
            Tensor from, TensorSpec to, int rows, int first, int every, int count, Arena arena) {
        long bytes = from.rowBytes();
        MemorySegment data = room(arena, to);
        long matrices = from.shape().rows() / rows;
        for (long matrix = 0; matrix < matrices; matrix++) {
            for (int i = 0; i < count; i++) {
                long source = (matrix * rows + first + (long) i * every) * bytes;
                MemorySegment.copy(from.data(), source, data, (matrix * count + i) * bytes, bytes);
            }
        }
        return new Tensor(to.name(), to.type(), to.shape(), data);
    }

    /// Of matrices of `rows` rows each, `count` rows from `first` on: of these every `step`th
    /// column from `column` on, as a row.
    static Tensor transposed(
            Tensor from,
            TensorSpec to,
            int rows,
            int first,
            int count,
            int column,
            int step,
            Arena arena) {
        int width = from.type().blockBytes();
        long columns = from.shape().columns();
        MemorySegment data = room(arena, to);
        long matrices = from.shape().rows() / rows;
        long target = 0;
        for (long matrix = 0; matrix < matrices; matrix++) {
            for (long c = column; c < columns; c += step) {
                for (int r = 0; r < count; r++) {
                    long source = ((matrix * rows + first + r) * columns + c) * width;
                    MemorySegment.copy(from.data(), source, data, target, width);
                    target += width;
                }
            }
        }
        return new Tensor(to.name(), to.type(), to.shape(), data);
    }

    /// Blocks of MXFP4 of the nibbles in `blocks` (of matrices, rows, blocks, 16 bytes, a number in
    /// each half, low first) and the exponents in `scales`; of each matrix every `every`th row.
    static Tensor mxFp4(
            Tensor blocks, Tensor scales, TensorSpec to, int first, int every, Arena arena) {
        long rows = blocks.shape().dimensions().get(1);
        long perRow = blocks.shape().dimensions().get(2);
        if (scales.shape().elements() * NIBBLES != blocks.shape().elements()) {
            throw Problem.invalid(
                            "%s of blocks and %s of scales".formatted(blocks, scales), to.name())
                    .fix("use a checkpoint whose blocks and scales are of one tensor");
        }
        MemorySegment data = room(arena, to);
        long matrices = blocks.shape().dimensions().get(0);
        long target = 0;
        byte[] nibbles = new byte[NIBBLES];
        byte[] block = new byte[1 + NIBBLES];
        for (long matrix = 0; matrix < matrices; matrix++) {
            for (long row = first; row < rows; row += every) {
                long at = (matrix * rows + row) * perRow;
                for (long i = at; i < at + perRow; i++) {
                    MemorySegment.copy(
                            blocks.data(), ValueLayout.JAVA_BYTE, i * NIBBLES, nibbles, 0, NIBBLES);
                    block[0] = scales.data().get(ValueLayout.JAVA_BYTE, i);
                    arrange(nibbles, block);
                    MemorySegment.copy(block, 0, data, ValueLayout.JAVA_BYTE, target, block.length);
                    target += block.length;
                }
            }
        }
        return new Tensor(to.name(), to.type(), to.shape(), data);
    }

    /// Byte j of GGUF holds numbers j and j + 16, byte j there numbers 2j and 2j + 1.
    private static void arrange(byte[] nibbles, byte[] block) {
        for (int j = 0; j < NIBBLES; j++) {
            int low = number(nibbles, j);
            int high = number(nibbles, j + NIBBLES);
            block[1 + j] = (byte) (low | high << 4);
        }
    }

    private static int number(byte[] nibbles, int index) {
        int pair = nibbles[index / 2] & 0xFF;
        return index % 2 == 0 ? pair & 0xF : pair >> 4;
    }
}
