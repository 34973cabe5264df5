package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.engine.huggingface.Checkpoint;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.safetensors.SafetensorsModel;
import dev.backplane.tensor.safetensors.SafetensorsWriter;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints of safetensors beyond the logits that [ParityTest] compares.
class CheckpointTest {
    /// 2⁶² and some.
    private static final String BIG = "4611686018427387905";

    @TempDir Path folder;

    private static Compute compute;

    @BeforeAll
    static void start() {
        compute = new Compute(1, KernelGate.open());
    }

    @AfterAll
    static void stop() {
        compute.close();
    }

    private static void open(Path folder) {
        LocalModel.open(folder, compute, new LocalModel.Options(4, 64, 64)).close();
    }

    private void change(String text, String to) throws IOException {
        Path config = folder.resolve("config.json");
        String before = Files.readString(config);
        assertThat(before).contains(text);
        Files.writeString(config, before.replace(text, to));
    }

    private void refused(String name, String text, String to, String words) throws IOException {
        TinyCheckpoint.write(name, folder, false);
        change(text, to);
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(words);
    }

    @Test
    void saysWhatIsNotComputedOrDoesNotFit() throws IOException {
        refused("llama", "\"llama\"", "\"gpt_neox\"", "model_type 'gpt_neox' is not known");
        refused("llama", "llama3", "ntk", "rope_type 'ntk'");
        refused("llama", "\"silu\"", "\"relu\"", "hidden_act is relu");
        refused("llama", "\"hidden_size\": 64", "\"hidden_size\": 1e3", "'hidden_size' is not");
        refused("llama", "\"hidden_size\": 64", "\"hidden_size\": 128", "attn_norm.weight");
        refused("llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "blk.2.");
        refused(
                "llama",
                "\"num_hidden_layers\": 2",
                "\"num_hidden_layers\": -1",
                "num_hidden_layers");
        refused("llama", "\"max_position_embeddings\": 256,", "", "max_position_embeddings");
        refused("qwen3_moe", "\"norm_topk_prob\": true", "\"norm_topk_prob\": false", "norm_topk");
        refused("qwen3", "{", "{\"quantization_config\": {\"quant_method\": \"fp8\"},", "fp8");
        refused("phi3", "1.1,", "", "7 numbers in 'short_factor'");
        refused("gpt_oss", "\"swiglu_limit\": 7.0", "\"swiglu_limit\": 5.0", "swiglu_limit is 5.0");
        refused("deepseek_v3", "\"v_head_dim\": 32", "\"v_head_dim\": 31", "kv_b_proj");
        refused("nemotron_h", "M-*M-", "M-*Z-", "kind 'Z'");
        refused("nemotron_h", "\"conv_kernel\": 4", "\"conv_kernel\": 3", "ssm_conv1d.weight");
        refused("cohere2", "\"logit_scale\": 0.25", "\"logit_scale\": \"x\"", "logit_scale");
    }

    @Test
    void refusesATensorThatItWouldPassOver() throws IOException {
        TinyCheckpoint.write("llama", folder, false);
        rewrite(spec ->
                spec.name().equals("lm_head.weight")
                        ? new TensorSpec("lm_head.bias", spec.type(), spec.shape())
                        : spec);
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("tensor 'lm_head.bias' is not known");
    }

    private interface Rename {
        TensorSpec of(TensorSpec spec);
    }

    private void rewrite(Rename rename) throws IOException {
        Path file = folder.resolve("model.safetensors");
        Path other = folder.resolve("other.safetensors");
        try (SafetensorsModel model = SafetensorsModel.open(file)) {
            List<TensorSpec> specs =
                    model.tensors().stream().map(TensorSpec::of).map(rename::of).toList();
            try (TensorWriter writer = SafetensorsWriter.create(other, Map.of(), specs)) {
                model.tensors().forEach(tensor -> writer.write(tensor.data()));
                writer.finish();
            }
        }
        Files.delete(file);
        Files.move(other, file);
    }

    /// Configurations with a piece cut out or a digit changed: opened, or refused with a reason.
    @Test
    void damagedConfigurationsAreRefused() throws IOException {
        RandomGenerator random = Gen.random(31);
        int refused = 0;
        for (String name : TinyCheckpoint.NAMES) {
            TinyCheckpoint.write(name, folder, false);
            Path config = folder.resolve("config.json");
            String whole = Files.readString(config);
            for (int i = 0; i < 5; i++) {
                int at = random.nextInt(whole.length());
                int to = Math.min(whole.length(), at + Gen.integer(random, 1, 30));
                String piece = random.nextBoolean() ? "" : "9999999999";
                Files.writeString(config, whole.substring(0, at) + piece + whole.substring(to));
                try {
                    open(folder);
                } catch (Problem problem) {
                    refused++;
                }
            }
        }
        assertThat(refused).isPositive();
    }

    /// Every number of every family, one after the other, as none that a model has.
    @Test
    void absurdNumbersAreRefused() throws IOException {
        Pattern number = Pattern.compile("\"([a-z_0-9]+)\": ?-?[0-9][-+.0-9e]*");
        List<String> absurd =
                List.of("0", "-1", "1", "3", "0.5", "1e300", "2147483647", "2147483648", BIG);
        for (String name :
                Stream.concat(TinyCheckpoint.NAMES.stream(), TinyCheckpoint.ENCODERS.stream())
                        .toList()) {
            TinyCheckpoint.write(name, folder, false);
            Path config = folder.resolve("config.json");
            String whole = Files.readString(config);
            Matcher found = number.matcher(whole);
            while (found.find()) {
                for (String value : absurd) {
                    String key = "\"%s\": %s".formatted(found.group(1), value);
                    Files.writeString(
                            config,
                            whole.substring(0, found.start()) + key + whole.substring(found.end()));
                    try {
                        open(folder);
                    } catch (Problem problem) {
                        assertThat(problem.fix()).as(name + ": " + key).isNotEmpty();
                        assertThat(problem.where()).as(name + ": " + key).isNotEmpty();
                    } catch (RuntimeException | OutOfMemoryError e) {
                        throw new AssertionError(name + ": " + key, e);
                    }
                }
            }
        }
    }

    @Test
    void takesTheTemplateFromWhereItIs() throws IOException {
        TinyCheckpoint.write("qwen3", folder, false);
        assertThat(template()).isEmpty();
        Path config = folder.resolve("tokenizer_config.json");
        Files.writeString(config, "{\"chat_template\": \"one\"}");
        assertThat(template()).isEqualTo("one");
        Files.writeString(
                config,
                """
                {"chat_template": [{"name": "tool_use", "template": "no"},
                                   {"name": "default", "template": "two"}]}
                """);
        assertThat(template()).isEqualTo("two");
        Files.writeString(folder.resolve("chat_template.jinja"), "three");
        assertThat(template()).isEqualTo("three");
    }

    private String template() {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return checkpoint.metadata().findText("tokenizer.chat_template").orElse("");
        }
    }

