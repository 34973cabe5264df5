package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.Problem;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.library.ModelFacts;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.safetensors.SafetensorsWriter;
import dev.backplane.text.tokenizer.BpeTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A folder of safetensors with tokenizer and template, loaded as a model that answers.
class CheckpointModelTest {
    private static final String CONFIG =
            """
            {"model_type": "qwen3", "num_hidden_layers": 2, "hidden_size": 64, "head_dim": 32,
             "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 192,
             "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 1000000.0,
             "tie_word_embeddings": false, "hidden_act": "silu"}
            """;

    private static final Map<String, String> NAMES =
            Map.ofEntries(
                    Map.entry("attn_norm", "input_layernorm"),
                    Map.entry("attn_q", "self_attn.q_proj"),
                    Map.entry("attn_k", "self_attn.k_proj"),
                    Map.entry("attn_v", "self_attn.v_proj"),
                    Map.entry("attn_output", "self_attn.o_proj"),
                    Map.entry("attn_q_norm", "self_attn.q_norm"),
                    Map.entry("attn_k_norm", "self_attn.k_norm"),
                    Map.entry("ffn_norm", "post_attention_layernorm"),
                    Map.entry("ffn_gate", "mlp.gate_proj"),
                    Map.entry("ffn_up", "mlp.up_proj"),
                    Map.entry("ffn_down", "mlp.down_proj"),
                    Map.entry("token_embd", "model.embed_tokens"),
                    Map.entry("output_norm", "model.norm"),
                    Map.entry("output", "lm_head"));

    @TempDir private Path folder;

    private static TensorSpec renamed(TensorSpec spec) {
        String[] parts = spec.name().split("\\.");
        boolean isOfLayer = parts.length == 4;
        String name = NAMES.get(parts[isOfLayer ? 2 : 0]) + ".weight";
        return new TensorSpec(
                isOfLayer ? "model.layers." + parts[1] + "." + name : name,
                spec.type(),
                spec.shape());
    }

    private void write(Path gguf, Path checkpoint) throws IOException {
        Files.createDirectories(checkpoint);
        Files.writeString(checkpoint.resolve("config.json"), CONFIG);
        Path weights = checkpoint.resolve("model.safetensors");
        try (GgufModel model = GgufModel.open(gguf)) {
            List<TensorSpec> specs =
                    model.specs().stream().map(CheckpointModelTest::renamed).toList();
            try (TensorWriter writer = SafetensorsWriter.create(weights, Map.of(), specs)) {
                model.tensors().forEach(tensor -> writer.write(tensor.data()));
                writer.finish();
            }
        }
        new BpeTrainer(SyntheticChatModel.VOCABULARY, 1, List.of("<|im_end|>"), "qwen2")
                .add("why do cats purr, and how do they do it? nobody knows for sure")
                .train()
                .writeJson(Files.newOutputStream(checkpoint.resolve("tokenizer.json")));
        Files.writeString(
                checkpoint.resolve("tokenizer_config.json"),
                "{\"chat_template\": \"{{ messages[0].content }}<|im_end|>\"}");
    }

    private LoadedModel load(Path path) {
        LocalSettings settings = LocalSettings.defaults();
        ModelFiles files = ModelFiles.of("model", path, 0, 0);
        LoadPlan plan = LoadPlan.of(files, settings);
        assertThat(plan.architecture()).isEqualTo("qwen3");
        return LoadedModel.open(files, plan, settings, KernelGate.open(), _ -> true, _ -> {});
    }

    @Test
    void answersAsTheGgufFileOfTheSameWeights() throws Exception {
        Path gguf = folder.resolve("model.gguf");
        Path checkpoint = folder.resolve("checkpoint");
        SyntheticChatModel.write(gguf, 256);
        write(gguf, checkpoint);
        int[] prompt = {3, 1, 4, 1, 5, 9, 2, 6};
        try (LoadedModel one = load(gguf);
                LoadedModel other = load(checkpoint)) {
            List<Integer> expected =
                    one.engine().submit(GenerationRequest.greedy(prompt, 20)).tokens();
            assertThat(other.engine().submit(GenerationRequest.greedy(prompt, 20)).tokens())
                    .isEqualTo(expected);
            int[] text = other.rawPrompt("why do cats purr", false);
            assertThat(other.tokenizer().decode(text, false)).isEqualTo("why do cats purr");
            assertThat(other.template().source()).startsWith("{{ messages[0].content }}");
        }
        ModelFacts facts = ModelFacts.of(checkpoint);
        assertThat(facts.parameters()).isEqualTo(ModelFacts.of(gguf).parameters());
        assertThat(facts.quantisation()).isEqualTo("F32");
        assertThat(facts.template()).contains("messages");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        Path gguf = folder.resolve("model.gguf");
        Path checkpoint = folder.resolve("checkpoint");
        SyntheticChatModel.write(gguf, 256);
        write(gguf, checkpoint);
        Files.delete(checkpoint.resolve("tokenizer.json"));
        assertThatThrownBy(() -> load(checkpoint))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no tokenizer.json");
    }
}
