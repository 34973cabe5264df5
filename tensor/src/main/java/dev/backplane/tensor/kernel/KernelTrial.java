package dev.backplane.tensor.kernel;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Random weights and activations for one kernel, to try it on: does it agree with its twin, and
/// how fast is it?
public final class KernelTrial implements AutoCloseable {
    private static final long SEED = 25;
    private static final double UNIT = 0x1p-24;

    /// Roundings of one term before it is added: conversions, scales and the product.
    private static final int ROUNDINGS = 8;

    private static final int GEMM_ROWS = 40;
    private static final int PERIOD = 64;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final Kernel kernel;
    private final Tensor tensor;
    private final WeightMatrix weights;
    private final Activations x;
    private final FloatArray inputs;
    private final FloatArray out;

    /// A matrix of about so many bytes. Its rows repeat, so that a large one is made quickly.
    ///
    /// @param columns a multiple of 256
    public KernelTrial(Kernel kernel, long bytes, int columns) {
        this.kernel = kernel;
        ElementType type =
                kernel == Kernel.GEMM
                        ? ElementType.Q8_0
                        : ElementType.ofLabel(kernel.label()).orElseThrow();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        Tensor pattern = random(random, type, PERIOD, columns, arena);
        int repeats = Math.toIntExact(Math.max(1, bytes / pattern.data().byteSize()));
        Shape shape = Shape.of((long) PERIOD * repeats, columns);
        this.tensor = new Tensor(type.label(), type, shape, repeat(pattern.data(), repeats));
        this.weights =
                WeightMatrix.hasTiles(type)
                        ? WeightMatrix.tiled(
                                tensor, repeat(WeightMatrix.tiled(pattern, arena).data(), repeats))
                        : WeightMatrix.inPlace(tensor);
        int batch = kernel == Kernel.GEMM ? GEMM_ROWS : 1;
        this.inputs = FloatArray.allocate(arena, batch * columns);
        for (int i = 0; i < inputs.size(); i++) {
            inputs.set(i, (float) random.nextGaussian());
        }
        this.x = Activations.allocate(arena, batch, columns);
        this.out = FloatArray.allocate(arena, batch * weights.rows());
    }

    private MemorySegment repeat(MemorySegment pattern, int times) {
        long size = pattern.byteSize();
        MemorySegment all = arena.allocate(size * times, 64);
        for (int i = 0; i < times; i++) {
            MemorySegment.copy(pattern, 0, all, i * size, size);
        }
        return all;
    }

    /// Normally distributed weights of this type.
    static Tensor random(
            RandomGenerator random, ElementType type, int rows, int columns, Arena arena) {
        Shape shape = Shape.of(rows, columns);
        MemorySegment data = arena.allocate(Tensor.bytes(type, shape), 64);
        float[] row = new float[columns];
        for (int r = 0; r < rows; r++) {
            for (int k = 0; k < columns; k++) {
                row[k] = (float) random.nextGaussian() * 0.02f;
            }
            type.encode(row, 0, data, type.bytes((long) r * columns), columns);
        }
        return new Tensor(type.label(), type, shape, data);
    }

    public Kernel kernel() {
        return kernel;
    }

    /// One whole product; the activations are prepared anew, as a layer does.
    void run(CpuMatMul matMul) {
        x.set(inputs, 0, inputs.size() / x.columns());
        matMul.run(weights, x, out, kernel == Kernel.GEMM);
    }

    /// Bytes of weights a second: of the fastest run within the time, since whatever else the
    /// machine does can only slow one down.
    public double rate(CpuMatMul matMul, int millis) {
        long until = System.nanoTime() + millis * 1_000_000L;
        long shortest = Long.MAX_VALUE;
        long start = System.nanoTime();
        do {
            run(matMul);
            long end = System.nanoTime();
            shortest = Math.min(shortest, end - start);
            start = end;
        } while (start < until);
        return bytes() * 1e9 / shortest;
    }

    /// Bytes of weights that a run reads.
    public long bytes() {
        return weights.bytes();
    }

    /// Multiplications and additions of a run.
    public double operations() {
        return 2.0 * weights.rows() * weights.columns() * inputs.size() / x.columns();
    }

    /// Whether both give the same, but for the order of additions.
    boolean agrees(CpuMatMul vector, CpuMatMul scalar) {
        run(vector);
        float[] one = out.toArray();
        run(scalar);
        float[] other = out.toArray();
        for (int n = 0; n < x.rows(); n++) {
            for (int row = 0; row < weights.rows(); row++) {
                int place = n * weights.rows() + row;
                double difference = Math.abs((double) one[place] - other[place]);
                if (!(difference <= bound(tensor, row, inputs, n * x.columns()))) {
                    return false;
                }
            }
        }
        return true;
    }

    /// How far two orders of the same additions can be apart: each is within γ = m u / (1 − m u)
    /// times Σ |w x| of the exact sum for m roundings on the way of a term (Higham, "Accuracy and
    /// Stability of Numerical Algorithms", section 3.1), u = 2⁻²⁴. Whole numbers of 8 bits for
    /// activations stretch |x| by at most half a step of the largest of 32.
    static double bound(Tensor tensor, int row, FloatArray x, int at) {
        int columns = (int) tensor.shape().columns();
        float[] w = new float[columns];
        tensor.decodeRow(row, w, 0);
        double sum = 0;
        for (int k = 0; k < columns; k++) {
            double largest = 0;
            int from = k - k % Activations.RUN;
            for (int i = from; i < Math.min(columns, from + Activations.RUN); i++) {
                largest = Math.max(largest, Math.abs(x.get(at + i)));
            }
            sum += Math.abs(w[k]) * (Math.abs(x.get(at + k)) + largest / 254);
        }
        double m = columns + ROUNDINGS;
        return 2 * m * UNIT / (1 - m * UNIT) * sum;
    }

    @Override
    public void close() {
        arena.close();
    }
}
