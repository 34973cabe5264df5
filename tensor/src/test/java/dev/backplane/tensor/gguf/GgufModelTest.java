package dev.backplane.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufModelTest {
    private static final Path REFERENCE =
            Path.of("src/test/resources/dev/backplane/tensor/reference.gguf");

    @TempDir Path folder;

    /// Written by gguf-py, see `src/test/golden/golden.py`.
    @Test
    void readsWhatTheReferenceWrites() {
        try (GgufModel model = GgufModel.open(REFERENCE)) {
            Metadata metadata = model.metadata();
            assertThat(metadata.text("general.architecture")).isEqualTo("llama");
            assertThat(metadata.integer("a.uint8", 0, 255)).isEqualTo(255);
            assertThat(metadata.integer("a.int8", -128, 0)).isEqualTo(-128);
            assertThat(metadata.integer("a.uint32", 0, 1L << 32)).isEqualTo((1L << 32) - 1);
            assertThat(metadata.integer("a.int64", Long.MIN_VALUE, 0)).isEqualTo(Long.MIN_VALUE);
            assertThat(metadata.find("a.uint64")).contains(new Whole(ValueType.UINT64, -1));
            assertThat(metadata.real("a.float32")).isEqualTo(0.1f);
            assertThat(metadata.real("a.float64")).isEqualTo(0.1);
            assertThat(metadata.flag("a.bool", false)).isTrue();
            assertThat(metadata.text("a.string")).isEqualTo("naïve 北京 🛫");
            assertThat(metadata.integers("an.array.of.ints", 3, -9, 9)).containsExactly(1, -2, 3);
            assertThat(metadata.reals("an.array.of.floats", 3)).containsExactly(0.5, -1.5);
            assertThat(metadata.texts("an.array.of.strings", 3)).containsExactly("", "a", "▁the");

            Tensor plain = model.tensor("token_embd.weight");
            assertThat(plain.shape()).isEqualTo(Shape.of(2, 32));
            float[] row = new float[32];
            plain.decodeRow(1, row, 0);
            assertThat(row).startsWith(32, 33).endsWith(63);
            Tensor quantised = model.tensor("output.weight");
            assertThat(quantised.type()).isEqualTo(ElementType.Q8_0);
            quantised.decodeRow(1, row, 0);
            assertThat(row[31]).isCloseTo(63, within(63 * 0x1p-11f)); // a 16-bit scale
        }
    }

    @Test
    void whatIsWrittenIsRead() {
        Gen.check(
                150,
                random -> {
                    Map<String, MetadataValue> metadata = metadata(random);
                    List<TensorSpec> specs = specs(random);
                    List<byte[]> data = new ArrayList<>();
                    Path path = folder.resolve("m.gguf");
                    try (TensorWriter writer = GgufWriter.create(path, metadata, specs)) {
                        for (TensorSpec spec : specs) {
                            byte[] bytes = Gen.bytes(random, (int) spec.bytes());
                            data.add(bytes);
                            writeInPieces(random, writer, bytes);
                        }
                        writer.finish();
                    }
                    try (GgufModel model = GgufModel.open(path)) {
                        assertThat(model.metadata().values()).isEqualTo(metadata);
                        assertThat(List.copyOf(model.metadata().values().keySet()))
                                .isEqualTo(List.copyOf(metadata.keySet()));
                        assertThat(model.tensors().stream().map(TensorSpec::of).toList())
                                .isEqualTo(specs);
                        for (int i = 0; i < data.size(); i++) {
                            assertThat(bytes(model.tensors().get(i))).isEqualTo(data.get(i));
                        }
                    }
                });
    }

    private static byte[] bytes(Tensor tensor) {
        return tensor.data().toArray(ValueLayout.JAVA_BYTE);
    }

    private static void writeInPieces(RandomGenerator random, TensorWriter writer, byte[] bytes) {
        MemorySegment all = MemorySegment.ofArray(bytes);
        long at = 0;
        while (at < bytes.length) {
            long length = Math.min(bytes.length - at, 1 + random.nextInt(bytes.length));
            writer.write(all.asSlice(at, length));
            at += length;
        }
    }

    private static Map<String, MetadataValue> metadata(RandomGenerator random) {
        Map<String, MetadataValue> metadata = new LinkedHashMap<>();
        for (int i = Gen.integer(random, 0, 8); i > 0; i--) {
            metadata.put(i + Gen.prose(random, 20), value(random, 0));
        }
        if (random.nextBoolean()) {
            long alignment = 1L << random.nextInt(10);
            metadata.put("general.alignment", new Whole(ValueType.UINT32, alignment));
        }
        return metadata;
    }

    private static MetadataValue value(RandomGenerator random, int depth) {
        ValueType type = Gen.pick(random, ValueType.values());
        return value(random, type == ValueType.ARRAY && depth == 3 ? ValueType.BOOL : type, depth);
    }

    private static MetadataValue value(RandomGenerator random, ValueType type, int depth) {
        return switch (type) {
            case UINT8, UINT16, UINT32 ->
                    new Whole(type, random.nextLong() >>> 64 - 8 * type.bytes());
            case INT8, INT16, INT32, UINT64, INT64 ->
                    new Whole(type, random.nextLong() >> 64 - 8 * type.bytes());
            case FLOAT32 -> Real.of((float) Gen.real(random));
            case FLOAT64 -> new Real(type, Gen.real(random));
            case BOOL -> new Flag(random.nextBoolean());
            case STRING -> Text.of(Gen.prose(random, 40));
            case ARRAY -> {
                ValueType element = value(random, depth + 1).type();
                yield Items.of(element, Gen.list(random, 5, one -> value(one, element, depth + 1)));
            }
        };
    }

    private static List<TensorSpec> specs(RandomGenerator random) {
        List<TensorSpec> specs = new ArrayList<>();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            ElementType type = Gen.pick(random, ElementType.values());
            if (type.inGguf()) {
                List<Long> dimensions = Gen.list(random, 3, one -> Gen.integer(one, 0L, 3L));
                dimensions.add((long) type.blockElements() * Gen.integer(random, 0, 2));
                specs.add(new TensorSpec(i + Gen.prose(random, 9), type, new Shape(dimensions)));
            }
        }
        return specs;
    }

    @Test
    void opensAllPartsOfAModelThatWasSplit() {
        for (int part = 0; part < 3; part++) {
            writePart(part, 3, "tensor." + part);
        }

        try (GgufModel model = GgufModel.open(folder.resolve("m-00002-of-00003.gguf"))) {
            assertThat(model.tensors())
                    .extracting(Tensor::name)
                    .containsExactly("tensor.0", "tensor.1", "tensor.2");
            assertThat(model.metadata().integer("split.no", 0, 9)).isZero();
        }
    }

    @Test
    void saysWhichPartIsNotRight() throws IOException {
        for (int part = 0; part < 3; part++) {
            writePart(part, 3, "same name");
        }
        Path first = folder.resolve("m-00001-of-00003.gguf");

        assertThat(refusal(first)).hasMessageContaining("'same name' is in two parts");
        Files.move(first, folder.resolve("other.gguf"));
        assertThat(refusal(folder.resolve("other.gguf"))).hasMessageContaining("not named as one");
        assertThat(refusal(folder.resolve("m-00002-of-00003.gguf")).kind())
                .isEqualTo(Problem.Kind.NOT_FOUND);
    }

    private void writePart(int part, int count, String name) {
        Path path = folder.resolve("m-%05d-of-%05d.gguf".formatted(part + 1, count));
        Map<String, MetadataValue> metadata =
                Map.of(
                        "split.no", new Whole(ValueType.UINT16, part),
                        "split.count", new Whole(ValueType.UINT16, count),
                        "split.tensors.count", new Whole(ValueType.INT32, count));
        TensorSpec spec = new TensorSpec(name, ElementType.I8, Shape.of(3));
        try (TensorWriter writer = GgufWriter.create(path, metadata, List.of(spec))) {
            writer.write(MemorySegment.ofArray(new byte[] {1, 2, (byte) part}));
            writer.finish();
        }
    }

    private static Problem refusal(Path path) {
        return catchThrowableOfType(Problem.class, () -> GgufModel.open(path).close());
    }

    @Test
    void questionsAboutMetadataNameFileKeyAndWhatWouldDo() {
        Metadata metadata =
                new Metadata(
                        "m.gguf",
                        Map.of(
                                "layers", new Whole(ValueType.UINT32, 5000),
                                "big", new Whole(ValueType.UINT64, -1),
                                "name", Text.of("x"),
                                "rate", Real.of(Float.NaN),
                                "heads", Items.ofInts(4, 8)));

        assertThatThrownBy(() -> metadata.integer("layers", 1, 1000))
                .isInstanceOf(Problem.class)
                .hasMessage(
                        "it is 5000, not a whole number from 1 to 1,000 (m.gguf, key 'layers')");
        assertThatThrownBy(() -> metadata.integer("big", Long.MIN_VALUE, Long.MAX_VALUE))
                .hasMessageContaining("it is 18446744073709551615");
        assertThatThrownBy(() -> metadata.integer("absent", 1, 2))
                .hasMessage("no key 'absent' (m.gguf)");
        assertThatThrownBy(() -> metadata.integer("name", 1, 2))
                .hasMessageContaining("a text of 1 bytes");
        assertThatThrownBy(() -> metadata.real("rate")).hasMessageContaining("finite");
        assertThatThrownBy(() -> metadata.text("layers")).hasMessageContaining("a text");
        assertThatThrownBy(() -> metadata.texts("heads", 9)).hasMessageContaining("texts");
        assertThatThrownBy(() -> metadata.integers("heads", 1, 0, 9))
                .hasMessageContaining("at most 1 whole numbers");
        assertThatThrownBy(() -> metadata.integersPerLayer("heads", 3, 1, 9))
                .hasMessageContaining("an array of 3");
        assertThatThrownBy(() -> metadata.flag("name", true)).hasMessageContaining("true or false");
        assertThat(metadata.integersPerLayer("heads", 2, 1, 9)).containsExactly(4, 8);
        assertThat(metadata.integersPerLayer("layers", 2, 1, 9999)).containsExactly(5000, 5000);
        assertThat(metadata.integer("absent", 1, 2, 7)).isEqualTo(7);
        assertThat(metadata.real("layers")).isEqualTo(5000);
        assertThat(metadata.findText("absent")).isEmpty();
    }

    @Test
    void aFileUnderItsNameIsWhole() {
        Path path = folder.resolve("m.gguf");
        TensorSpec spec = new TensorSpec("t", ElementType.F32, Shape.of(4));
        try (TensorWriter writer = GgufWriter.create(path, Map.of(), List.of(spec))) {
            writer.write(MemorySegment.ofArray(new byte[15]));
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> writer.write(MemorySegment.ofArray(new byte[2])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("2 bytes for 't', 1 are missing");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void writesNothingThatItWouldNotRead() {
        Path path = folder.resolve("m.gguf");
        TensorSpec good = new TensorSpec("t", ElementType.Q4_0, Shape.of(32));
        assertThatThrownBy(() -> GgufWriter.create(path, Map.of(), List.of(good, good)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("two of this name");
        assertThatThrownBy(() ->
                        GgufWriter.create(
                                path,
                                Map.of(),
                                List.of(new TensorSpec("t", ElementType.Q4_0, Shape.of(33)))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("rows of 33");
        assertThatThrownBy(() ->
                        GgufWriter.create(
                                path,
                                Map.of(),
                                List.of(new TensorSpec("t", ElementType.F8_E4M3, Shape.of(33)))))
                .hasMessageContaining("no type F8_E4M3");
        assertThatThrownBy(() ->
                        GgufWriter.create(
                                path,
                                Map.of("general.alignment", new Whole(ValueType.UINT32, 33)),
                                List.of(good)))
                .hasMessageContaining("general.alignment");
        assertThatThrownBy(() ->
                        GgufWriter.create(
                                path,
                                Map.of(),
                                List.of(
                                        new TensorSpec(
                                                "t".repeat(257), ElementType.F32, Shape.of()))))
                .hasMessageContaining("257 bytes");
        assertThat(folder).isEmptyDirectory();
    }
}
