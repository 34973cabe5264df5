package dev.backplane.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantiserTest {
    private static final int LAYERS = 16;

    @TempDir Path folder;

    /// A model of 16 layers with the names that rules look at.
    private Path model() {
        List<TensorSpec> specs = new ArrayList<>();
        specs.add(new TensorSpec("token_embd.weight", ElementType.F32, Shape.of(8, 256)));
        specs.add(new TensorSpec("output.weight", ElementType.F32, Shape.of(8, 256)));
        specs.add(new TensorSpec("output_norm.weight", ElementType.F32, Shape.of(256)));
        for (int i = 0; i < LAYERS; i++) {
            for (String name : List.of("attn_q", "attn_v", "attn_output", "ffn_up", "ffn_down")) {
                specs.add(
                        new TensorSpec(
                                "blk." + i + "." + name + ".weight",
                                ElementType.F32,
                                Shape.of(2, 256)));
            }
        }
        specs.add(new TensorSpec("blk.0.ffn_gate.weight", ElementType.F32, Shape.of(2, 96)));
        specs.add(new TensorSpec("blk.0.ffn_gate_inp.weight", ElementType.F32, Shape.of(2, 256)));
        specs.add(new TensorSpec("blk.1.ffn_gate.weight", ElementType.F32, Shape.of(2, 10)));
        specs.add(new TensorSpec("blk.0.attn_q.bias", ElementType.F32, Shape.of(256)));
        Map<String, MetadataValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", Text.of("llama"));
        metadata.put("llama.block_count", new Whole(ValueType.UINT32, LAYERS));
        metadata.put("llama.attention.head_count", new Whole(ValueType.UINT32, 8));
        metadata.put("llama.attention.head_count_kv", new Whole(ValueType.UINT32, 2));
        Path file = folder.resolve("model.gguf");
        Random random = new Random(3);
        try (TensorWriter writer = GgufWriter.create(file, metadata, specs);
                Arena arena = Arena.ofConfined()) {
            for (TensorSpec spec : specs) {
                int count = (int) (spec.shape().rows() * spec.shape().columns());
                float[] numbers = new float[count];
                for (int i = 0; i < count; i++) {
                    numbers[i] = (float) random.nextGaussian();
                }
                MemorySegment data = arena.allocate(spec.bytes(), 64);
                spec.type().encode(numbers, 0, data, 0, count);
                writer.write(data);
            }
            writer.finish();
        }
        return file;
    }

    private Path quantised(String scheme) {
        Path to = folder.resolve(scheme + ".gguf");
        try (GgufModel from = GgufModel.open(model())) {
            Quantiser.write(from, QuantisationScheme.of(scheme), to, (_, _) -> {});
        }
        return to;
    }

    /// By the rules of `src/llama-quant.cpp` there.
    @ParameterizedTest
    @CsvSource({
        // scheme, attn_v of layers 0, 4, 7 and 15, ffn_down of the same, attn_output, the rest
        "Q4_K_M, Q6_K, Q6_K, Q6_K, Q6_K,  Q6_K, Q6_K, Q6_K, Q6_K,  Q4_K, Q4_K, 15",
        "Q4_K_S, Q5_K, Q4_K, Q4_K, Q4_K,  Q5_K, Q4_K, Q4_K, Q4_K,  Q4_K, Q4_K, 14",
        "Q5_K_M, Q6_K, Q6_K, Q6_K, Q6_K,  Q6_K, Q6_K, Q6_K, Q6_K,  Q5_K, Q5_K, 17",
        "Q5_K_S, Q5_K, Q5_K, Q5_K, Q5_K,  Q5_K, Q5_K, Q5_K, Q5_K,  Q5_K, Q5_K, 16",
        "Q3_K_M, Q5_K, Q4_K, Q4_K, Q4_K,  Q5_K, Q4_K, Q4_K, Q4_K,  Q4_K, Q3_K, 12",
        "Q2_K,   Q4_K, Q4_K, Q4_K, Q4_K,  Q3_K, Q3_K, Q3_K, Q3_K,  Q3_K, Q2_K, 10",
        "Q8_0,   Q8_0, Q8_0, Q8_0, Q8_0,  Q8_0, Q8_0, Q8_0, Q8_0,  Q8_0, Q8_0, 7",
        "F16,    F16,  F16,  F16,  F16,   F16,  F16,  F16,  F16,   F16,  F16,  1",
    })
    void aNameMeansWhatItMeansInLlamaCpp(
            String scheme,
            String v0,
            String v4,
            String v7,
            String v15,
            String d0,
            String d4,
            String d7,
            String d15,
            String output,
            String rest,
            long fileType) {
        try (GgufModel model = GgufModel.open(quantised(scheme))) {
            List<Integer> layers = List.of(0, 4, 7, 15);
            assertThat(layers.stream().map(i -> type(model, "blk." + i + ".attn_v.weight")))
                    .containsExactly(v0, v4, v7, v15);
            assertThat(layers.stream().map(i -> type(model, "blk." + i + ".ffn_down.weight")))
                    .containsExactly(d0, d4, d7, d15);
            assertThat(type(model, "blk.3.attn_output.weight")).isEqualTo(output);
            assertThat(type(model, "blk.3.ffn_up.weight")).isEqualTo(rest);
            assertThat(type(model, "blk.0.ffn_gate_inp.weight")).isEqualTo("F32");
            assertThat(type(model, "output_norm.weight")).isEqualTo("F32");
            assertThat(type(model, "blk.0.attn_q.bias")).isEqualTo("F32");
            assertThat(model.metadata().integer("general.file_type", 0, 100)).isEqualTo(fileType);
        }
    }

    private static String type(GgufModel model, String tensor) {
        return model.tensor(tensor).type().label();
    }

    @Test
    void rowsThatAreNoWholeBlocksGetAnotherType() {
        try (GgufModel model = GgufModel.open(quantised("Q4_K_M"))) {
            assertThat(type(model, "output.weight")).isEqualTo("Q6_K");
            assertThat(type(model, "token_embd.weight")).isEqualTo("Q4_K");
            assertThat(type(model, "blk.3.attn_v.weight")).isEqualTo("Q4_K");
            assertThat(type(model, "blk.3.ffn_down.weight")).isEqualTo("Q4_K");
            assertThat(type(model, "blk.0.ffn_gate.weight")).isEqualTo("Q5_0");
            assertThat(type(model, "blk.1.ffn_gate.weight")).isEqualTo("F16");
        }
    }

    @Test
    void numbersAreThoseOfTheType() {
        Path file = quantised("Q4_0");
        try (GgufModel before = GgufModel.open(folder.resolve("model.gguf"));
                GgufModel after = GgufModel.open(file);
                Arena arena = Arena.ofConfined()) {
            Tensor from = before.tensor("blk.2.attn_q.weight");
            Tensor to = after.tensor("blk.2.attn_q.weight");
            float[] numbers = new float[256];
            MemorySegment expected = arena.allocate(to.rowBytes());
            for (int row = 0; row < 2; row++) {
                from.decodeRow(row, numbers, 0);
                ElementType.Q4_0.encode(numbers, 0, expected, 0, 256);
                MemorySegment got = to.data().asSlice(row * to.rowBytes(), to.rowBytes());
                assertThat(got.mismatch(expected)).isEqualTo(-1);
            }
        }
    }

    @Test
    void refusesWhatIsQuantisedAndLeavesNothing() {
        Path small = quantised("Q8_0");
        Path smaller = folder.resolve("smaller.gguf");
        try (GgufModel model = GgufModel.open(small)) {
            QuantisationScheme scheme = QuantisationScheme.of("q4_K");
            assertThat(scheme.name()).isEqualTo("Q4_K_M");
            assertThatThrownBy(() -> Quantiser.write(model, scheme, smaller, (_, _) -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("Q8_0 already");
        }
        assertThat(Files.exists(smaller)).isFalse();
        assertThatThrownBy(() -> QuantisationScheme.of("Q9_X"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("Q9_X");
    }
}
