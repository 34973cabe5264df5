package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Takes a decoder's weights out of a file, each with the shape that is expected; what does not fit
/// is a [Problem] that names tensor and shapes.
///
/// Types that have tiles are repacked into private memory, others are read where they are.
final class Weights {
    private final TensorSet tensors;
    private final Arena arena;
    private final String prefix;

    Weights(TensorSet tensors, Arena arena) {
        this(tensors, arena, "");
    }

    private Weights(TensorSet tensors, Arena arena, String prefix) {
        this.tensors = tensors;
        this.arena = arena;
        this.prefix = prefix;
    }

    /// Those whose names begin with `blk.LAYER.`
    Weights layer(int layer) {
        return new Weights(tensors, arena, "blk." + layer + ".");
    }

    boolean has(String name) {
        return tensors.find(prefix + name).isPresent();
    }

    /// A tensor of this shape, outermost dimension first.
    Tensor tensor(String name, long... dimensions) {
        Tensor tensor = tensors.tensor(prefix + name);
        if (!tensor.shape().equals(Shape.of(dimensions))) {
            throw Problem.invalid(
                            "tensor '%s' has shape %s, not %s"
                                    .formatted(tensor.name(), tensor.shape(), Shape.of(dimensions)),
                            tensors.source())
                    .fix("use a file whose tensors fit its own metadata");
        }
        return tensor;
    }

    /// Numbers of a norm or a bias, as floats.
    FloatArray vector(String name, int size) {
        float[] values = new float[size];
        tensor(name, size).decodeRow(0, values, 0);
        return FloatArray.of(arena, values);
    }

    Optional<FloatArray> findVector(String name, int size) {
        return has(name) ? Optional.of(vector(name, size)) : Optional.empty();
    }

    WeightMatrix matrix(String name, int rows, int columns) {
        return matrix(tensor(name, rows, columns));
    }

    private WeightMatrix matrix(Tensor tensor) {
        return WeightMatrix.hasTiles(tensor.type())
                ? WeightMatrix.tiled(tensor, arena)
                : WeightMatrix.inPlace(tensor);
    }

    /// Rows `from` to `to` of a matrix whose rows are several matrices', one after the other.
    WeightMatrix rows(String name, int rows, int columns, int from, int to) {
        return matrix(slice(tensor(name, rows, columns), from, to));
    }

    /// Each of the matrices that a tensor of three dimensions holds.
    WeightMatrix[] matrices(String name, int count, int rows, int columns) {
        Tensor all = tensor(name, count, rows, columns);
        WeightMatrix[] matrices = new WeightMatrix[count];
        for (int i = 0; i < count; i++) {
            matrices[i] = matrix(slice(all, (long) i * rows, (long) (i + 1) * rows));
        }
        return matrices;
    }

    private static Tensor slice(Tensor tensor, long from, long to) {
        return new Tensor(
                tensor.name() + "[" + from + ":" + to + "]",
                tensor.type(),
                Shape.of(to - from, tensor.shape().columns()),
                tensor.data().asSlice(from * tensor.rowBytes(), (to - from) * tensor.rowBytes()));
    }
}
