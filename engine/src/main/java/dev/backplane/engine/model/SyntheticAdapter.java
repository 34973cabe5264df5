package dev.backplane.engine.model;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.GgufWriter;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/// Writes adapters (LoRA) with random numbers, the same for the same seed, for tests and benchmarks
/// that have no other: what they do to a model is noise, but as much work as sense.
public final class SyntheticAdapter {
    /// Of each number: an adapter of a small rank changes a model's answers, and not out of all
    /// bounds.
    private static final float DEVIATION = 0.2f;

    private SyntheticAdapter() {}

    /// Writes a GGUF adapter.
    ///
    /// @param model that it is for
    /// @param targets ends of names of the matrices that it changes, such as `attn_q`
    /// @param alpha the scale times the rank
    /// @param more metadata in place of what there would be
    public static void write(
            Path model,
            List<String> targets,
            int rank,
            double alpha,
            long seed,
            Map<String, MetadataValue> more,
            Path file) {
        try (GgufModel base = GgufModel.open(model)) {
            Map<String, MetadataValue> metadata = new LinkedHashMap<>();
            String architecture = base.metadata().text("general.architecture");
            metadata.put("general.type", Text.of("adapter"));
            metadata.put("general.architecture", Text.of(architecture));
            metadata.put("adapter.type", Text.of("lora"));
            metadata.put("adapter.lora.alpha", Real.of((float) alpha));
            metadata.putAll(more);
            List<TensorSpec> specs = specs(base, targets, rank, name -> name + ".lora_%s");
            write(GgufWriter.create(file, metadata, specs), specs, seed);
        }
    }

    /// The two tensors of each matrix.
    ///
    /// @param naming from a matrix's name to a format that takes `a` or `b`
    static List<TensorSpec> specs(
            GgufModel base, List<String> targets, int rank, Function<String, String> naming) {
        List<TensorSpec> specs = new ArrayList<>();
        for (Tensor tensor : base.tensors()) {
            String name = tensor.name();
            if (targets.stream().anyMatch(target -> name.endsWith(target + ".weight"))) {
                Shape a = Shape.of(rank, tensor.shape().columns());
                Shape b = Shape.of(tensor.shape().rows(), rank);
                String format = naming.apply(name);
                specs.add(new TensorSpec(format.formatted("a"), ElementType.F32, a));
                specs.add(new TensorSpec(format.formatted("b"), ElementType.F32, b));
            }
        }
        return specs;
    }

    static void write(TensorWriter writer, List<TensorSpec> specs, long seed) {
        try (writer;
                Arena arena = Arena.ofConfined()) {
            Random random = new Random(seed);
            for (TensorSpec spec : specs) {
                int count = (int) (spec.shape().rows() * spec.shape().columns());
                float[] numbers = new float[count];
                for (int i = 0; i < count; i++) {
                    numbers[i] = DEVIATION * (float) random.nextGaussian();
                }
                MemorySegment data = arena.allocate(spec.bytes(), 64);
                spec.type().encode(numbers, 0, data, 0, count);
                writer.write(data);
            }
            writer.finish();
        }
    }
}
