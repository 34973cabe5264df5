package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Path;
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
        Path file = folder.resolve("model.gguf");
        TinyModel.write("llama", ElementType.F32, Map.of(key, value), file);
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
        refused("llama.expert_count", whole(4), "ffn_gate_exps.weight");
        refused("llama.rope.scaling.type", Text.of("dynamic"), "rope scaling 'dynamic'");
    }
}
