package dev.backplane.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The dimensions of a tensor, outermost first: `[rows, columns]` for a matrix. Up to eight, none
/// for a single number; a dimension may be 0. The number of elements fits a long.
public record Shape(List<Long> dimensions) {
    public static final int DIMENSIONS_MAX = 8;

    /// @throws IllegalArgumentException when a dimension is negative, there are too many, or the
    ///   elements cannot be counted
    public Shape {
        dimensions = List.copyOf(dimensions);
        if (dimensions.size() > DIMENSIONS_MAX) {
            throw new IllegalArgumentException(
                    "%d dimensions, at most %d".formatted(dimensions.size(), DIMENSIONS_MAX));
        }
        long elements = 1;
        for (long dimension : dimensions) {
            if (dimension < 0) {
                throw new IllegalArgumentException("negative dimension " + dimension);
            }
            long high = Math.multiplyHigh(elements, dimension);
            elements *= dimension;
            if (high != 0 || elements < 0) {
                throw new IllegalArgumentException("more than 2^63 elements");
            }
        }
    }

    public static Shape of(long... dimensions) {
        return new Shape(Arrays.stream(dimensions).boxed().toList());
    }

    public long elements() {
        long elements = 1;
        for (long dimension : dimensions) {
            elements *= dimension;
        }
        return elements;
    }

    /// The innermost dimension: how many numbers follow each other in a row. 1 for a single number.
    public long columns() {
        return dimensions.isEmpty() ? 1 : dimensions.getLast();
    }

    /// All dimensions but the innermost, multiplied.
    public long rows() {
        long rows = 1;
        for (int i = 0; i < dimensions.size() - 1; i++) {
            rows *= dimensions.get(i);
        }
        return rows;
    }

    /// As people write it: `[4096, 1024]`.
    @Override
    public String toString() {
        return dimensions.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
    }
}
