package dev.backplane.tensor.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.safetensors.SafetensorsModel;
import dev.backplane.testkit.Gen;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/// Held against the output of ggml (and of ml_dtypes for 8-bit floats), which
/// `src/test/golden/golden.py` wrote.
class ElementTypeTest {
    private static final SafetensorsModel GOLDEN = SafetensorsModel.open(golden());

    /// Of the root mean square of normally distributed numbers, the part that is lost at most: a
    /// step of the type (the range of about ±2.7 sigma of 32 numbers, or ±2 of 16, over its levels)
    /// divided by the square root of 12, rounded up generously.
    private static final Map<ElementType, Double> LOSS =
            new EnumMap<>(
                    Map.of(
                            ElementType.Q8_0, 0.01,
                            ElementType.Q6_K, 0.03,
                            ElementType.Q5_K, 0.06,
                            ElementType.Q5_0, 0.06,
                            ElementType.Q5_1, 0.06,
                            ElementType.Q4_K, 0.10,
                            ElementType.Q4_0, 0.12,
                            ElementType.Q4_1, 0.12,
                            ElementType.Q3_K, 0.20,
                            ElementType.Q2_K, 0.40));

    static {
        LOSS.putAll(
                Map.of(
                        ElementType.IQ4_NL, 0.11,
                        ElementType.MXFP4, 0.16,
                        ElementType.NVFP4, 0.13,
                        ElementType.F16, 0.0005,
                        ElementType.BF16, 0.004,
                        ElementType.F8_E4M3, 0.04,
                        ElementType.F8_E5M2, 0.08,
                        ElementType.F32, 0.0,
                        ElementType.F64, 0.0));
    }

    private static Path golden() {
        try {
            return Path.of(
                    ElementTypeTest.class
                            .getResource("/dev/backplane/tensor/types.safetensors")
                            .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    static void close() {
        GOLDEN.close();
    }

    private static float[] floats(String name) {
        Tensor tensor = GOLDEN.tensor(name);
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.decodeRow(0, values, 0);
        return values;
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"F32", "F64", "I8", "I16", "I32", "I64", "U8", "BOOL"})
    void decodesAsTheReferenceBitForBit(ElementType type) {
        MemorySegment blocks = GOLDEN.tensor(type + ".random").data();
        float[] expected = floats(type + ".decoded");
        float[] decoded = new float[expected.length];

        type.decode(blocks, 0, decoded, 0, decoded.length);

        assertThat(decoded).usingComparator(ElementTypeTest::compareBits).isEqualTo(expected);
    }

    /// All no-numbers count as one.
    private static int compareBits(float[] a, float[] b) {
        int[] left = bits(a);
        int[] right = bits(b);
        return Arrays.compare(left, right);
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = Float.floatToIntBits(values[i]);
        }
        return bits;
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"F32", "F64", "I8", "I16", "I32", "I64", "U8", "BOOL"})
    void encodesAsTheReferenceByteForByte(ElementType type) {
        float[] input = floats("input");
        if (Set.of(ElementType.F8_E4M3, ElementType.F8_E5M2).contains(type)) {
            for (int i = 0; i < input.length; i++) {
                input[i] *= 100;
            }
        }
        byte[] expected = GOLDEN.tensor(type + ".encoded").data().toArray(ValueLayout.JAVA_BYTE);
        byte[] encoded = new byte[expected.length];

        type.encode(input, 0, MemorySegment.ofArray(encoded), 0, input.length);

        assertThat(encoded).isEqualTo(expected);
    }

    @Test
    void decodesAnyBytes() {
        Gen.check(
                200,
                random -> {
                    for (ElementType type : ElementType.values()) {
                        int blocks = Gen.integer(random, 0, 3);
                        byte[] bytes = Gen.bytes(random, 5 + blocks * type.blockBytes());
                        float[] values = new float[blocks * type.blockElements() + 2];
                        values[0] = 42;
                        values[values.length - 1] = 43;
                        int count = blocks * type.blockElements();

                        type.decode(MemorySegment.ofArray(bytes), 5, values, 1, count);

                        assertThat(values).startsWith(42).endsWith(43);
                    }
                });
    }

