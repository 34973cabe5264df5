package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufWriter;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes models of an architecture with random weights, for tests and benchmarks that have no
/// other. They are the same each time: a number depends on its tensor's name and its place only.
/// What such a model says is noise, but it is the architecture's noise, to the last digit, and it
/// takes as long as sense.
public final class SyntheticModel {
    /// What a model is like.
    ///
    /// @param architecture one of [LocalModel#ARCHITECTURES]
    /// @param experts of a layer, of which two are asked for a row; 0 for none
    /// @param base of rotary positions
    /// @param type of matrices; norms, biases and embeddings are floats in a small model
    /// @param embeddingType of the embedding
    /// @param more metadata, whole keys
    /// @param factors names of vectors of rotary factors
    public record Description(
            String architecture,
            int layers,
            int width,
            int heads,
            int keyHeads,
            int headWidth,
            int inner,
            int experts,
            int vocabulary,
            int context,
            float base,
            ElementType type,
            ElementType embeddingType,
            Map<String, MetadataValue> more,
            List<String> factors) {
        public Description {
            more = Map.copyOf(more);
            factors = List.copyOf(factors);
            if (!LocalModel.ARCHITECTURES.contains(architecture)) {
                throw Problem.invalid("architecture '" + architecture + "'", "synthetic model")
                        .fix("use one of " + String.join(", ", LocalModel.ARCHITECTURES));
            }
        }
    }

    private final Description model;
    private final Map<String, MetadataValue> metadata = new LinkedHashMap<>();
    private final List<TensorSpec> specs = new ArrayList<>();

    private SyntheticModel(Description model) {
        this.model = model;
    }

    /// Writes the file.
    public static void write(Description description, Path file) {
        SyntheticModel model = new SyntheticModel(description);
        model.describe();
        try (TensorWriter writer = GgufWriter.create(file, model.metadata, model.specs)) {
            for (TensorSpec spec : model.specs) {
                try (Arena arena = Arena.ofConfined()) {
                    writer.write(numbers(spec, arena));
                }
            }
            writer.finish();
        }
    }

    private void describe() {
        metadata.put("general.architecture", Text.of(model.architecture));
        metadata.put("general.name", Text.of("synthetic " + model.architecture));
        whole("block_count", model.layers);
        whole("context_length", model.context);
        whole("embedding_length", model.width);
        whole("feed_forward_length", model.inner);
        whole("vocab_size", model.vocabulary);
        whole("attention.head_count", model.heads);
        whole("attention.head_count_kv", model.keyHeads);
        whole("attention.key_length", model.headWidth);
        whole("attention.value_length", model.headWidth);
        whole("rope.dimension_count", model.headWidth);
        metadata.put(model.architecture + ".attention.layer_norm_rms_epsilon", Real.of(1e-5f));
        metadata.put(model.architecture + ".rope.freq_base", Real.of(model.base));
        if (model.experts > 0) {
            whole("expert_count", model.experts);
            whole("expert_used_count", 2);
            whole("expert_feed_forward_length", model.inner);
        }
        metadata.put("tokenizer.ggml.model", Text.of("none"));
        metadata.putAll(model.more);
        add("token_embd.weight", model.embeddingType, model.vocabulary, model.width);
        add("output_norm.weight", ElementType.F32, model.width);
        if (!model.architecture.equals("qwen2") && !model.architecture.equals("gemma3")) {
            add("output.weight", model.type, model.vocabulary, model.width);
        }
        for (String name : model.factors) {
            add(name, ElementType.F32, model.headWidth / 2);
        }
        for (int layer = 0; layer < model.layers; layer++) {
            attention("blk." + layer + ".");
            feedForward("blk." + layer + ".");
        }
    }

    private void attention(String prefix) {
        int queries = model.heads * model.headWidth;
        int keys = model.keyHeads * model.headWidth;
        String architecture = model.architecture;
        add(prefix + "attn_norm.weight", ElementType.F32, model.width);
        if (architecture.equals("phi3")) {
            add(prefix + "attn_qkv.weight", model.type, queries + 2L * keys, model.width);
        } else {
            add(prefix + "attn_q.weight", model.type, queries, model.width);
            add(prefix + "attn_k.weight", model.type, keys, model.width);
            add(prefix + "attn_v.weight", model.type, keys, model.width);
        }
        add(prefix + "attn_output.weight", model.type, model.width, queries);
        if (architecture.equals("qwen2")) {
            add(prefix + "attn_q.bias", ElementType.F32, queries);
            add(prefix + "attn_k.bias", ElementType.F32, keys);
            add(prefix + "attn_v.bias", ElementType.F32, keys);
        }
        if (architecture.startsWith("qwen3") || architecture.equals("gemma3")) {
            add(prefix + "attn_q_norm.weight", ElementType.F32, model.headWidth);
            add(prefix + "attn_k_norm.weight", ElementType.F32, model.headWidth);
        }
    }

    private void feedForward(String prefix) {
        int width = model.width;
        int inner = model.inner;
        add(prefix + "ffn_norm.weight", ElementType.F32, width);
        if (model.architecture.equals("gemma3")) {
            add(prefix + "post_attention_norm.weight", ElementType.F32, width);
            add(prefix + "post_ffw_norm.weight", ElementType.F32, width);
        }
        if (model.experts > 0) {
            add(prefix + "ffn_gate_inp.weight", ElementType.F32, model.experts, width);
            add(prefix + "ffn_gate_exps.weight", model.type, model.experts, inner, width);
            add(prefix + "ffn_up_exps.weight", model.type, model.experts, inner, width);
            add(prefix + "ffn_down_exps.weight", model.type, model.experts, width, inner);
            return;
        }
        if (model.architecture.equals("phi3")) {
            add(prefix + "ffn_up.weight", model.type, 2L * inner, width);
        } else {
            add(prefix + "ffn_gate.weight", model.type, inner, width);
            add(prefix + "ffn_up.weight", model.type, inner, width);
        }
        add(prefix + "ffn_down.weight", model.type, width, inner);
    }

    private void whole(String key, long value) {
        metadata.put(model.architecture + "." + key, new Whole(ValueType.UINT32, value));
    }

    private void add(String tensor, ElementType type, long... dimensions) {
        specs.add(new TensorSpec(tensor, type, Shape.of(dimensions)));
    }

    private static MemorySegment numbers(TensorSpec spec, Arena arena) {
        int columns = (int) spec.shape().columns();
        MemorySegment data = arena.allocate(spec.bytes(), 64);
        float[] row = new float[columns];
        for (long r = 0; r < spec.shape().rows(); r++) {
            for (int k = 0; k < columns; k++) {
                row[k] = number(spec, r * columns + k);
            }
            spec.type().encode(row, 0, data, spec.type().bytes(r * columns), columns);
        }
        return data;
    }

    /// Norms are about 1, biases about 0, matrices such that a row's product keeps its size.
    private static float number(TensorSpec spec, long index) {
        double unit = (mix(spec.name().hashCode() * 0x1_0000_0001L + index) >> 11) * 0x1p-52;
        if (spec.name().startsWith("rope_")) {
            return (float) (1 + 3.5 * (1 + unit));
        }
        if (spec.shape().dimensions().size() > 1) {
            return (float) (unit * Math.sqrt(6.0 / spec.shape().columns()));
        }
        return (float) (spec.name().endsWith("bias") ? unit * 0.3 : 1 + unit * 0.3);
    }

    /// SplitMix64.
    private static long mix(long value) {
        long z = value * 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }
}
