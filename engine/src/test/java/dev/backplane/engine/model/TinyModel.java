package dev.backplane.engine.model;

import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Small synthetic models by name: one or more of each architecture.
public final class TinyModel {
    /// The names of the reference files.
    public static final List<String> NAMES =
            List.of(
                    "llama",
                    "llama3",
                    "llama-yarn",
                    "mixtral",
                    "qwen2",
                    "qwen3",
                    "qwen3moe",
                    "gemma3",
                    "phi3",
                    "phi3-long");

    public static final int VOCABULARY = 96;
    public static final int CONTEXT = 256;
    private static final int WIDTH = 64;
    private static final int HEADS = 4;

    private TinyModel() {}

    /// Writes the model; matrices of layers are of `type`, the rest are floats.
    public static void write(String name, ElementType type, Path file) {
        write(name, type, more(name), file);
    }

    /// Writes the model with other metadata.
    static void write(String name, ElementType type, Map<String, MetadataValue> more, Path file) {
        boolean wide = name.startsWith("qwen3") || name.equals("gemma3");
        SyntheticModel.write(
                new SyntheticModel.Description(
                        architecture(name),
                        name.equals("gemma3") ? 7 : 2,
                        WIDTH,
                        HEADS,
                        2,
                        wide ? 32 : WIDTH / HEADS,
                        96,
                        name.equals("mixtral") || name.equals("qwen3moe") ? 4 : 0,
                        VOCABULARY,
                        CONTEXT,
                        name.equals("llama") ? 10_000 : 1_000_000,
                        type,
                        ElementType.F32,
                        more,
                        factors(name)),
                file);
    }

    private static String architecture(String name) {
        return switch (name) {
            case "llama3", "llama-yarn", "mixtral" -> "llama";
            case "phi3-long" -> "phi3";
            default -> name;
        };
    }

    private static Map<String, MetadataValue> more(String name) {
        return switch (name) {
            case "llama-yarn" ->
                    Map.of(
                            "llama.rope.scaling.type", Text.of("yarn"),
                            "llama.rope.scaling.factor", Real.of(4),
                            "llama.rope.scaling.original_context_length", whole(64));
            case "gemma3" ->
                    Map.of(
                            "gemma3.attention.sliding_window", whole(8),
                            "gemma3.rope.scaling.type", Text.of("linear"),
                            "gemma3.rope.scaling.factor", Real.of(8));
            case "phi3-long" ->
                    Map.of(
                            "phi3.rope.scaling.type", Text.of("longrope"),
                            "phi3.rope.scaling.original_context_length", whole(32),
                            "phi3.rope.scaling.attn_factor", Real.of(1.19f));
            default -> Map.of();
        };
    }

    private static List<String> factors(String name) {
        return switch (name) {
            case "llama3" -> List.of("rope_freqs.weight");
            case "phi3-long" -> List.of("rope_factors_long.weight", "rope_factors_short.weight");
            default -> List.of();
        };
    }

    private static MetadataValue whole(long value) {
        return new Whole(ValueType.UINT32, value);
    }

    /// Writes the model NAME, of floats, to FILE.
    public static void main(String[] arguments) {
        write(arguments[0], ElementType.F32, Path.of(arguments[1]));
    }
}
