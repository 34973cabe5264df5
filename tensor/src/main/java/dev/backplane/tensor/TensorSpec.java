package dev.backplane.tensor;

import dev.backplane.tensor.type.ElementType;

/// What a tensor will be: all but its numbers.
public record TensorSpec(String name, ElementType type, Shape shape) {
    public static TensorSpec of(Tensor tensor) {
        return new TensorSpec(tensor.name(), tensor.type(), tensor.shape());
    }

    /// The bytes of its numbers.
    ///
    /// @throws IllegalArgumentException when a row is not whole blocks
    /// @throws ArithmeticException when they do not fit a long
    public long bytes() {
        return Tensor.bytes(type, shape);
    }
}
