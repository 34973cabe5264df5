package dev.backplane.tensor.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever bytes a file or an index has, reading it ends with a [Problem] or with tensors that can
/// be decoded. In a normal run the fuzz tests see only the empty input; with `JAZZER_FUZZ=1` they
/// search.
class SafetensorsFuzzTest {
    private static final String INDEX =
            "{\"metadata\":{\"a\":[1,{}]},\"weight_map\":{\"a\":\"x.safetensors\"}}";

    @FuzzTest(maxDuration = "2m")
    void file(byte[] bytes) {
        read(bytes);
    }

    @FuzzTest(maxDuration = "1m")
    void index(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("index", ".json");
        try {
            readIndex(file, bytes);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void readsOrRefusesADamagedFile(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("m.safetensors");
        List<TensorSpec> specs =
                List.of(
                        new TensorSpec("a", ElementType.F16, Shape.of(2, 3)),
                        new TensorSpec("b", ElementType.F8_E5M2, Shape.of(4)));
        try (TensorWriter writer = SafetensorsWriter.create(path, Map.of("k", "v"), specs)) {
            writer.write(MemorySegment.ofArray(new byte[12]));
            writer.write(MemorySegment.ofArray(new byte[4]));
            writer.finish();
        }
        byte[] whole = Files.readAllBytes(path);
        Path index = folder.resolve("i.json");
        Gen.check(
                2_000,
                random -> {
                    read(Gen.damaged(random, whole));
                    readIndex(index, Gen.damaged(random, INDEX.getBytes()));
                });
    }

    private static void read(byte[] bytes) {
        try {
            List<Tensor> tensors =
                    new SafetensorsReader(MemorySegment.ofArray(bytes), "fuzzed").read().tensors();
            for (Tensor tensor : tensors) {
                if (tensor.shape().elements() > 0) {
                    tensor.decodeRow(0, new float[(int) tensor.shape().columns()], 0);
                }
            }
        } catch (Problem refused) {
            // said what, where and what to do
        }
    }

    private static void readIndex(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        try {
            ShardIndex.read(file);
        } catch (Problem refused) {
            // the same
        }
    }
}
