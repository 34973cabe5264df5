package dev.backplane.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.testkit.Gen;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ElementwiseTest {
    private static final Elementwise VECTOR = new VectorElementwise();
    private static final Elementwise SCALAR = new ScalarElementwise();

    /// Units in the last place: a few roundings, and functions within two.
    private static final double FEW = 16 * 0x1p-24;

    private interface Operation {
        void apply(Elementwise elementwise, FloatArray a, FloatArray b, FloatArray c, int count);
    }

    /// Both forms on the same random input; elements agree within `relative` of `size` or of their
    /// own magnitude.
    private static void agree(double relativePerElement, boolean sums, Operation operation) {
        Gen.check(
                100,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        int count = 2 * Gen.integer(random, 1, 150);
                        FloatArray[] one = inputs(Gen.random(7), arena, count, random.nextLong());
                        FloatArray[] two = {
                            copy(arena, one[0]), copy(arena, one[1]), copy(arena, one[2])
                        };
                        operation.apply(VECTOR, one[0], one[1], one[2], count);
                        operation.apply(SCALAR, two[0], two[1], two[2], count);
                        double relative = relativePerElement + (sums ? 2 * count * 0x1p-24 : 0);
                        for (int which = 0; which < 3; which++) {
                            for (int i = 0; i < one[which].size(); i++) {
                                double expected = two[which].get(i);
                                assertThat((double) one[which].get(i))
                                        .isCloseTo(
                                                expected,
                                                within(relative * (1 + Math.abs(expected))));
                            }
                        }
                    }
                });
    }

    private static FloatArray[] inputs(RandomGenerator unused, Arena arena, int count, long seed) {
        RandomGenerator random = Gen.random(seed);
        FloatArray[] arrays = new FloatArray[3];
        for (int i = 0; i < 3; i++) {
            arrays[i] = FloatArray.allocate(arena, count + 5);
            for (int k = 0; k < arrays[i].size(); k++) {
                arrays[i].set(k, (float) random.nextGaussian() * 2);
            }
        }
        return arrays;
    }

    private static FloatArray copy(Arena arena, FloatArray array) {
        return FloatArray.of(arena, array.toArray());
    }

    @Test
    void sumsAndProducts() {
        agree(FEW, false, (e, a, b, _, n) -> e.add(a, 1, b, 2, n));
        agree(FEW, false, (e, a, b, _, n) -> e.addScaled(a, 1, b, 2, 0.3f, n));
        agree(FEW, false, (e, a, _, _, n) -> e.scale(a, 3, -1.7f, n));
        agree(FEW, true, (e, a, b, c, n) -> c.set(0, e.dot(a, 1, b, 2, n) / n));
    }

    @Test
    void norms() {
        agree(FEW, true, (e, a, b, c, n) -> e.rmsNorm(a, 1, b, 1e-5f, c, 2, n));
        agree(FEW, true, (e, a, b, _, n) -> e.rmsNorm(a, 1, b, 1e-5f, a, 1, n));
        agree(4 * FEW, true, (e, a, b, c, n) -> e.layerNorm(a, 1, b, 1e-2f, c, 2, n));
    }

    @Test
    void functions() {
        agree(FEW, true, (e, a, _, _, n) -> e.softmax(a, 1, n));
        agree(FEW, false, (e, a, b, c, n) -> e.siluMultiply(a, 1, b, 2, c, 3, n));
        agree(FEW, false, (e, a, b, c, n) -> e.geluMultiply(a, 1, b, 2, c, 3, n));
        agree(FEW, false, (e, a, _, _, n) -> e.softCap(a, 1, 3, n));
    }

    @Test
    void rotations() {
        agree(FEW, false, (e, a, b, c, n) -> e.rotateHalves(a, 1, b, c, 2, n));
        agree(FEW, false, (e, a, b, c, n) -> e.rotatePairs(a, 1, b, c, 2, n));
    }

    @Test
    void softmaxIsADistributionAndForgetsWhatIsMasked() {
        try (Arena arena = Arena.ofShared()) {
            for (Elementwise elementwise : new Elementwise[] {VECTOR, SCALAR}) {
                float[] values = new float[40];
                java.util.Arrays.fill(values, Float.NEGATIVE_INFINITY);
                values[3] = 1000;
                values[39] = 1000;
                FloatArray x = FloatArray.of(arena, values);

                elementwise.softmax(x, 0, 40);

                assertThat(x.get(3)).isEqualTo(0.5f);
                assertThat(x.get(39)).isEqualTo(0.5f);
                assertThat(x.get(0)).isZero();
            }
        }
    }

    @Test
    void softmaxInPiecesIsThatOfTheWhole() {
        Gen.check(
                50,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        int count = Gen.integer(random, 1, 200);
                        FloatArray whole = random(random, arena, count);
                        VECTOR.scale(whole, 0, 20, count);
                        FloatArray one = copy(arena, whole);
                        FloatArray two = copy(arena, whole);
                        int first = Gen.integer(random, 0, count - 1);
                        VECTOR.softmax(whole, 0, count);
                        inPieces(VECTOR, one, first, arena);
                        inPieces(SCALAR, two, first, arena);
                        for (int i = 0; i < count; i++) {
                            assertThat(one.get(i)).isCloseTo(whole.get(i), within(1e-5f));
                            assertThat(two.get(i)).isCloseTo(one.get(i), within(1e-5f));
                        }
                    }
                });
    }

    private static void inPieces(Elementwise elementwise, FloatArray x, int first, Arena arena) {
        FloatArray state = FloatArray.of(arena, 0, Float.NEGATIVE_INFINITY, 0);
        int rest = x.size() - first;
        if (first > 0) {
            assertThat(elementwise.softmaxPiece(x, 0, first, state, 1)).isZero();
        }
        float factor = elementwise.softmaxPiece(x, first, rest, state, 1);
        elementwise.scale(x, 0, factor, first);
        elementwise.scale(x, 0, 1 / state.get(2), x.size());
    }

    /// What attention does with blocks of keys and values; the order is fixed, so the bits are,
    /// too.
    @Test
    void blocksOfColumnsAndRows() {
        Gen.check(
                50,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        int width = Gen.integer(random, 1, 70);
                        int count = Gen.integer(random, 0, 16);
                        FloatArray x = random(random, arena, 3 + width + count);
                        FloatArray block = random(random, arena, 2 + 16 * width);
                        FloatArray one = random(random, arena, 5 + Math.max(16, width));
                        FloatArray two = copy(arena, one);
                        VECTOR.columnProducts(x, 3, block, 2, width, 0.3f, one, 4);
                        SCALAR.columnProducts(x, 3, block, 2, width, 0.3f, two, 4);
                        assertThat(one.toArray()).isEqualTo(two.toArray());
                        VECTOR.addRows(x, 1, count, block, 2, one, 5, width);
                        SCALAR.addRows(x, 1, count, block, 2, two, 5, width);
                        assertThat(one.toArray()).isEqualTo(two.toArray());
                    }
                });
    }

    /// Heads that go over a block together get what each would get alone.
    @Test
    void severalRowsAtOnceGiveWhatTheyGiveOneAfterTheOther() {
        Gen.check(
                50,
                random -> {
                    try (Arena arena = Arena.ofShared()) {
                        int width = Gen.integer(random, 1, 70);
                        int sets = Gen.integer(random, 1, Elementwise.TOGETHER);
                        int count = Gen.integer(random, 1, 16);
                        int blocks = Gen.integer(random, 1, 3);
                        int stride = 50 + width;
                        FloatArray x = random(random, arena, 3 + 4 * stride);
                        FloatArray block = random(random, arena, 2 + blocks * 16 * width);
                        FloatArray one = random(random, arena, 5 + 4 * stride);
                        FloatArray two = copy(arena, one);
                        VECTOR.columnProducts(
                                x, 3, stride, sets, block, 2, blocks, width, 0.3f, one, 4, stride);
                        SCALAR.columnProducts(
                                x, 3, stride, sets, block, 2, blocks, width, 0.3f, two, 4, stride);
                        assertThat(one.toArray()).isEqualTo(two.toArray());
                        VECTOR.addRows(x, 1, stride, sets, count, block, 2, one, 5, stride, width);
                        SCALAR.addRows(x, 1, stride, sets, count, block, 2, two, 5, stride, width);
                        assertThat(one.toArray()).isEqualTo(two.toArray());
                    }
                });
    }

    private static FloatArray random(RandomGenerator random, Arena arena, int size) {
        FloatArray array = FloatArray.allocate(arena, size);
        for (int i = 0; i < size; i++) {
            array.set(i, (float) random.nextGaussian());
        }
        return array;
    }

    /// Over the whole range, for both forms, against the double's power.
    @Test
    void powersAreWithinTwoUnitsAndTheSameInBothForms() {
        try (Arena arena = Arena.ofShared()) {
            FloatArray lanes = FloatArray.allocate(arena, Memory.LANES);
            long at = lanes.address(0, Memory.LANES);
            for (float x = -90; x < 88; x += 0.0137f) {
                float power = Exponential.of(x);
                double exact = x < -87 ? 0 : Math.exp(x);
                assertThat((double) power).isCloseTo(exact, within(exact * 2.5e-7));
                Memory.put(
                        Exponential.of(jdk.incubator.vector.FloatVector.broadcast(Memory.F, x)),
                        at);
                assertThat(lanes.get(Memory.LANES - 1)).isEqualTo(power);
                assertThat((double) Exponential.tanh(x)).isCloseTo(Math.tanh(x), within(2e-7));
            }
            assertThat(Exponential.of(Float.NEGATIVE_INFINITY)).isZero();
        }
    }

    /// A rotation keeps lengths, and the two forms differ in which numbers are partners only.
    @Test
    void rotatesByTheAngle() {
        try (Arena arena = Arena.ofShared()) {
            FloatArray cosine = FloatArray.of(arena, 0, -1);
            FloatArray sine = FloatArray.of(arena, 1, 0);
            for (Elementwise elementwise : new Elementwise[] {VECTOR, SCALAR}) {
                FloatArray halves = FloatArray.of(arena, 1, 2, 3, 4);
                elementwise.rotateHalves(halves, 0, cosine, sine, 0, 4);
                assertThat(halves.toArray()).containsExactly(-3, -2, 1, -4);

                FloatArray pairs = FloatArray.of(arena, 1, 2, 3, 4);
                elementwise.rotatePairs(pairs, 0, cosine, sine, 0, 4);
                assertThat(pairs.toArray()).containsExactly(-2, 1, -3, -4);
            }
        }
    }
}
