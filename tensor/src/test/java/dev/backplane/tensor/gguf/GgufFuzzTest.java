package dev.backplane.tensor.gguf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Whatever bytes a file has, reading it ends with a [Problem] or with tensors that can be decoded
/// and metadata that can be shown. In a normal run the fuzz test sees only the empty input; with
/// `JAZZER_FUZZ=1` it searches.
class GgufFuzzTest {
    private static final Path REFERENCE =
            Path.of("src/test/resources/dev/backplane/tensor/reference.gguf");

    @FuzzTest(maxDuration = "2m")
    void file(byte[] bytes) {
        read(bytes);
    }

    @Test
    void readsOrRefusesADamagedFile() throws IOException {
        byte[] whole = Files.readAllBytes(REFERENCE);
        Gen.check(5_000, random -> read(Gen.damaged(random, whole)));
    }

    private static void read(byte[] bytes) {
        GgufReader.Contents contents;
        try {
            contents = new GgufReader(MemorySegment.ofArray(bytes), "fuzzed").read();
        } catch (Problem refused) {
            return;
        }
        contents.metadata().values().values().forEach(GgufFuzzTest::show);
        for (Tensor tensor : contents.tensors()) {
            float[] row = new float[(int) Math.min(tensor.shape().columns(), 1 << 20)];
            if (tensor.shape().rows() > 0 && tensor.shape().columns() <= row.length) {
                tensor.decodeRow(tensor.shape().rows() - 1, row, 0);
            }
        }
    }

    private static void show(MetadataValue value) {
        ValueCodec.describe(value);
        if (value instanceof Text text) {
            text.text();
        }
        if (value instanceof Items items) {
            items.values().forEach(GgufFuzzTest::show);
        }
    }
}
