package dev.backplane.engine.model;

import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.GgufWriter;
import dev.backplane.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Adapters in other forms than [SyntheticAdapter] writes them.
public final class TinyAdapter {
    private TinyAdapter() {}

    /// Writes the numbers of [SyntheticAdapter] as PEFT would.
    ///
    /// @param modules Hugging Face's names of matrices by GGUF's
    public static void writePeft(
            Path model,
            Map<String, String> modules,
            int rank,
            String config,
            long seed,
            Path folder)
            throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("adapter_config.json"), config);
        try (GgufModel base = GgufModel.open(model)) {
            List<TensorSpec> specs =
                    SyntheticAdapter.specs(
                            base,
                            List.copyOf(modules.keySet()),
                            rank,
                            name -> {
                                String[] parts = name.split("\\.");
                                return "base_model.model.model.layers.%s.%s.lora_%%S.weight"
                                        .formatted(parts[1], modules.get(parts[2]));
                            });
            SyntheticAdapter.write(
                    SafetensorsWriter.create(
                            folder.resolve("adapter_model.safetensors"), Map.of(), specs),
                    specs,
                    seed);
        }
    }

    /// Writes `TinyModel`'s Llama as a checkpoint: names and order of rows are Hugging Face's.
    public static void writeLlama(Path model, Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("config.json"),
                """
                {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
                 "max_position_embeddings": 256, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
                 "hidden_act": "silu"}
                """);
        try (GgufModel base = GgufModel.open(model);
                Arena arena = Arena.ofConfined()) {
            List<TensorSpec> specs =
                    base.tensors().stream()
                            .map(tensor ->
                                    new TensorSpec(
                                            llamaName(tensor.name()),
                                            tensor.type(),
                                            tensor.shape()))
                            .toList();
            try (TensorWriter writer =
                    SafetensorsWriter.create(
                            folder.resolve("model.safetensors"), Map.of(), specs)) {
                for (Tensor tensor : base.tensors()) {
                    boolean turned = tensor.name().matches(".*attn_[qk].weight");
                    writer.write(turned ? halves(tensor, arena) : tensor.data());
                }
                writer.finish();
            }
        }
    }

    private static String llamaName(String name) {
        return name.replace("token_embd", "model.embed_tokens")
                .replace("output_norm", "model.norm")
                .replaceAll("^output", "lm_head")
                .replace("blk.", "model.layers.")
                .replace("attn_norm", "input_layernorm")
                .replace("ffn_norm", "post_attention_layernorm")
                .replace("attn_output", "self_attn.o_proj")
                .replaceAll("attn_([qkv])", "self_attn.$1_proj")
                .replaceAll("ffn_(gate|up|down)", "mlp.$1_proj");
    }

    /// Partners of a rotation half a head of 16 apart.
    private static MemorySegment halves(Tensor tensor, Arena arena) {
        MemorySegment data = arena.allocate(tensor.data().byteSize(), 64);
        for (long row = 0; row < tensor.shape().rows(); row++) {
            long inHead = row % 16;
            long from = row - inHead + inHead % 8 * 2 + inHead / 8;
            MemorySegment.copy(
                    tensor.data(),
                    from * tensor.rowBytes(),
                    data,
                    row * tensor.rowBytes(),
                    tensor.rowBytes());
        }
        return data;
    }

    /// Writes the model with an adapter's changes in its weights, all of them floats.
    public static void merge(Path model, Path adapter, double scale, Path file) {
        try (GgufModel base = GgufModel.open(model);
                GgufModel low = GgufModel.open(adapter)) {
            List<TensorSpec> specs = base.tensors().stream().map(TensorSpec::of).toList();
            try (TensorWriter writer = GgufWriter.create(file, base.metadata().values(), specs);
                    Arena arena = Arena.ofConfined()) {
                for (Tensor tensor : base.tensors()) {
                    boolean changed = low.find(tensor.name() + ".lora_a").isPresent();
                    writer.write(changed ? merged(tensor, low, scale, arena) : tensor.data());
                }
                writer.finish();
            }
        }
    }

    private static MemorySegment merged(Tensor tensor, GgufModel low, double scale, Arena arena) {
        int columns = (int) tensor.shape().columns();
        float[][] a = rows(low.tensor(tensor.name() + ".lora_a"));
        float[][] b = rows(low.tensor(tensor.name() + ".lora_b"));
        float[] numbers = new float[(int) tensor.shape().rows() * columns];
        for (int row = 0; row < tensor.shape().rows(); row++) {
            tensor.decodeRow(row, numbers, row * columns);
            for (int column = 0; column < columns; column++) {
                double sum = 0;
                for (int k = 0; k < a.length; k++) {
                    sum += (double) b[row][k] * a[k][column];
                }
                numbers[row * columns + column] += (float) (scale * sum);
            }
        }
        MemorySegment data = arena.allocate(tensor.data().byteSize(), 64);
        tensor.type().encode(numbers, 0, data, 0, numbers.length);
        return data;
    }

    private static float[][] rows(Tensor tensor) {
        float[][] rows = new float[(int) tensor.shape().rows()][(int) tensor.shape().columns()];
        for (int i = 0; i < rows.length; i++) {
            tensor.decodeRow(i, rows[i], 0);
        }
        return rows;
    }
}
