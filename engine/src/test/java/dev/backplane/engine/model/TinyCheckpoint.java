package dev.backplane.engine.model;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.safetensors.SafetensorsWriter;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Small models as Hugging Face's libraries save them, with random weights that are the same each
/// time. Configurations are resources; tensors are listed here, by names and shapes that are
/// theirs.
public final class TinyCheckpoint {
    /// The names of configurations and reference files.
    public static final List<String> NAMES =
            List.of(
                    "llama",
                    "mistral",
                    "mixtral",
                    "qwen2",
                    "qwen3",
                    "qwen3_moe",
                    "gemma3_text",
                    "phi3",
                    "gpt_oss",
                    "deepseek_v2",
                    "deepseek_v3",
                    "cohere2",
                    "cohere2_moe",
                    "nemotron_h",
                    "nemotron_h_moe");

    /// Those that make states and no logits.
    public static final List<String> ENCODERS = List.of("bert");

    public static final int VOCABULARY = 96;
    private static final int WIDTH = 64;
    private static final int INNER = 96;

    private final String name;
    private final List<TensorSpec> specs = new ArrayList<>();

    private TinyCheckpoint(String name) {
        this.name = name;
    }

    /// Writes `config.json` and tensors, the latter in two files with an index when asked for.
    public static void write(String name, Path folder, boolean sharded) throws IOException {
        Files.createDirectories(folder);
        try (InputStream config =
                TinyCheckpoint.class.getResourceAsStream("checkpoint/" + name + ".json")) {
            Files.write(folder.resolve("config.json"), config.readAllBytes());
        }
        TinyCheckpoint model = new TinyCheckpoint(name);
        model.list();
        if (!sharded) {
            write(folder.resolve("model.safetensors"), model.specs);
            return;
        }
        int half = model.specs.size() / 2;
        StringBuilder index = new StringBuilder();
        for (int part = 0; part < 2; part++) {
            String file = "model-0000%d-of-00002.safetensors".formatted(part + 1);
            List<TensorSpec> specs =
                    model.specs.subList(part * half, part == 0 ? half : model.specs.size());
            write(folder.resolve(file), specs);
            for (TensorSpec spec : specs) {
                index.append(index.isEmpty() ? "" : ",");
                index.append("\"%s\":\"%s\"".formatted(spec.name(), file));
            }
        }
        Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + index + "}}");
    }

    private static void write(Path file, List<TensorSpec> specs) {
        try (TensorWriter writer = SafetensorsWriter.create(file, Map.of("format", "pt"), specs);
                Arena arena = Arena.ofConfined()) {
            for (TensorSpec spec : specs) {
                int columns = (int) spec.shape().columns();
                MemorySegment data = arena.allocate(spec.bytes(), 64);
                float[] row = new float[columns];
                for (long r = 0; r < spec.shape().rows(); r++) {
                    for (int k = 0; k < columns; k++) {
                        row[k] = SyntheticModel.number(spec, r * columns + k);
                    }
                    spec.type().encode(row, 0, data, spec.type().bytes(r * columns), columns);
                }
                writer.write(data);
            }
            writer.finish();
        }
    }

    private int layers() {
        return switch (name) {
            case "gemma3_text" -> 7;
            case "gpt_oss", "deepseek_v3" -> 3;
            case "cohere2", "cohere2_moe", "nemotron_h", "nemotron_h_moe" -> 5;
            default -> 2;
        };
    }

    private boolean isTied() {
        return switch (name) {
            case "qwen2", "gemma3_text", "cohere2", "cohere2_moe" -> true;
            default -> false;
        };
    }

    /// An encoder's, whose products and norms have biases.
    private void listBert() {
        add("embeddings.word_embeddings.weight", VOCABULARY, WIDTH);
        add("embeddings.position_embeddings.weight", 64, WIDTH);
        add("embeddings.token_type_embeddings.weight", 2, WIDTH);
        both("embeddings.LayerNorm", WIDTH);
        for (int layer = 0; layer < layers(); layer++) {
            String prefix = "encoder.layer." + layer + ".";
            for (String part : List.of("query", "key", "value")) {
                both(prefix + "attention.self." + part, WIDTH, WIDTH);
            }
            both(prefix + "attention.output.dense", WIDTH, WIDTH);
            both(prefix + "attention.output.LayerNorm", WIDTH);
            both(prefix + "intermediate.dense", INNER, WIDTH);
            both(prefix + "output.dense", WIDTH, INNER);
            both(prefix + "output.LayerNorm", WIDTH);
        }
    }

    private void both(String name, long... shape) {
        add(name + ".weight", shape);
        add(name + ".bias", shape[0]);
    }

    private void list() {
        if (name.equals("bert")) {
            listBert();
            return;
        }
        boolean hybrid = name.startsWith("nemotron");
        add(hybrid ? "model.embeddings.weight" : "model.embed_tokens.weight", VOCABULARY, WIDTH);
        add(hybrid ? "model.norm_f.weight" : "model.norm.weight", WIDTH);
        if (!isTied()) {
            add("lm_head.weight", VOCABULARY, WIDTH);
        }
        for (int layer = 0; layer < layers(); layer++) {
            String prefix = "model.layers." + layer + ".";
            if (hybrid) {
                hybrid(prefix, layer);
            } else {
                norms(prefix);
                attention(prefix + "self_attn.");
                feedForward(prefix, layer);
            }
        }
    }

    private void norms(String prefix) {
        add(prefix + "input_layernorm.weight", WIDTH);
        if (!name.startsWith("cohere2")) {
            add(prefix + "post_attention_layernorm.weight", WIDTH);
        }
        if (name.equals("gemma3_text")) {
            add(prefix + "pre_feedforward_layernorm.weight", WIDTH);
            add(prefix + "post_feedforward_layernorm.weight", WIDTH);
        }
    }

    private void attention(String prefix) {
        if (name.startsWith("deepseek")) {
            latentAttention(prefix);
            return;
        }
        int head =
                switch (name) {
                    case "mistral", "qwen3", "qwen3_moe", "gemma3_text", "gpt_oss" -> 32;
                    default -> 16;
                };
        if (name.equals("phi3")) {
            add(prefix + "qkv_proj.weight", 8 * head, WIDTH);
        } else {
            add(prefix + "q_proj.weight", 4 * head, WIDTH);
            add(prefix + "k_proj.weight", 2 * head, WIDTH);
            add(prefix + "v_proj.weight", 2 * head, WIDTH);
        }
        add(prefix + "o_proj.weight", WIDTH, 4 * head);
        if (name.equals("qwen2") || name.equals("gpt_oss")) {
            add(prefix + "q_proj.bias", 4 * head);
            add(prefix + "k_proj.bias", 2 * head);
            add(prefix + "v_proj.bias", 2 * head);
        }
        if (name.startsWith("qwen3") || name.equals("gemma3_text")) {
            add(prefix + "q_norm.weight", head);
            add(prefix + "k_norm.weight", head);
        }
        if (name.equals("gpt_oss")) {
            add(prefix + "o_proj.bias", WIDTH);
            add(prefix + "sinks", 4);
        }
    }

    private void latentAttention(String prefix) {
        if (name.equals("deepseek_v3")) {
            add(prefix + "q_a_proj.weight", 64, WIDTH);
            add(prefix + "q_a_layernorm.weight", 64);
            add(prefix + "q_b_proj.weight", 4 * 48, 64);
        } else {
            add(prefix + "q_proj.weight", 4 * 48, WIDTH);
        }
        add(prefix + "kv_a_proj_with_mqa.weight", 32 + 16, WIDTH);
        add(prefix + "kv_a_layernorm.weight", 32);
        add(prefix + "kv_b_proj.weight", 4 * (32 + 32), 32);
        add(prefix + "o_proj.weight", WIDTH, 4 * 32);
    }

    private void feedForward(String prefix, int layer) {
        switch (name) {
            case "mixtral" -> {
                add(prefix + "block_sparse_moe.gate.weight", 4, WIDTH);
                for (int expert = 0; expert < 4; expert++) {
                    String of = prefix + "block_sparse_moe.experts." + expert + ".";
                    add(of + "w1.weight", INNER, WIDTH);
                    add(of + "w2.weight", WIDTH, INNER);
                    add(of + "w3.weight", INNER, WIDTH);
                }
            }
            case "phi3" -> {
                add(prefix + "mlp.gate_up_proj.weight", 2 * INNER, WIDTH);
                add(prefix + "mlp.down_proj.weight", WIDTH, INNER);
            }
            case "gpt_oss" -> gptOss(prefix + "mlp.");
            case "qwen3_moe" -> experts(prefix + "mlp.", 4, 0);
            case "deepseek_v2", "deepseek_v3", "cohere2_moe" -> {
                int shared = name.equals("cohere2_moe") ? 32 : 64;
                if (layer == 0) {
                    gated(prefix + "mlp.", INNER);
                } else {
                    experts(prefix + "mlp.", name.equals("deepseek_v3") ? 8 : 4, shared);
                }
            }
            default -> gated(prefix + "mlp.", INNER);
        }
    }

    private void gated(String prefix, int inner) {
        add(prefix + "gate_proj.weight", inner, WIDTH);
        add(prefix + "up_proj.weight", inner, WIDTH);
        add(prefix + "down_proj.weight", WIDTH, inner);
    }

    private void experts(String prefix, int count, int shared) {
        add(prefix + "gate.weight", count, WIDTH);
        if (name.equals("deepseek_v3")) {
            add(prefix + "gate.e_score_correction_bias", count);
        }
        for (int expert = 0; expert < count; expert++) {
            gated(prefix + "experts." + expert + ".", 32);
        }
        if (shared > 0) {
            gated(prefix + "shared_experts.", shared);
        }
    }

    private void gptOss(String prefix) {
        add(prefix + "router.weight", 4, WIDTH);
        add(prefix + "router.bias", 4);
        add(prefix + "experts.gate_up_proj", 4, WIDTH, 2 * INNER);
        add(prefix + "experts.gate_up_proj_bias", 4, 2 * INNER);
        add(prefix + "experts.down_proj", 4, INNER, WIDTH);
        add(prefix + "experts.down_proj_bias", 4, WIDTH);
    }

    /// State, feed-forward, attention, state, feed-forward.
    private void hybrid(String layer, int number) {
        add(layer + "norm.weight", WIDTH);
        String prefix = layer + "mixer.";
        switch (number) {
            case 0, 3 -> {
                add(prefix + "in_proj.weight", 128 + 192 + 8, WIDTH);
                add(prefix + "conv1d.weight", 192, 1, 4);
                add(prefix + "conv1d.bias", 192);
                add(prefix + "dt_bias", 8);
                add(prefix + "A_log", 8);
                add(prefix + "D", 8);
                add(prefix + "norm.weight", 128);
                add(prefix + "out_proj.weight", WIDTH, 128);
            }
            case 2 -> {
                add(prefix + "q_proj.weight", 64, WIDTH);
                add(prefix + "k_proj.weight", 32, WIDTH);
                add(prefix + "v_proj.weight", 32, WIDTH);
                add(prefix + "o_proj.weight", WIDTH, 64);
            }
            default -> {
                if (name.equals("nemotron_h")) {
                    squared(prefix, INNER);
                } else {
                    add(prefix + "gate.weight", 4, WIDTH);
                    add(prefix + "gate.e_score_correction_bias", 4);
                    for (int expert = 0; expert < 4; expert++) {
                        squared(prefix + "experts." + expert + ".", 32);
                    }
                    squared(prefix + "shared_experts.", 64);
                }
            }
        }
    }

    private void squared(String prefix, int inner) {
        add(prefix + "up_proj.weight", inner, WIDTH);
        add(prefix + "down_proj.weight", WIDTH, inner);
    }

    private void add(String tensor, long... dimensions) {
        specs.add(new TensorSpec(tensor, ElementType.F32, Shape.of(dimensions)));
    }

    /// Writes the model NAME to FOLDER.
    public static void main(String[] arguments) {
        try {
            write(arguments[0], Path.of(arguments[1]), false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
