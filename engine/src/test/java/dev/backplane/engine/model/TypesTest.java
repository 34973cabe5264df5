package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.GgufWriter;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Weights of every type that a file may have compute; those without tiles to the bit what the
/// numbers that they stand for compute.
class TypesTest {
    private static final int VOCABULARY = 64;

    @TempDir Path folder;

    static Stream<ElementType> types() {
        return Arrays.stream(ElementType.values()).filter(ElementType::quantised);
    }

    @ParameterizedTest
    @MethodSource("types")
    void weightsOfAnyTypeCompute(ElementType type) {
        Path file = folder.resolve("model.gguf");
        SyntheticModel.write(
                new SyntheticModel.Description(
                        "llama",
                        1,
                        256,
                        4,
                        2,
                        64,
                        256,
                        0,
                        VOCABULARY,
                        64,
                        10_000,
                        type,
                        type,
                        Map.of(),
                        List.of()),
                file);
        Path plain = folder.resolve("plain.gguf");
        decode(file, plain);
        float[] expected = logits(plain);
        float[] found = logits(file);
        if (WeightMatrix.hasTiles(type)) {
            double product = 0;
            double one = 0;
            double other = 0;
            for (int i = 0; i < found.length; i++) {
                product += found[i] * expected[i];
                one += found[i] * found[i];
                other += expected[i] * expected[i];
            }
            assertThat(product / Math.sqrt(one * other)).isGreaterThan(0.999);
        } else {
            assertThat(found).isEqualTo(expected);
        }
        assertThat(found).doesNotContain(Float.NaN).doesNotContain(0);
    }

    /// The same model with all its numbers as floats.
    private static void decode(Path file, Path to) {
        try (GgufModel model = GgufModel.open(file);
                Arena arena = Arena.ofConfined()) {
            List<TensorSpec> specs =
                    model.tensors().stream()
                            .map(tensor ->
                                    new TensorSpec(tensor.name(), ElementType.F32, tensor.shape()))
                            .toList();
            try (TensorWriter writer = GgufWriter.create(to, model.metadata().values(), specs)) {
                for (Tensor tensor : model.tensors()) {
                    int columns = (int) tensor.shape().columns();
                    MemorySegment data = arena.allocate(4 * tensor.shape().elements(), 64);
                    float[] row = new float[columns];
                    for (long r = 0; r < tensor.shape().rows(); r++) {
                        tensor.decodeRow(r, row, 0);
                        MemorySegment.copy(
                                row, 0, data, ValueLayout.JAVA_FLOAT, 4 * r * columns, columns);
                    }
                    writer.write(data);
                }
                writer.finish();
            }
        }
    }

    private static float[] logits(Path file) {
        try (Compute compute = new Compute(1, KernelGate.open());
                LocalModel model =
                        LocalModel.open(file, compute, new LocalModel.Options(1, 16, 16));
                Arena arena = Arena.ofShared()) {
            Step step = new Step(16);
            for (int i = 0; i < 9; i++) {
                step.add(7 * i % VOCABULARY, i, new int[] {0}, true);
            }
            FloatArray logits = FloatArray.allocate(arena, 9 * VOCABULARY);
            model.decoder().run(step, logits);
            return logits.toArray();
        }
    }
}
