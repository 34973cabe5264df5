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

    /// Architectures whose embedding is the output, too.
    private static final List<String> TIED = List.of("qwen2", "gemma3", "cohere2", "cohere2moe");

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
        if (model.architecture.startsWith("cohere2")) {
            String epsilon = model.architecture + ".attention.layer_norm_";
            metadata.remove(epsilon + "rms_epsilon");
            metadata.put(epsilon + "epsilon", Real.of(1e-5f));
        }
        metadata.put("tokenizer.ggml.model", Text.of("none"));
        metadata.putAll(model.more);
        add("token_embd.weight", model.embeddingType, model.vocabulary, model.width);
        add("output_norm.weight", ElementType.F32, model.width);
        if (!TIED.contains(model.architecture)) {
            add("output.weight", model.type, model.vocabulary, model.width);
        }
        for (String name : model.factors) {
            add(name, ElementType.F32, model.headWidth / 2);
        }
        for (int layer = 0; layer < model.layers; layer++) {
            specs.addAll(SyntheticLayer.of(model, layer));
        }
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
    static float number(TensorSpec spec, long index) {
        double unit = (mix(spec.name().hashCode() * 0x1_0000_0001L + index) >> 11) * 0x1p-52;
        if (spec.name().startsWith("rope_")) {
            return (float) (1 + 3.5 * (1 + unit));
        }
        if (spec.name().endsWith("ssm_a")) {
            return (float) (unit * 0.9 - 1);
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
