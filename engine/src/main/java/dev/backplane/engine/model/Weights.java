package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.kernel.WorkerPool;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/// Takes a decoder's weights out of a file, each with the shape that is expected; what does not fit
/// is a [Problem] that names tensor and shapes.
///
/// Types that have tiles are repacked into private memory, or mapped from what an earlier start
/// repacked ([TileCache]); others are read where they are.
final class Weights {
    private static final long ALIGNMENT = 64;

    /// Rows that are packed together.
    private static final int GROUP = 32;

    private final TensorSet tensors;
    private final WorkerPool pool;
    private final Arena arena;
    private final TileCache.Tiles tiles;
    private final Products products;
    private final String prefix;

    /// @param pool that packs
    /// @param products told of each matrix
    Weights(
            TensorSet tensors,
            WorkerPool pool,
            Arena arena,
            TileCache.Tiles tiles,
            Products products) {
        this(tensors, pool, arena, tiles, products, "");
    }

    private Weights(
            TensorSet tensors,
            WorkerPool pool,
            Arena arena,
            TileCache.Tiles tiles,
            Products products,
            String prefix) {
        this.tensors = tensors;
        this.pool = pool;
        this.arena = arena;
        this.tiles = tiles;
        this.products = products;
        this.prefix = prefix;
    }

    /// Those whose names begin with `blk.LAYER.`
    Weights layer(int layer) {
        return new Weights(tensors, pool, arena, tiles, products, "blk." + layer + ".");
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

    /// One of `rows` vectors that are rows of a matrix, as floats.
    FloatArray row(String name, int row, int rows, int size) {
        float[] values = new float[size];
        tensor(name, rows, size).decodeRow(row, values, 0);
        return FloatArray.of(arena, values);
    }

    /// All numbers of a small matrix as floats, row after row.
    FloatArray numbers(String name, int rows, int columns) {
        Tensor tensor = tensor(name, rows, columns);
        float[] values = new float[Math.multiplyExact(rows, columns)];
        for (int row = 0; row < rows; row++) {
            tensor.decodeRow(row, values, row * columns);
        }
        return FloatArray.of(arena, values);
    }

    /// @throws Problem when there is a tensor that the decoder would pass over
    void refuse(String name) {
        if (has(name)) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "tensor '%s%s' is not used".formatted(prefix, name),
                            tensors.source())
                    .fix("use a model of this architecture without it");
        }
    }

    Optional<FloatArray> findVector(String name, int size) {
        return has(name) ? Optional.of(vector(name, size)) : Optional.empty();
    }

    WeightMatrix matrix(String name, int rows, int columns) {
        return matrix(tensor(name, rows, columns));
    }

    private WeightMatrix matrix(Tensor tensor) {
        WeightMatrix matrix = laidOut(tensor);
        products.add(matrix);
        return matrix;
    }

    private WeightMatrix laidOut(Tensor tensor) {
        if (!WeightMatrix.hasTiles(tensor.type())) {
            return WeightMatrix.inPlace(tensor);
        }
        long bytes = WeightMatrix.tileBytes(tensor);
        Optional<MemorySegment> kept = tiles.find(tensor.name(), bytes);
        if (kept.isPresent()) {
            return WeightMatrix.tiled(tensor, kept.get());
        }
        MemorySegment packed = arena.allocate(bytes, ALIGNMENT);
        long rows = tensor.shape().rows();
        pool.run((worker, workers) -> {
            long step = GROUP * Math.ceilDiv(rows, (long) GROUP * workers);
            long from = Math.min(rows, worker * step);
            WeightMatrix.pack(tensor, packed, from, Math.min(rows, from + step));
        });
        tiles.made(tensor.name(), packed);
        return WeightMatrix.tiled(tensor, packed);
    }

    /// Rows `from` to `to` of a matrix whose rows are several matrices', one after the other.
    WeightMatrix rows(String name, int rows, int columns, int from, int to) {
        return matrix(slice(tensor(name, rows, columns), from, to));
    }

    /// Rows `from` to `to` of a matrix as columns, in floats.
    WeightMatrix transposed(String name, int rows, int columns, int from, int to) {
        Tensor tensor = tensor(name, rows, columns);
        Shape shape = Shape.of(columns, to - from);
        MemorySegment data = arena.allocate(shape.elements() * Float.BYTES, ALIGNMENT);
        float[] row = new float[columns];
        for (int r = from; r < to; r++) {
            tensor.decodeRow(r, row, 0);
            for (int column = 0; column < columns; column++) {
                long place = (long) column * (to - from) + r - from;
                data.setAtIndex(ValueLayout.JAVA_FLOAT, place, row[column]);
            }
        }
        return WeightMatrix.inPlace(new Tensor(tensor.name(), ElementType.F32, shape, data));
    }

    /// Each of the matrices that a tensor of three dimensions holds; or, where there is none such,
    /// those of `ffn_up.3.weight` for `ffn_up_exps.weight`, which older files and checkpoints have.
    WeightMatrix[] matrices(String name, int count, int rows, int columns) {
        if (!has(name) && has(single(name, 0))) {
            WeightMatrix[] singles = new WeightMatrix[count];
            for (int i = 0; i < count; i++) {
                singles[i] = matrix(single(name, i), rows, columns);
            }
            return singles;
        }
        Tensor all = tensor(name, count, rows, columns);
        WeightMatrix[] matrices = new WeightMatrix[count];
        for (int i = 0; i < count; i++) {
            matrices[i] = matrix(slice(all, (long) i * rows, (long) (i + 1) * rows));
        }
        return matrices;
    }

    private static String single(String name, int number) {
        return name.replace("_exps.", "." + number + ".");
    }

    private static Tensor slice(Tensor tensor, long from, long to) {
        return new Tensor(
                tensor.name() + "[" + from + ":" + to + "]",
                tensor.type(),
                Shape.of(to - from, tensor.shape().columns()),
                tensor.data().asSlice(from * tensor.rowBytes(), (to - from) * tensor.rowBytes()));
    }
}
