package dev.backplane.tensor.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsModelTest {
    /// Written by the Python library, see `src/test/golden/golden.py`.
    private static final Path REFERENCE =
            Path.of("src/test/resources/dev/backplane/tensor/types.safetensors");

    @TempDir Path folder;

    @Test
    void readsWhatTheReferenceWrites() {
        try (SafetensorsModel model = SafetensorsModel.open(REFERENCE)) {
            assertThat(model.metadata()).containsEntry("format", "np");
            assertThat(model.tensor("input").shape()).isEqualTo(Shape.of(2560));
            assertThat(model.tensor("Q4_0.random").type()).isEqualTo(ElementType.U8);
            assertThat(model.find("nothing")).isEmpty();
            assertThatThrownBy(() -> model.tensor("nothing"))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("no tensor 'nothing'");
        }
    }

    @Test
    void whatIsWrittenIsRead() {
        Gen.check(
                150,
                random -> {
                    List<TensorSpec> specs = specs(random);
                    Map<String, String> metadata =
                            random.nextBoolean()
                                    ? Map.of()
                                    : Map.of("k", Gen.prose(random, 30), "format", "pt");
                    Path path = folder.resolve("m.safetensors");
                    List<byte[]> data = write(random, path, metadata, specs);
                    try (SafetensorsModel model = SafetensorsModel.open(path)) {
                        assertThat(model.metadata()).isEqualTo(metadata);
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

    private static List<byte[]> write(
            RandomGenerator random,
            Path path,
            Map<String, String> metadata,
            List<TensorSpec> specs) {
        List<byte[]> data = new ArrayList<>();
        try (TensorWriter writer = SafetensorsWriter.create(path, metadata, specs)) {
            for (TensorSpec spec : specs) {
                byte[] bytes = Gen.bytes(random, (int) spec.bytes());
                data.add(bytes);
                writer.write(MemorySegment.ofArray(bytes));
            }
            writer.finish();
        }
        return data;
    }

    private static List<TensorSpec> specs(RandomGenerator random) {
        List<TensorSpec> specs = new ArrayList<>();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            ElementType type = Gen.pick(random, ElementType.values());
            if (type.inSafetensors()) {
                List<Long> dimensions = Gen.list(random, 4, one -> Gen.integer(one, 0L, 4L));
                specs.add(new TensorSpec(i + Gen.prose(random, 20), type, new Shape(dimensions)));
            }
        }
        return specs;
    }

    @Test
    void opensAllFilesThatAnIndexNames() throws IOException {
        writeShard("model-00001-of-00002.safetensors", "a");
        writeShard("model-00002-of-00002.safetensors", "b");
        index(
                "{'metadata':{'total_size':6},'weight_map':{'b':'model-00002-of-00002.safetensors',"
                        + "'a':'model-00001-of-00002.safetensors'}}");

        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            assertThat(model.tensors()).extracting(Tensor::name).containsExactly("b", "a");
            assertThat(bytes(model.tensor("b"))).containsExactly(1, 2, 'b');
        }
    }

    @Test
    void refusesAnIndexThatLeadsElsewhere() throws IOException {
        writeShard("one.safetensors", "a");
        assertThat(refusedIndex("{'weight_map':{'a':'../x.safetensors'}}"))
                .contains("'a' is in no file of this folder");
        assertThat(refusedIndex("{'weight_map':{'a':'one.bin'}}")).contains("no file");
        assertThat(refusedIndex("{'weight_map':{'b':'one.safetensors'}}"))
                .contains("'b' is not in 'one.safetensors'");
        assertThat(refusedIndex("{'weight_map':{'a':'two.safetensors'}}")).contains("no such file");
        assertThat(refusedIndex("{'weight_map':{'a':1}}")).contains("no text");
        assertThat(refusedIndex("{'weight_map':[]}")).contains("not one object");
        assertThat(refusedIndex("{}")).contains("no 'weight_map'");
        assertThat(refusedIndex("[]")).contains("no object");
        assertThat(refusedIndex("{'weight_map':")).contains("malformed JSON");
    }

    private String refusedIndex(String json) throws IOException {
        index(json);
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            throw new AssertionError("was read: " + model.tensors());
        } catch (Problem problem) {
            return problem.getMessage();
        }
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve(SafetensorsModel.INDEX_NAME), json.replace('\'', '"'));
    }

    private void writeShard(String file, String name) {
        TensorSpec spec = new TensorSpec(name, ElementType.I8, Shape.of(3));
        try (TensorWriter writer =
                SafetensorsWriter.create(folder.resolve(file), Map.of(), List.of(spec))) {
            writer.write(MemorySegment.ofArray(new byte[] {1, 2, (byte) name.charAt(0)}));
            writer.finish();
        }
    }

    @Test
    void refusesHeadersThatHideSomething() {
        String four = "'dtype':'F32','shape':[1],'data_offsets':[0,4]";
        assertThat(refused("{'a':{" + four + "},'a':{" + four + "}}", 4)).contains("there twice");
        assertThat(refused("{'a':{" + four + "}}", 5)).contains("the tensors have 4 bytes");
        assertThat(refused("{'a':{" + four + "}}", 3)).contains("the tensors have 4 bytes");
        assertThat(refused("{'a':{" + four + ",'more':1}}", 4)).contains("a member 'more'");
        assertThat(refused("{'a':{" + four + "},'b':{" + four + "}}", 4))
                .contains("it begins at 0, not at 4");
        assertThat(refused("{'a':{" + four.replace("0,4", "1,5") + "}}", 5))
                .contains("it begins at 1, not at 0");
        assertThat(refused("{'a':{" + four.replace("F32", "Q4_0") + "}}", 4))
                .contains("dtype 'Q4_0'");
        assertThat(refused("{'a':{" + four.replace("[1]", "[-1]") + "}}", 4))
                .contains("negative dimension");
        assertThat(refused("{'a':{" + four.replace("[1]", "[2]") + "}}", 4))
                .contains("data_offsets [0, 4] for 8 bytes");
        assertThat(refused("{'a':{" + four.replace("[1]", "[1,1,1,1,1,1,1,1,1]") + "}}", 4))
                .contains("too much");
        assertThat(refused("{'a':{" + four.replace("[1]", "[1152921504606846976,8]") + "}}", 4))
                .contains("2^63");
        assertThat(refused("{'a':{" + four.replace("[1]", "[1.0]") + "}}", 4)).contains("array");
        assertThat(refused("{'a':{'dtype':'F32'}}", 0)).contains("each once");
        assertThat(refused("{'a':1}", 0)).contains("no object");
        assertThat(refused("{'__metadata__':{'a':1}}", 0)).contains("'a' is no text");
        assertThat(refused("{}{}", 0)).contains("goes on");
        assertThat(refused(" {}", 0)).contains("brace");
        assertThat(refused("{'a'", 0)).contains("malformed JSON");
    }

    @Test
    void refusesHeadersThatTheFileCannotHold() {
        assertThat(read(new byte[7])).contains("a file of 7 bytes");
        assertThat(read(ByteBuffer.allocate(16).put(7, (byte) 0x10).array()))
                .contains("a header of 1152921504606846976 bytes");
        assertThat(read(ByteBuffer.allocate(16).putLong(-1).array()))
                .contains("a header of 18446744073709551615 bytes");
        assertThat(read(ByteBuffer.allocate(16).put(0, (byte) 9).array()))
                .contains("a header of 9 bytes");
    }

    private static String refused(String header, int data) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        file.writeBytes(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
        file.writeBytes(json);
        file.writeBytes(new byte[data]);
        return read(file.toByteArray());
    }

    private static String read(byte[] file) {
        try {
            new SafetensorsReader(MemorySegment.ofArray(file), "bad.safetensors").read();
        } catch (Problem problem) {
            assertThat(problem.where()).startsWith("bad.safetensors");
            assertThat(problem.fix()).isNotEmpty();
            return problem.getMessage();
        }
        throw new AssertionError("was read");
    }

    @Test
    void writesNothingThatItWouldNotRead() {
        Path path = folder.resolve("m.safetensors");
        for (TensorSpec bad :
                List.of(
                        new TensorSpec("", ElementType.F32, Shape.of()),
                        new TensorSpec("__metadata__", ElementType.F32, Shape.of()),
                        new TensorSpec("x".repeat(1025), ElementType.F32, Shape.of()),
                        new TensorSpec("t", ElementType.Q8_0, Shape.of(32)))) {
            assertThatThrownBy(() -> SafetensorsWriter.create(path, Map.of(), List.of(bad)))
                    .isInstanceOf(Problem.class);
        }
        assertThat(folder).isEmptyDirectory();
    }
}
