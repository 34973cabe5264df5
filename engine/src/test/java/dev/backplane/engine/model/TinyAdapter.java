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
