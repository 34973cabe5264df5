package dev.backplane.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MatMulTest {
    private static final WorkerPool POOL = new WorkerPool(3);
    private static final CpuMatMul VECTOR = new CpuMatMul(POOL, _ -> KernelForm.VECTOR);
    private static final CpuMatMul MACHINE = new CpuMatMul(POOL, _ -> KernelForm.MACHINE);
    private static final CpuMatMul SCALAR = new CpuMatMul(POOL, _ -> KernelForm.PLAIN);

    @AfterAll
    static void close() {
        POOL.close();
    }

    /// A random problem: weights of a type, a few activations.
    private record Problem(Tensor tensor, Activations x, FloatArray inputs, int batch) {
        static Problem random(RandomGenerator random, ElementType type, Arena arena) {
            int columns =
                    type.quantised()
                            ? Math.max(32, type.blockElements()) * Gen.integer(random, 1, 4)
                            : Gen.integer(random, 1, 700);
            return random(random, type, columns, arena);
        }

        static Problem random(RandomGenerator random, ElementType type, int columns, Arena arena) {
            int rows = Gen.integer(random, 1, 150);
            int batch = Gen.integer(random, 1, 40);
            Tensor tensor = KernelTrial.random(random, type, rows, columns, arena);
            FloatArray inputs = FloatArray.allocate(arena, batch * columns);
            float scale = (float) Math.exp(random.nextGaussian());
            for (int i = 0; i < inputs.size(); i++) {
                inputs.set(i, scale * (float) random.nextGaussian());
            }
            Activations x = Activations.allocate(arena, batch, columns);
            x.set(inputs, 0, batch);
            return new Problem(tensor, x, inputs, batch);
        }

        float[] solve(CpuMatMul matMul, WeightMatrix weights, boolean byGemm, Arena arena) {
            FloatArray out = FloatArray.allocate(arena, batch * weights.rows());
            matMul.run(weights, x, out, byGemm);
            return out.toArray();
        }

        /// The products in double precision, of the activations as they are.
        double exact(int n, int row) {
            int columns = x.columns();
            float[] w = new float[columns];
            tensor.decodeRow(row, w, 0);
            double sum = 0;
            for (int k = 0; k < columns; k++) {
                sum += (double) w[k] * inputs.get(n * columns + k);
            }
            return sum;
        }

        double bound(int n, int row) {
            return KernelTrial.bound(tensor, row, inputs, n * x.columns());
        }

        /// What activations of 8 bits add: each is off by at most half a step of the largest of its
        /// 32, so a sum by that much times Σ |w|.
        double rounding(int n, int row) {
            int columns = x.columns();
            float[] w = new float[columns];
            tensor.decodeRow(row, w, 0);
            double sum = 0;
            for (int from = 0; from < columns; from += 32) {
                double largest = 0;
                double weight = 0;
                for (int k = from; k < from + 32; k++) {
                    largest = Math.max(largest, Math.abs(inputs.get(n * columns + k)));
                    weight += Math.abs(w[k]);
                }
                sum += weight * largest / 254;
            }
            return sum;
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void productsInPlaceAreRight(ElementType type) {
        if (type == ElementType.BOOL || type == ElementType.U8) {
            return; // normally distributed weights are no such numbers
        }
        Gen.check(
                15,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        Problem problem = Problem.random(random, type, arena);
                        WeightMatrix weights = WeightMatrix.inPlace(problem.tensor);
                        check(problem, weights, random.nextBoolean(), false, arena);
                    }
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K"})
    void productsOfTilesAreRight(ElementType type) {
        Gen.check(
                25,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        Problem problem = Problem.random(random, type, arena);
                        WeightMatrix weights = WeightMatrix.tiled(problem.tensor, arena);
                        check(problem, weights, false, true, arena);
                        float[] plain = problem.solve(SCALAR, weights, false, arena);
                        assertThat(problem.solve(VECTOR, weights, false, arena)).isEqualTo(plain);
                        assertThat(problem.solve(VECTOR, weights, true, arena)).isEqualTo(plain);
                        assertThat(problem.solve(MACHINE, weights, false, arena)).isEqualTo(plain);
                        assertThat(problem.solve(MACHINE, weights, true, arena)).isEqualTo(plain);
                    }
                });
    }

    /// With vectors of 512 bits it adds in the same order.
    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void machineCodeInPlaceGivesWhatVectorsDo(ElementType type) {
        Gen.check(
                25,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        int columns = 16 * Gen.integer(random, 1, 150);
                        Problem problem = Problem.random(random, type, columns, arena);
                        WeightMatrix weights = WeightMatrix.inPlace(problem.tensor);
                        float[] machine = problem.solve(MACHINE, weights, false, arena);
                        float[] vector = problem.solve(VECTOR, weights, false, arena);
                        if (Memory.LANES == 16) {
                            assertThat(machine).isEqualTo(vector);
                        }
                        for (int i = 0; i < machine.length; i++) {
                            double bound = problem.bound(i / weights.rows(), i % weights.rows());
                            assertThat((double) machine[i]).isCloseTo(vector[i], within(bound));
                        }
                    }
                });
    }

    private static void check(
            Problem problem, WeightMatrix weights, boolean byGemm, boolean rounded, Arena arena) {
        float[] vector = problem.solve(VECTOR, weights, byGemm, arena);
        float[] scalar = problem.solve(SCALAR, weights, byGemm, arena);
        for (int n = 0; n < problem.batch; n++) {
            for (int row = 0; row < weights.rows(); row++) {
                int place = n * weights.rows() + row;
                double bound = problem.bound(n, row);
                assertThat((double) vector[place])
                        .as("%s, row %d of %d", problem.tensor, row, n)
                        .isCloseTo(scalar[place], within(bound));
                assertThat((double) vector[place])
                        .isCloseTo(
                                problem.exact(n, row),
                                within(bound + (rounded ? problem.rounding(n, row) : 0)));
            }
        }
    }

    /// So a request's numbers do not depend on who runs beside it, on the threads, nor on the way.
    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "Q5_K"})
    void aRowOfABatchIsWhatItIsAlone(ElementType type) {
        Gen.check(
                12,
                random -> {
                    try (Arena arena = Arena.ofShared();
                            WorkerPool one = new WorkerPool(1)) {
                        boolean machine = random.nextBoolean();
                        KernelForm form = machine ? KernelForm.MACHINE : KernelForm.VECTOR;
                        CpuMatMul several = machine ? MACHINE : VECTOR;
                        CpuMatMul single = new CpuMatMul(one, _ -> form);
                        Problem problem = Problem.random(random, type, arena);
                        WeightMatrix weights =
                                WeightMatrix.hasTiles(type)
                                        ? WeightMatrix.tiled(problem.tensor, arena)
                                        : WeightMatrix.inPlace(problem.tensor);
                        float[] all = problem.solve(several, weights, random.nextBoolean(), arena);
                        int n = random.nextInt(problem.batch);
                        problem.x.set(problem.inputs, n * problem.x.columns(), 1);
                        FloatArray out = FloatArray.allocate(arena, weights.rows());
                        single.multiply(weights, problem.x, out);
                        for (int row = 0; row < weights.rows(); row++) {
                            assertThat(out.get(row)).isEqualTo(all[n * weights.rows() + row]);
                        }
                    }
                });
    }

    /// Machines of 512 bits take the one, all others the other.
    @Test
    void rowsOfOneVectorAtATimeGiveWhatThoseOfTwoDo() {
        if (Memory.PART == Memory.LANES) {
            return; // there is no second vector here
        }
        try (Arena arena = Arena.ofShared()) {
            RandomGenerator random = Gen.random(3);
            int columns = 256;
            FloatArray inputs = FloatArray.allocate(arena, columns);
            for (int i = 0; i < columns; i++) {
                inputs.set(i, (float) random.nextGaussian());
            }
            Activations x = Activations.allocate(arena, 1, columns);
            x.set(inputs, 0, 1);
            for (TileFormat format : List.of(new Q8Tiles(), new Q4Tiles())) {
                ElementType type = format instanceof Q8Tiles ? ElementType.Q8_0 : ElementType.Q4_0;
                Tensor tensor = KernelTrial.random(random, type, 32, columns, arena);
                WeightMatrix weights = WeightMatrix.tiled(tensor, arena);
                long heads = weights.address(0, weights.bytes());
                long bodies = heads + 8L * format.headBytes();
                x.take(format.form());
                x.prepare(0, 1);
                Factors factors = new Factors();
                format.factors(heads, 8, factors);
                float[] expected = new float[32];
                format.multiply(bodies, 0, 8, x, 0, factors, expected, 0);
                float[] sums = new float[32];
                if (format instanceof Q8Tiles) {
                    for (int part = 0; part < 16; part += Memory.LANES) {
                        long from = bodies + 4L * part;
                        Q8Tiles.one(from, 8, x.spread, x.scales, 0, factors, part, sums, part);
                    }
                } else {
                    Nibbles.one(bodies, 8, x, 0, 0, factors, 0, sums, 0);
                }
                assertThat(sums).isEqualTo(expected);
            }
        }
    }

    /// Weights and activations at the ends of what they can be: where 16 bits would overflow.
    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K"})
    void extremesFitTheArithmetic(ElementType type) {
        try (Arena arena = Arena.ofShared()) {
            int columns = 256;
            int rows = 64;
            float[] row = new float[columns];
            MemorySegment data = arena.allocate(type.bytes((long) rows * columns));
            for (int r = 0; r < rows; r++) {
                for (int k = 0; k < columns; k++) {
                    row[k] = (r % 2 == 0 ? -1 : 1) * (r % 4 < 2 || k % 2 == 0 ? 1 : -1);
                }
                type.encode(row, 0, data, type.bytes((long) r * columns), columns);
            }
            Tensor tensor = new Tensor("extreme", type, Shape.of(rows, columns), data);
            FloatArray inputs = FloatArray.allocate(arena, 2 * columns);
            for (int i = 0; i < inputs.size(); i++) {
                inputs.set(i, i < columns || i % 2 == 0 ? 1 : -1);
            }
            Activations x = Activations.allocate(arena, 2, columns);
            x.set(inputs, 0, 2);
            Problem problem = new Problem(tensor, x, inputs, 2);
            WeightMatrix weights = WeightMatrix.tiled(tensor, arena);
            check(problem, weights, false, true, arena);
            assertThat(problem.solve(MACHINE, weights, false, arena))
                    .isEqualTo(problem.solve(SCALAR, weights, false, arena));
        }
    }

    @Test
    void saysWhatDoesNotFit() {
        try (Arena arena = Arena.ofShared()) {
            Tensor tensor = KernelTrial.random(Gen.random(1), ElementType.Q8_0, 32, 64, arena);
            WeightMatrix weights = WeightMatrix.tiled(tensor, arena);
            Activations x = Activations.allocate(arena, 2, 64);
            x.set(FloatArray.allocate(arena, 128), 0, 2);
            Activations other = Activations.allocate(arena, 1, 32);
            FloatArray out = FloatArray.allocate(arena, 64);

            assertThatThrownBy(() -> VECTOR.multiply(weights, other, out))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("64 columns, the activations 32");
            assertThatThrownBy(() -> VECTOR.multiply(weights, x, FloatArray.allocate(arena, 63)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> WeightMatrix.tiled(tensor, arena.allocate(3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("in tiles, not 3");
            assertThatThrownBy(() ->
                            WeightMatrix.inPlace(
                                    new Tensor(
                                            "heap",
                                            ElementType.I8,
                                            Shape.of(3),
                                            MemorySegment.ofArray(new byte[3]))))
                    .hasMessageContaining("outside the heap");
            Arena closed = Arena.ofShared();
            WeightMatrix gone = WeightMatrix.tiled(tensor, closed);
            closed.close();
            assertThatThrownBy(() -> VECTOR.multiply(gone, x, out))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }
}
