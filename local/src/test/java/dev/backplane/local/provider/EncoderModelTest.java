package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.library.ModelFacts;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.safetensors.SafetensorsWriter;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A folder as sentence-transformers saves BERT: loaded as a model that makes vectors.
class EncoderModelTest {
    private static final int WIDTH = 32;
    private static final int WORDS = 9;

    private static final String CONFIG =
            """
            {"model_type": "bert", "num_hidden_layers": 1, "hidden_size": 32,
             "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 9,
             "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu"}
            """;

    private static final String TOKENIZER =
            """
            {"model": {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 100,
              "continuing_subword_prefix": "##", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2,
              "[SEP]": 3, "the": 4, "sky": 5, "cat": 6, "##s": 7, "purr": 8}},
             "normalizer": {"type": "BertNormalizer", "clean_text": true,
              "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "TemplateProcessing", "single": [
               {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}], "pair": [],
              "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
             "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
             "added_tokens": [{"id": 2, "content": "[CLS]", "special": true},
                              {"id": 3, "content": "[SEP]", "special": true}]}
            """;

    @TempDir private Path folder;

    private static List<TensorSpec> specs() {
        List<TensorSpec> specs = new ArrayList<>();
        add(specs, "embeddings.word_embeddings.weight", WORDS, WIDTH);
        add(specs, "embeddings.position_embeddings.weight", 16, WIDTH);
        add(specs, "embeddings.token_type_embeddings.weight", 2, WIDTH);
        both(specs, "embeddings.LayerNorm", WIDTH);
        String layer = "encoder.layer.0.";
        for (String part :
                List.of("attention.self.query", "attention.self.key", "attention.self.value")) {
            both(specs, layer + part, WIDTH, WIDTH);
        }
        both(specs, layer + "attention.output.dense", WIDTH, WIDTH);
        both(specs, layer + "attention.output.LayerNorm", WIDTH);
        both(specs, layer + "intermediate.dense", 64, WIDTH);
        both(specs, layer + "output.dense", WIDTH, 64);
        both(specs, layer + "output.LayerNorm", WIDTH);
        both(specs, "pooler.dense", WIDTH, WIDTH);
        return specs;
    }

    private static void both(List<TensorSpec> specs, String name, long... shape) {
        add(specs, name + ".weight", shape);
        add(specs, name + ".bias", shape[0]);
    }

    private static void add(List<TensorSpec> specs, String name, long... shape) {
        specs.add(new TensorSpec(name, ElementType.F32, Shape.of(shape)));
    }

    private void write() throws Exception {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
        Random random = new Random(5);
        Path weights = folder.resolve("model.safetensors");
        try (TensorWriter writer = SafetensorsWriter.create(weights, Map.of(), specs());
                Arena arena = Arena.ofConfined()) {
            for (TensorSpec spec : specs()) {
                MemorySegment data = arena.allocate(spec.bytes(), 64);
                for (long i = 0; i < spec.shape().elements(); i++) {
                    data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
                }
                writer.write(data);
            }
            writer.finish();
        }
    }

    private LoadedModel load() {
        LocalSettings settings = LocalSettings.defaults();
        ModelFiles files = ModelFiles.of("model", folder, 0, 0);
        LoadPlan plan = LoadPlan.of(files, settings);
        return LoadedModel.open(files, plan, settings, KernelGate.open(), _ -> true, _ -> {});
    }

    private static float[] vector(LoadedModel model, String text) {
        return model.embedder().embed(List.of(model.rawPrompt(text, true)), () -> false).getFirst();
    }

    @Test
    void makesVectorsAsItsFolderSays() throws Exception {
        write();
        float[] mean;
        try (LoadedModel model = load()) {
            assertThat(model.rawPrompt("Cats purr", true)).containsExactly(2, 6, 7, 8, 3);
            assertThat(model.contextMax()).isEqualTo(16);
            mean = vector(model, "Cats purr");
            assertThat(mean).hasSize(WIDTH).isNotEqualTo(vector(model, "purr cats"));
            assertThatThrownBy(model::engine)
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("no answers");
        }
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(
                folder.resolve("1_Pooling/config.json"),
                "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        float[] first;
        try (LoadedModel model = load()) {
            first = vector(model, "Cats purr");
            assertThat(first).hasSize(WIDTH).isNotEqualTo(mean);
        }
        Files.move(
                folder.resolve("1_Pooling/config.json"), folder.resolve("1_Pooling.config.json"));
        try (LoadedModel model = load()) {
            assertThat(vector(model, "Cats purr")).isEqualTo(first);
        }
        assertThat(ModelFacts.of(folder).capabilities()).containsExactly("embedding");
        Files.delete(folder.resolve("1_Pooling.config.json"));
        assertThat(ModelFacts.of(folder).capabilities()).containsExactly("embedding");
    }

    @Test
    void refusesWhatWouldBeAnotherVector() throws Exception {
        write();
        Path modules = folder.resolve("modules.json");
        String plain = "[{\"type\": \"sentence_transformers.models.Pooling\"}%s]";
        Files.writeString(modules, plain.formatted(""));
        load().close();
        Files.writeString(
                modules, plain.formatted(", {\"type\": \"sentence_transformers.models.Dense\"}"));
        assertThatThrownBy(this::load)
                .isInstanceOf(Problem.class)
                .hasMessageContaining("models.Dense");
        Files.delete(modules);
        for (String modes :
                List.of(
                        "\"pooling_mode_mean_tokens\": true, \"pooling_mode_cls_token\": true",
                        "\"pooling_mode_mean_tokens\": true, \"pooling_mode_max_tokens\": true",
                        "\"pooling_mode_max_tokens\": true",
                        "\"pooling_mode_mean_tokens\": false")) {
            Files.writeString(folder.resolve("1_Pooling.config.json"), "{" + modes + "}");
            assertThatThrownBy(this::load)
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("pooling by");
        }
    }
}