    @Test
    void losesNoMoreThanItsStep() {
        Gen.check(
                50,
                random ->
                        LOSS.forEach((type, loss) -> {
                            float[] values = new float[1024];
                            float scale = (float) Math.exp(random.nextGaussian());
                            for (int i = 0; i < values.length; i++) {
                                values[i] = scale * (float) random.nextGaussian();
                            }
                            assertThat(loss(type, values)).as("%s", type).isLessThanOrEqualTo(loss);
                        }));
    }

    private static double loss(ElementType type, float[] values) {
        float[] decoded = roundTrip(type, values);
        double lost = 0;
        double all = 0;
        for (int i = 0; i < values.length; i++) {
            lost += Math.pow(values[i] - decoded[i], 2);
            all += Math.pow(values[i], 2);
        }
        return Math.sqrt(lost / all);
    }

    private static float[] roundTrip(ElementType type, float[] values) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) type.bytes(values.length)]);
        type.encode(values, 0, bytes, 0, values.length);
        float[] decoded = new float[values.length];
        type.decode(bytes, 0, decoded, 0, decoded.length);
        return decoded;
    }

    /// Whatever finite numbers come, in whatever mixture of sizes: no failure, and zeros stay zeros
    /// where all are.
    @Test
    void encodesAnyFiniteNumbers() {
        Gen.check(
                200,
                random -> {
                    float[] values = new float[256];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = finite(random);
                    }
                    for (ElementType type : ElementType.values()) {
                        if (type.quantised()) {
                            roundTrip(type, values);
                            float[] zeros = roundTrip(type, new float[256]);
                            for (float zero : zeros) {
                                assertThat(zero == 0).isTrue(); // either sign
                            }
                        }
                    }
                });
    }

    private static float finite(RandomGenerator random) {
        float any = Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(any) && random.nextBoolean() ? any : (float) random.nextGaussian();
    }

    @Test
    void whatHasAPatternComesBack() {
        for (ElementType type : List.of(ElementType.F8_E4M3, ElementType.F8_E5M2)) {
            for (int pattern = 0; pattern < 256; pattern++) {
                byte[] bytes = {(byte) pattern};
                float[] value = new float[1];
                type.decode(MemorySegment.ofArray(bytes), 0, value, 0, 1);
                byte[] encoded = new byte[1];
                type.encode(value, 0, MemorySegment.ofArray(encoded), 0, 1);

                if (!Float.isNaN(value[0])) {
                    assertThat(encoded).as("%s of %s", type, value[0]).isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    void wholeNumbersComeBackAndOthersAreRefused() {
        float[] values = {-128, -1, 0, 1, 127};
        assertThat(roundTrip(ElementType.I8, values)).isEqualTo(values);
        assertThat(roundTrip(ElementType.I64, values)).isEqualTo(values);
        assertThat(roundTrip(ElementType.U8, new float[] {0, 255})).containsExactly(0, 255);

        assertThatThrownBy(() -> roundTrip(ElementType.I8, new float[] {128}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("128.0 does not fit");
        assertThatThrownBy(() -> roundTrip(ElementType.U8, new float[] {-1}))
                .isInstanceOf(Problem.class);
        assertThatThrownBy(() -> roundTrip(ElementType.I32, new float[] {Float.NaN}))
                .isInstanceOf(Problem.class);
    }

    @Test
    void refusesWhatASharedScaleCannotHold() {
        float[] values = new float[256];
        values[77] = Float.POSITIVE_INFINITY;
        for (ElementType type : EnumSet.of(ElementType.Q4_0, ElementType.Q6_K, ElementType.NVFP4)) {
            assertThatThrownBy(() -> roundTrip(type, values))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("index 77")
                    .hasMessageContaining(type.label());
        }
        assertThat(roundTrip(ElementType.BF16, values)).isEqualTo(values);
    }

    @Test
    void checksRangesBeforeItReads() {
        MemorySegment block = MemorySegment.ofArray(new byte[18]);
        float[] values = new float[32];

        assertThatThrownBy(() -> ElementType.Q4_0.decode(block, 1, values, 0, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ElementType.Q4_0.decode(block, 0, values, 1, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ElementType.Q4_0.decode(block, 0, values, 0, 31))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ElementType.Q8_0.encode(values, 0, block, 0, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