    /// Experts in MXFP4 compute what the numbers that they stand for compute.
    @Test
    void mxFp4IsWhatItStandsFor() throws IOException {
        TinyCheckpoint.write("gpt_oss", folder, false);
        Path packed = folder.resolve("packed");
        Path plain = folder.resolve("plain");
        for (Path to : List.of(packed, plain)) {
            Files.createDirectories(to);
            Files.copy(folder.resolve("config.json"), to.resolve("config.json"));
        }
        Map<String, MemorySegment> data = new LinkedHashMap<>();
        try (SafetensorsModel model = SafetensorsModel.open(folder);
                Arena arena = Arena.ofConfined()) {
            List<TensorSpec> packedSpecs = new ArrayList<>();
            List<TensorSpec> plainSpecs = new ArrayList<>();
            for (Tensor tensor : model.tensors()) {
                boolean isExpert = tensor.name().matches(".*experts\\.(gate_up|down)_proj");
                plainSpecs.add(TensorSpec.of(tensor));
                data.put(tensor.name(), tensor.data());
                if (isExpert) {
                    quantise(tensor, packedSpecs, data, arena);
                } else {
                    packedSpecs.add(TensorSpec.of(tensor));
                }
            }
            write(packed, packedSpecs, data);
            write(plain, plainSpecs, data);
        }
        float[] expected = logits(plain);
        assertThat(expected).doesNotContain(Float.NaN);
        assertThat(logits(packed)).isEqualTo(expected);
    }

    /// Blocks and scales of random nibbles, and in place of the tensor's numbers theirs.
    private static void quantise(
            Tensor tensor, List<TensorSpec> specs, Map<String, MemorySegment> data, Arena arena) {
        float[] values = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};
        RandomGenerator random = Gen.random(tensor.name().hashCode());
        int experts = Math.toIntExact(tensor.shape().dimensions().get(0));
        int columns = Math.toIntExact(tensor.shape().dimensions().get(1));
        int rows = Math.toIntExact(tensor.shape().dimensions().get(2));
        TensorSpec blocks =
                new TensorSpec(
                        tensor.name() + "_blocks",
                        ElementType.U8,
                        Shape.of(experts, rows, columns / 32, 16));
        TensorSpec scales =
                new TensorSpec(
                        tensor.name() + "_scales",
                        ElementType.U8,
                        Shape.of(experts, rows, columns / 32));
        MemorySegment nibbles = arena.allocate(blocks.bytes());
        MemorySegment exponents = arena.allocate(scales.bytes());
        MemorySegment floats = arena.allocate(TensorSpec.of(tensor).bytes(), 64);
        for (long i = 0; i < (long) experts * rows * columns; i++) {
            long block = i / 32;
            if (i % 32 == 0) {
                exponents.set(ValueLayout.JAVA_BYTE, block, (byte) random.nextInt(120, 126));
            }
            int number = random.nextInt(16);
            byte before = nibbles.get(ValueLayout.JAVA_BYTE, i / 2);
            nibbles.set(
                    ValueLayout.JAVA_BYTE,
                    i / 2,
                    (byte) (i % 2 == 0 ? number : before | number << 4));
            long expert = i / columns / rows;
            long place = expert * rows * columns + i % columns * rows + i / columns % rows;
            int exponent = exponents.get(ValueLayout.JAVA_BYTE, block) - 127;
            floats.setAtIndex(
                    ValueLayout.JAVA_FLOAT_UNALIGNED, place, Math.scalb(values[number], exponent));
        }
        specs.add(blocks);
        specs.add(scales);
        data.put(blocks.name(), nibbles);
        data.put(scales.name(), exponents);
        data.put(tensor.name(), floats);
    }

    private static void write(
            Path folder, List<TensorSpec> specs, Map<String, MemorySegment> data) {
        Path file = folder.resolve("model.safetensors");
        try (TensorWriter writer = SafetensorsWriter.create(file, Map.of(), specs)) {
            specs.forEach(spec -> writer.write(data.get(spec.name())));
            writer.finish();
        }
    }

    private static float[] logits(Path folder) {
        try (LocalModel model =
                        LocalModel.open(folder, compute, new LocalModel.Options(4, 64, 64));
                Arena arena = Arena.ofShared()) {
            Step step = new Step(64);
            for (int i = 0; i < 20; i++) {
                step.add(i, i, new int[] {0, 1}, true);
            }
            FloatArray logits = FloatArray.allocate(arena, 20 * TinyCheckpoint.VOCABULARY);
            model.decoder().run(step, logits);
            return logits.toArray();
        }
    }
}
