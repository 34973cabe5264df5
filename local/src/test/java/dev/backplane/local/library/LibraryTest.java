package dev.backplane.local.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.local.ModelFiles;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.QuantisationScheme;
import dev.backplane.tensor.gguf.ValueType;
import dev.backplane.tensor.type.ElementType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LibraryTest {
    @TempDir private Path folder;
    private Library library;

    @BeforeEach
    void open() throws IOException {
        library =
                new Library(
                        ModelFolder.open(folder.resolve("own")),
                        List.of(ModelFolder.reading(folder.resolve("ollama"))));
    }

    // ---- names

    @ParameterizedTest
    @CsvSource({
        "llama3.2, registry.ollama.ai, library, llama3.2, latest, llama3.2:latest",
        "llama3.2:1b, registry.ollama.ai, library, llama3.2, 1b, llama3.2:1b",
        "me/writer, registry.ollama.ai, me, writer, latest, me/writer:latest",
        "hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0, hf.co, Qwen, Qwen3-0.6B-GGUF, Q8_0,"
                + " hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0",
        "https://hf.co/a/b, hf.co, a, b, latest, hf.co/a/b:latest",
        "localhost:5000/a/b:c, localhost:5000, a, b, c, localhost:5000/a/b:c",
    })
    void namesAreReadAsPeopleWriteThem(
            String text, String host, String namespace, String model, String tag, String full) {
        ModelName name = ModelName.parse(text);
        assertThat(name).isEqualTo(new ModelName(host, namespace, model, tag)).hasToString(full);
        assertThat(ModelName.parse(full)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "..", "a/..", "../a/b", "a/../b", "a:..", "/a", "a/", "a//b", "a/b/c/d",
                "a b", "a\0b", "a\\b", ".a", "-a", "a:", ":a", "a:b:c/d", "a?b", "a#b", "a%2fb",
                "\u00e4", "a\nb", "a/b:c/..",
            })
    void whatCouldBeAPathIsNoName(String text) {
        assertThatThrownBy(() -> ModelName.parse(text))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.INVALID);
    }

    @Test
    void noNameLeadsOutOfTheFolder() {
        Random random = new Random(7);
        String letters = "ab.-_:/\\~%\0 \u00e4";
        Path root = Path.of("/models/manifests");
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length >= 0; length--) {
                text.append(letters.charAt(random.nextInt(letters.length())));
            }
            try {
                Path path = root.resolve(ModelName.parse(text.toString()).path());
                assertThat(path.normalize()).isEqualTo(path);
                assertThat(path.getNameCount()).isEqualTo(root.getNameCount() + 4);
            } catch (Problem none) {
                assertThat(none.kind()).isEqualTo(Problem.Kind.INVALID);
            }
        }
    }

    // ---- models

    private Path gguf(String name, long seed) throws IOException {
        return gguf(name, seed, ElementType.Q8_0);
    }

    private Path gguf(String name, long seed, ElementType type) throws IOException {
        Path file = folder.resolve(name);
        SyntheticModel.write(
                new SyntheticModel.Description(
                        "llama",
                        2,
                        64,
                        4,
                        2,
                        16,
                        128,
                        0,
                        300,
                        2_048,
                        10_000f,
                        type,
                        ElementType.F32,
                        Map.of(
                                "general.file_type",
                                new MetadataValue.Whole(ValueType.UINT32, 7),
                                "general.license",
                                MetadataValue.Text.of("mit"),
                                "general.seed",
                                new MetadataValue.Whole(ValueType.UINT32, seed),
                                "tokenizer.chat_template",
                                MetadataValue.Text.of("{% if tools %}<|im_start|>{% endif %}")),
                        List.of()),
                file);
        return file;
    }

    private Digest send(byte[] bytes) throws IOException {
        Digest digest = Digest.of(bytes);
        library.own().add(digest, new ByteArrayInputStream(bytes), bytes.length);
        return digest;
    }

    private static Creation creation(String name, Map<String, Digest> files) {
        return new Creation(
                ModelName.parse(name),
                Optional.empty(),
                files,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }

    private Digest make(String name, long seed) throws IOException {
        Digest digest = send(Files.readAllBytes(gguf("model.gguf", seed)));
        creation(name, Map.of("model.gguf", digest)).create(library, Creation.Progress.NONE);
        return digest;
    }

    @Test
    void aModelOfAFileIsListedAndKnown() throws IOException {
        make("tiny", 1);
        StoredModel model = library.get(ModelName.parse("tiny"));
        ModelFacts facts = library.facts(model);
        assertThat(facts.architecture()).isEqualTo("llama");
        assertThat(facts.quantisation()).isEqualTo("Q8_0");
        assertThat(facts.contextLength()).isEqualTo(2_048);
        assertThat(facts.layers()).isEqualTo(2);
        assertThat(facts.templateFamily()).isEqualTo("chatml");
        assertThat(facts.capabilities()).containsExactly("completion", "tools");
        assertThat(facts.license()).contains("mit");
        assertThat(facts.cacheBytesPerToken()).isEqualTo(2 * 2 * 2 * 16 * 4);
        assertThat(facts.memoryBytes())
                .isEqualTo(facts.weightBytes() + 2_048 * facts.cacheBytesPerToken());
        ModelConfig config = ModelConfig.of(model);
        assertThat(config.family()).isEqualTo("llama");
        assertThat(config.format()).isEqualTo("gguf");
        assertThat(library.find("TINY")).isPresent();
        assertThat(library.find("nobody")).isEmpty();
        assertThat(library.find("../tiny")).isEmpty();
    }

    @Test
    void bytesAreSharedByNamesAndGoWithTheLast() throws IOException {
        Digest digest = make("tiny", 1);
        library.copy(ModelName.parse("tiny"), ModelName.parse("second:v1"));
        library.remove(ModelName.parse("tiny"));
        assertThat(library.own().blob(digest)).exists();
        assertThat(library.find("tiny")).isEmpty();
        library.remove(ModelName.parse("second:v1"));
        assertThat(library.own().blob(digest)).doesNotExist();
        assertThat(library.list()).isEmpty();
        assertThat(folder.resolve("own/manifests")).isEmptyDirectory();
        assertThat(folder.resolve("own/blobs")).isEmptyDirectory();
        assertThatThrownBy(() -> library.remove(ModelName.parse("tiny")))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.NOT_FOUND);
    }

    @Test
    void aNameThatIsGivenAgainLetsTheOldBytesGo() throws IOException {
        Digest first = make("tiny", 1);
        Digest second = make("tiny", 2);
        assertThat(library.own().blob(first)).doesNotExist();
        assertThat(library.own().blob(second)).exists();
    }

    @Test
    void nothingGoesWhileAManifestCannotBeRead() throws IOException {
        Digest digest = make("tiny", 1);
        Path damaged = folder.resolve("own/manifests/registry.ollama.ai/library/other/latest");
        Files.createDirectories(damaged.getParent());
        Files.writeString(damaged, "{");
        library.remove(ModelName.parse("tiny"));
        assertThat(library.own().blob(digest)).exists();
        assertThat(library.list()).isEmpty();
    }

    @Test
    void weightsAreQuantisedOnTheWay() throws IOException {
        Digest digest = send(Files.readAllBytes(gguf("model.gguf", 5, ElementType.F32)));
        List<Long> told = new ArrayList<>();
        quantised("small", digest, "q8_0").create(library, (_, bytes) -> told.add(bytes));
        StoredModel model = library.get(ModelName.parse("small"));
        assertThat(library.facts(model).quantisation()).isEqualTo("Q8_0");
        Path weights = new LibraryModels(library).find("small").orElseThrow().weights();
        assertThat(weights).isNotEqualTo(library.own().blob(digest));
        assertThat(told).isSorted().last().isEqualTo(Files.size(library.own().blob(digest)));
        Creation again =
                new Creation(
                        ModelName.parse("again"),
                        Optional.of(ModelName.parse("small")),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.of(QuantisationScheme.of("Q4_0")));
        assertThatThrownBy(() -> again.create(library, Creation.Progress.NONE))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("Q8_0 already");
        assertThat(new LibraryModels(library).find("again")).isEmpty();
        try (Stream<Path> left = Files.list(library.own().partial())) {
            assertThat(left).isEmpty();
        }
    }

    private static Creation quantised(String name, Digest digest, String type) {
        return new Creation(
                ModelName.parse(name),
                Optional.empty(),
                Map.of("model.gguf", digest),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.of(QuantisationScheme.of(type)));
    }

    @Test
    void whatIsSaidOfAModelReachesWhoLoadsIt() throws IOException {
        Digest weights = make("tiny", 1);
        Digest adapter = send("adapter".getBytes(StandardCharsets.UTF_8));
        new Creation(
                        ModelName.parse("me/pirate:v2"),
                        Optional.of(ModelName.parse("tiny")),
                        Map.of(),
                        Map.of("lora.gguf", adapter),
                        Optional.of("{{ .Prompt }}"),
                        Optional.of("Speak like a pirate."),
                        List.of("MIT"),
                        Map.of(
                                "temperature",
                                new JsonTree.Number("0.5"),
                                "stop",
                                JsonTree.parse("[\"Arr\"]", "test")),
                        Optional.of(
                                JsonTree.parse("[{\"role\":\"user\",\"content\":\"hi\"}]", "test")),
                        Optional.empty())
                .create(library, Creation.Progress.NONE);
        ModelFiles files = new LibraryModels(library).find("me/pirate:v2").orElseThrow();
        assertThat(files.name()).isEqualTo("me/pirate:v2");
        assertThat(files.weights()).isEqualTo(library.own().blob(weights));
        assertThat(files.system()).contains("Speak like a pirate.");
        assertThat(files.parameters()).containsOnlyKeys("temperature", "stop");
        assertThat(files.messages()).isPresent();
        assertThat(files.adapters()).containsExactly(library.own().blob(adapter));
        assertThat(files.template()).isEmpty();
        // What is said later goes over what was said before.
        new Creation(
                        ModelName.parse("calm"),
                        Optional.of(ModelName.parse("me/pirate:v2")),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.of(""),
                        List.of(),
                        Map.of("temperature", new JsonTree.Number("0")),
                        Optional.empty(),
                        Optional.empty())
                .create(library, Creation.Progress.NONE);
        ModelFiles calm = new LibraryModels(library).find("calm").orElseThrow();
        assertThat(calm.system()).isEmpty();
        assertThat(calm.parameters())
                .containsEntry("temperature", new JsonTree.Number("0"))
                .containsKey("stop");
        assertThat(calm.adapters()).hasSize(1);
        assertThat(new LibraryModels(library).models()).hasSize(3);
    }

    @Test
    void modelsOfOllamaAreHereAndStayAsTheyAre() throws IOException {
        byte[] bytes = Files.readAllBytes(gguf("model.gguf", 3));
        Path ollama = folder.resolve("ollama");
        Files.createDirectories(ollama.resolve("blobs"));
        Digest digest = Digest.of(bytes);
        Files.write(ollama.resolve("blobs").resolve(digest.fileName()), bytes);
        Manifest manifest =
                Manifest.of(
                        Optional.empty(), List.of(Layer.of(LayerKind.MODEL, digest, bytes.length)));
        Path file = ollama.resolve("manifests/registry.ollama.ai/library/theirs/1b");
        Files.createDirectories(file.getParent());
        Files.write(file, manifest.bytes().bytes());
        StoredModel model = library.find("theirs:1b").orElseThrow();
        assertThat(model.isOurs()).isFalse();
        assertThat(new LibraryModels(library).find("theirs:1b").orElseThrow().weights())
                .hasBinaryContent(bytes);
        assertThatThrownBy(() -> library.remove(model.name()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.FORBIDDEN);
        library.copy(model.name(), ModelName.parse("mine"));
        Files.delete(ollama.resolve("blobs").resolve(digest.fileName()));
        assertThat(new LibraryModels(library).find("mine").orElseThrow().weights())
                .hasBinaryContent(bytes);
        assertThatThrownBy(() -> new LibraryModels(library).find("theirs:1b"))
                .hasMessageContaining("are gone");
    }

    // ---- what is damaged, or lies

    @Test
    void aBlobOfOtherBytesIsRefused() throws IOException {
        byte[] bytes = "bytes".getBytes(StandardCharsets.UTF_8);
        Digest other = Digest.of("other".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() ->
                        library.own().add(other, new ByteArrayInputStream(bytes), bytes.length))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.INVALID);
        assertThat(folder.resolve("own/blobs")).isEmptyDirectory();
        assertThat(folder.resolve("own/partial")).isEmptyDirectory();
    }

    @Test
    void filesThatLieGetNoName() throws IOException {
        byte[] whole = Files.readAllBytes(gguf("model.gguf", 4));
        Random random = new Random(4);
        for (int i = 0; i < 60; i++) {
            byte[] lie = Arrays.copyOf(whole, random.nextInt(whole.length));
            if (i % 2 == 0 && lie.length > 30) {
                lie[random.nextInt(30)] ^= (byte) (1 + random.nextInt(255));
            }
            Digest digest = send(lie);
            assertThatThrownBy(() ->
                            creation("lie", Map.of("model.gguf", digest))
                                    .create(library, Creation.Progress.NONE))
                    .isInstanceOf(Problem.class);
            assertThat(library.list()).isEmpty();
        }
    }

    @Test
    void aBlobThatWasCutShortIsSaidToBe() throws IOException {
        Digest digest = make("tiny", 5);
        Path blob = library.own().blob(digest);
        Files.write(blob, Arrays.copyOf(Files.readAllBytes(blob), 100));
        assertThatThrownBy(() -> library.facts(library.get(ModelName.parse("tiny"))))
                .hasMessageContaining("cut short");
        assertThat(new LibraryModels(library).models()).isEmpty();
    }

    @Test
    void aManifestWhoseBlobsAreNotHereIsNotWritten() {
        Layer absent = Layer.of(LayerKind.MODEL, Digest.of(new byte[] {1}), 1);
        assertThatThrownBy(() ->
                        library.own()
                                .put(
                                        ModelName.parse("tiny"),
                                        Manifest.of(Optional.empty(), List.of(absent))))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.CONFLICT);
        assertThat(library.list()).isEmpty();
    }

    @Test
    void manifestsOfAnyBytesAreReadOrRefused() {
        byte[] good =
                Manifest.of(
                                Optional.of(Layer.of(LayerKind.CONFIG, Digest.of(new byte[1]), 1)),
                                List.of(Layer.of(LayerKind.MODEL, Digest.of(new byte[2]), 2)))
                        .bytes()
                        .bytes();
        Random random = new Random(9);
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = good.clone();
            for (int edits = random.nextInt(4); edits >= 0; edits--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
            }
            try {
                Manifest read = Manifest.read(Slice.of(bytes), "test");
                assertThat(read.size()).isNotNegative();
            } catch (Problem problem) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 4_999);
    }

    @Test
    void partsOfASplitModelAreFoundByTheirNames() throws IOException {
        // Two files that say nothing of parts: what matters is that they go by their names.
        byte[] first = Files.readAllBytes(gguf("model.gguf", 6));
        byte[] second = Files.readAllBytes(gguf("model.gguf", 7));
        creation(
                        "split",
                        Map.of(
                                "m-00001-of-00002.gguf",
                                send(first),
                                "m-00002-of-00002.gguf",
                                send(second)))
                .create(library, Creation.Progress.NONE);
        Path weights = library.weights(library.get(ModelName.parse("split")));
        assertThat(weights).hasFileName("m-00001-of-00002.gguf").hasBinaryContent(first);
        assertThat(weights.resolveSibling("m-00002-of-00002.gguf")).hasBinaryContent(second);
        library.remove(ModelName.parse("split"));
        assertThat(weights).doesNotExist();
    }
}
