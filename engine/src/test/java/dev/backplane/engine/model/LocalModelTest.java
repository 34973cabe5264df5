package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.GgufWriter;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalModelTest {
    @TempDir Path folder;

    private static MetadataValue whole(long value) {
        return new Whole(ValueType.UINT32, value);
    }

    /// A model whose file says something else of itself than it holds.
    private void refused(String key, MetadataValue value, String... words) {
        refused("llama", key, value, words);
    }

    private void refused(String model, String key, MetadataValue value, String... words) {
        Path file = folder.resolve("model.gguf");
        TinyModel.write(model, ElementType.F32, folder.resolve("honest.gguf"));
        relabel(folder.resolve("honest.gguf"), Map.of(key, value), file);
        try (Compute compute = new Compute(1, KernelGate.open())) {
            assertThatThrownBy(
                            () -> LocalModel.open(file, compute, new LocalModel.Options(4, 64, 64)))
                    .isInstanceOf(Problem.class)
                    .satisfies(problem -> {
                        for (String word : words) {
                            org.assertj.core.api.Assertions.assertThat(problem.toString())
                                    .contains(word);
                        }
                    });
        }
    }

    /// The same tensors, of which the file says something else.
    private static void relabel(Path file, Map<String, MetadataValue> changes, Path to) {
        try (GgufModel model = GgufModel.open(file)) {
            Map<String, MetadataValue> metadata = new LinkedHashMap<>(model.metadata().values());
            metadata.putAll(changes);
            List<TensorSpec> specs = model.tensors().stream().map(TensorSpec::of).toList();
            try (TensorWriter writer = GgufWriter.create(to, metadata, specs)) {
                model.tensors().forEach(tensor -> writer.write(tensor.data()));
                writer.finish();
            }
        }
    }

    @Test
    void saysWhatDoesNotFitLatentAttention() {
        String of = "deepseek2.";
        refused("deepseek3", of + "attention.kv_lora_rank", whole(1L << 30), "kv_lora_rank");
        refused("deepseek3", of + "attention.kv_lora_rank", whole(31), "attn_kv_a_mqa.weight");
        refused("deepseek3", of + "attention.key_length_mla", whole(16), "dimension_count");
        refused("deepseek3", of + "attention.value_length_mla", whole(1L << 31), "value_length");
        refused("deepseek3", of + "rope.dimension_count", whole(15), "15 numbers to turn");
        refused("deepseek3", of + "expert_group_count", whole(3), "8 experts in 3 groups");
        refused("deepseek3", of + "expert_group_used_count", whole(5), "of which 5 count");
        refused("deepseek3", of + "expert_gating_func", whole(9), "expert_gating_func");
        refused("deepseek3", of + "expert_shared_count", whole(1L << 19), "shared expert");
        refused("deepseek3", of + "expert_used_count", whole(9), "expert_used_count");
        refused("deepseek3", of + "leading_dense_block_count", whole(3), "ffn_gate.weight");
    }

    @Test
    void saysWhatDoesNotFitStates() {
        String of = "nemotron_h.";
        refused("nemotron-h", of + "ssm.state_size", whole(1L << 31), "state_size");
        refused("nemotron-h", of + "ssm.state_size", whole(1L << 15), "ssm_in.weight");
        refused("nemotron-h", of + "ssm.inner_size", whole(1L << 17), "inner_size");
        refused("nemotron-h", of + "ssm.group_count", whole(3), "divide each other");
        refused("nemotron-h", of + "ssm.conv_kernel", whole(0), "conv_kernel");
        refused("nemotron-h", of + "ssm.time_step_rank", whole(1L << 16), "divide each other");
        MetadataValue two = Items.ofInts(2, 2);
        refused("nemotron-h", of + "attention.head_count_kv", two, "an array of 5");
        MetadataValue differ = Items.ofInts(1, 0, 2, 0, 0);
        refused(
                "nemotron-h",
                of + "attention.head_count_kv",
                differ,
                "layer 0 has 1 heads of keys");
        MetadataValue none = Items.ofInts(0, 0, 0, 0, 0);
        refused("nemotron-h", of + "attention.head_count_kv", none, "0 of keys");
        refused("nemotron-h", of + "moe_latent_size", whole(8), "latent row");
    }

    @Test
    void saysWhatDoesNotFitWindowsAndExperts() {
        String pattern = "cohere2moe.attention.sliding_window_pattern";
        MetadataValue flags = Items.of(ValueType.BOOL, List.of(new Flag(true)));
        refused("cohere2moe", pattern, flags, "1 values, not a flag for each of 5 layers");
        refused("cohere2moe", pattern, Items.ofInts(1, 1, 1, 1, 1), "sliding_window_pattern");
        refused("cohere2moe", "cohere2moe.expert_count", whole(0), "blk.1.ffn_gate.weight");
        refused("gpt-oss", "gpt-oss.expert_feed_forward_length", whole(0), "ffn_gate_exps");
        refused("gpt-oss", "gpt-oss.attention.head_count", whole(8), "attn_q");
        refused("gpt-oss", "gpt-oss.attention.sliding_window", whole(1L << 31), "sliding_window");
    }

    @Test
    void saysWhatDoesNotFit() {
        refused("general.architecture", Text.of("t5"), "'t5' is not known");
        refused("llama.attention.head_count", whole(3), "3 heads");
        refused("llama.attention.head_count", whole(1L << 31), "head_count");
        refused("llama.attention.head_count", whole(8), "attn_q.weight", "[128, 64]");
        refused("llama.block_count", whole(900), "blk.2.");
        refused("llama.embedding_length", whole(1L << 17), "attn_norm.weight");
        refused("llama.feed_forward_length", whole(1L << 19), "ffn_gate.weight");
        refused("llama.attention.key_length", whole(1L << 17), "131072");
        refused("llama.expert_count", whole(4), "expert_used_count");
        refused("llama.rope.scaling.type", Text.of("dynamic"), "rope scaling 'dynamic'");
    }
}
