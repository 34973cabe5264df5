package dev.backplane.engine.model;

import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
                    "phi3-long",
                    "gpt-oss",
                    "deepseek2",
                    "deepseek2-joined",
                    "deepseek3",
                    "cohere2",
                    "cohere2moe",
                    "nemotron-h",
                    "nemotron-h-moe");

    public static final int VOCABULARY = 96;
    public static final int CONTEXT = 256;
    private static final int WIDTH = 64;
    private static final int HEADS = 4;

    private TinyModel() {}

    /// Writes the model; matrices of layers are of `type`, the rest are floats.
    public static void write(String name, ElementType type, Path file) {
        write(name, type, more(name), VOCABULARY, file);
    }

    /// Writes the model with so many tokens.
    public static void write(String name, ElementType type, int vocabulary, Path file) {
        write(name, type, more(name), vocabulary, file);
    }

    /// Writes the model with other metadata.
    static void write(String name, ElementType type, Map<String, MetadataValue> more, Path file) {
        write(name, type, more, VOCABULARY, file);
    }

    private static void write(
            String name,
            ElementType type,
            Map<String, MetadataValue> more,
            int vocabulary,
            Path file) {
        SyntheticModel.write(
                new SyntheticModel.Description(
                        architecture(name),
                        layers(name),
                        WIDTH,
                        HEADS,
                        2,
                        headWidth(name),
                        96,
                        experts(name),
                        vocabulary,
                        CONTEXT,
                        name.equals("llama") ? 10_000 : 1_000_000,
                        type,
                        ElementType.F32,
                        more,
                        factors(name)),
                file);
    }

    /// As many as it takes to have each kind of layer.
    private static int layers(String name) {
        return switch (name) {
            case "gemma3" -> 7;
            case "gpt-oss", "deepseek3" -> 3;
            case "cohere2", "cohere2moe", "nemotron-h", "nemotron-h-moe" -> 5;
            default -> 2;
        };
    }

    private static int headWidth(String name) {
        return switch (name) {
            case "qwen3", "qwen3moe", "gemma3", "gpt-oss" -> 32;
            case "deepseek2", "deepseek2-joined", "deepseek3" -> 48;
            default -> WIDTH / HEADS;
        };
    }

    private static int experts(String name) {
        return switch (name) {
            case "mixtral", "qwen3moe", "gpt-oss", "cohere2moe", "nemotron-h-moe" -> 4;
            case "deepseek2", "deepseek2-joined" -> 4;
            case "deepseek3" -> 8;
            default -> 0;
        };
    }

    private static String architecture(String name) {
        return switch (name) {
            case "llama3", "llama-yarn", "mixtral" -> "llama";
            case "phi3-long" -> "phi3";
            case "deepseek2-joined", "deepseek3" -> "deepseek2";
            case "nemotron-h" -> "nemotron_h";
            case "nemotron-h-moe" -> "nemotron_h_moe";
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
            case "gpt-oss" ->
                    Map.of(
                            "gpt-oss.attention.sliding_window", whole(8),
                            "gpt-oss.rope.scaling.type", Text.of("yarn"),
                            "gpt-oss.rope.scaling.factor", Real.of(4),
                            "gpt-oss.rope.scaling.original_context_length", whole(64));
            case "deepseek2", "deepseek2-joined", "deepseek3" -> deepSeek(name);
            case "nemotron-h", "nemotron-h-moe" -> nemotron(name.endsWith("moe"));
            case "cohere2" ->
                    Map.of(
                            "cohere2.attention.sliding_window", whole(8),
                            "cohere2.logit_scale", Real.of(0.25f));
            case "cohere2moe" ->
                    Map.of(
                            "cohere2moe.attention.sliding_window", whole(8),
                            "cohere2moe.attention.sliding_window_pattern",
                                    Items.of(
                                            ValueType.BOOL,
                                            Stream.of(false, true, true, true, false)
                                                    .<MetadataValue>map(Flag::new)
                                                    .toList()),
                            "cohere2moe.logit_scale", Real.of(0.25f),
                            "cohere2moe.leading_dense_block_count", whole(1),
                            "cohere2moe.expert_shared_count", whole(1),
                            "cohere2moe.expert_weights_norm", new Flag(true),
                            "cohere2moe.expert_gating_func", whole(2));
            default -> Map.of();
        };
    }

    private static Map<String, MetadataValue> nemotron(boolean experts) {
        Map<String, MetadataValue> more = new HashMap<>();
        more.put("attention.head_count_kv", Items.ofInts(0, 0, 2, 0, 0));
        more.put("feed_forward_length", Items.ofInts(0, 96, 0, 0, 96));
        more.put("attention.layer_norm_epsilon", Real.of(1e-5f));
        more.put("ssm.conv_kernel", whole(4));
        more.put("ssm.inner_size", whole(128));
        more.put("ssm.state_size", whole(16));
        more.put("ssm.time_step_rank", whole(8));
        more.put("ssm.group_count", whole(2));
        if (experts) {
            more.put("expert_shared_count", whole(1));
            more.put("expert_feed_forward_length", whole(64));
            more.put("expert_shared_feed_forward_length", whole(64));
            more.put("expert_weights_norm", new Flag(true));
            more.put("expert_weights_scale", Real.of(2.5f));
        }
        return prefixed(experts ? "nemotron_h_moe." : "nemotron_h.", more);
    }

    private static Map<String, MetadataValue> prefixed(
            String prefix, Map<String, MetadataValue> more) {
        Map<String, MetadataValue> whole = new HashMap<>();
        more.forEach((key, value) -> whole.put(prefix + key, value));
        return whole;
    }

    private static Map<String, MetadataValue> deepSeek(String name) {
        Map<String, MetadataValue> more = new HashMap<>();
        more.put("attention.head_count_kv", whole(1));
        more.put("attention.kv_lora_rank", whole(32));
        more.put("attention.key_length", whole(48));
        more.put("attention.value_length", whole(32));
        more.put("attention.key_length_mla", whole(48));
        more.put("attention.value_length_mla", whole(32));
        more.put("rope.dimension_count", whole(16));
        more.put("leading_dense_block_count", whole(1));
        more.put("expert_shared_count", whole(2));
        more.put("expert_feed_forward_length", whole(32));
        more.put("attention.q_lora_rank", whole(64));
        if (name.equals("deepseek2-joined")) {
            more.put("attention.head_count_kv", whole(HEADS));
            more.remove("attention.key_length_mla");
            more.remove("attention.value_length_mla");
        }
        if (name.equals("deepseek3")) {
            more.put("expert_gating_func", whole(2));
            more.put("expert_group_count", whole(4));
            more.put("expert_group_used_count", whole(2));
            more.put("expert_weights_norm", new Flag(true));
            more.put("expert_weights_scale", Real.of(2.5f));
            more.put("rope.scaling.type", Text.of("yarn"));
            more.put("rope.scaling.factor", Real.of(4));
            more.put("rope.scaling.original_context_length", whole(64));
            more.put("rope.scaling.yarn_log_multiplier", Real.of(0.1f));
        }
        return prefixed("deepseek2.", more);
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
