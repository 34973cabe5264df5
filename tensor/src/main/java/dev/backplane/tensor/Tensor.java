package dev.backplane.tensor;

import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Numbers by name: their type, their shape and the bytes they are in, rows one after the other.
///
/// `data` is exactly as long as type and shape say. It may be read by many threads; whether it may
/// be written, and until when it is there, is known to whoever made the tensor (that of a file is
/// read-only and goes when the [TensorSet] is closed).
public record Tensor(String name, ElementType type, Shape shape, MemorySegment data) {
    /// @throws IllegalArgumentException when a row is not whole blocks or `data` has another length
    public Tensor {
        Objects.requireNonNull(name, "name is null");
        long bytes = bytes(type, shape);
        if (data.byteSize() != bytes) {
            throw new IllegalArgumentException(
                    "%s of %s %s needs %d bytes, not %d"
                            .formatted(name, type, shape, bytes, data.byteSize()));
        }
    }

    /// The bytes that such a tensor takes.
    ///
    /// @throws IllegalArgumentException when a row is not whole blocks
    /// @throws ArithmeticException when they do not fit a long
    public static long bytes(ElementType type, Shape shape) {
        return Math.multiplyExact(type.bytes(shape.columns()), shape.rows());
    }

    public long rowBytes() {
        return type.bytes(shape.columns());
    }

    /// Decodes a row to `to[start]` and following.
    ///
    /// @param row counted over all dimensions but the innermost
    /// @throws IndexOutOfBoundsException when there is no such row or no room
    public void decodeRow(long row, float[] to, int start) {
        Objects.checkIndex(row, shape.rows());
        type.decode(data, row * rowBytes(), to, start, Math.toIntExact(shape.columns()));
    }

    @Override
    public String toString() {
        return "%s %s %s".formatted(name, type, shape);
    }
}
