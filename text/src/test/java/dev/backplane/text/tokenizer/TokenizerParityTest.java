package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonTree;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.text.MarkedText;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same ids, texts, words and normal forms as Hugging Face's `tokenizers` and Google's
/// `sentencepiece`, which wrote the vectors (`src/test/python/tokenizer_vectors.py`).
class TokenizerParityTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "family-gpt-2",
                "family-llama-bpe",
                "family-qwen2",
                "family-qwen35",
                "family-gpt-4o",
                "family-tekken",
                "family-deepseek-v3",
                "family-deepseek-coder",
                "family-command-r",
                "family-cohere2moe",
                "family-bailingmoe",
                "family-seed-coder",
                "byte-level-added",
                "llama2-like",
                "gemma-like",
                "mistral-like",
                "unigram",
                "word-piece"
            })
    void cutsAndReadsAsHuggingFaceDoes(String name) {
        JsonTree.Fields vectors = Vectors.read(name);
        Tokenizer tokenizer = Vectors.tokenizer(Vectors.member(vectors, "tokenizer"), name);
        checkCases(tokenizer, vectors);
        for (JsonTree pair : Vectors.items(vectors, "pairs")) {
            Tokenizer.Pair encoded =
                    tokenizer.encodePair(Vectors.text(pair, "first"), Vectors.text(pair, "second"));
            assertThat(encoded.ids()).isEqualTo(Vectors.ids(pair, "ids"));
            assertThat(encoded.segments()).isEqualTo(Vectors.ids(pair, "segments"));
        }
    }

    private static void checkCases(Tokenizer tokenizer, JsonTree vectors) {
        checkCases(tokenizer, vectors, text -> tokenizer.encode(text, true));
    }

    private static void checkCases(
            Tokenizer tokenizer, JsonTree vectors, Function<String, int[]> encoder) {
        List<JsonTree> cases = Vectors.items(vectors, "cases");
        assertThat(cases).hasSizeGreaterThan(200);
        for (JsonTree one : cases) {
            String text = Vectors.text(one, "text");
            int[] ids = Vectors.ids(one, "ids");
            assertThat(encoder.apply(text)).as("ids of '%s'", text).isEqualTo(ids);
            assertThat(tokenizer.decode(ids, true))
                    .as("text of '%s'", text)
                    .isEqualTo(Vectors.text(one, "decoded"));
        }
    }

    /// The families that GGUF files name, against the same vectors.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt-2",
                "llama-bpe",
                "qwen2",
                "qwen35",
                "gpt-4o",
                "tekken",
                "deepseek-v3",
                "deepseek-coder",
                "command-r",
                "cohere2moe",
                "bailingmoe",
                "seed-coder"
            })
    void cutsAsTheFamilyDoesWhenReadFromGguf(String family) {
        JsonTree.Fields vectors = Vectors.read("family-" + family);
        JsonTree model = Vectors.member(Vectors.member(vectors, "tokenizer"), "model");
        Map<String, JsonTree> vocabulary =
                ((JsonTree.Fields) Vectors.member(model, "vocab")).values();
        List<String> merges = new ArrayList<>();
        for (JsonTree merge : Vectors.items(model, "merges")) {
            List<JsonTree> parts = ((JsonTree.Items) merge).values();
            merges.add(Vectors.text(parts.get(0)) + " " + Vectors.text(parts.get(1)));
        }
        int[] types = new int[vocabulary.size()];
        java.util.Arrays.fill(types, 1);
        java.util.Arrays.fill(types, 0, 3, 3);
        Map<String, MetadataValue> keys = new LinkedHashMap<>();
        keys.put("tokenizer.ggml.model", MetadataValue.Text.of("gpt2"));
        keys.put("tokenizer.ggml.pre", MetadataValue.Text.of(family));
        keys.put("tokenizer.ggml.tokens", Items.ofTexts(List.copyOf(vocabulary.keySet())));
        keys.put("tokenizer.ggml.token_type", Items.ofInts(types));
        keys.put("tokenizer.ggml.merges", Items.ofTexts(merges));
        checkCases(TokenizerGguf.read(new Metadata("vectors", keys)), vectors);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sentencepiece-bpe", "sentencepiece-unigram"})
    void cutsAndReadsAsSentencePieceDoes(String name) {
        JsonTree.Fields vectors = Vectors.read(name);
        Map<String, MetadataValue> keys = new LinkedHashMap<>();
        ((JsonTree.Fields) Vectors.member(vectors, "keys"))
                .values()
                .forEach((key, value) -> keys.put(key, metadata(key, value)));
        Tokenizer tokenizer = TokenizerGguf.read(new Metadata(name, keys));
        // To sentencepiece no text is a control token.
        BitSet control = tokenizer.controls(MarkedText.EMPTY);
        checkCases(
                tokenizer,
                vectors,
                text -> tokenizer.encode(MarkedText.untrusted(text), control, true));
    }

    private static MetadataValue metadata(String key, JsonTree value) {
        return switch (value) {
            case JsonTree.Text(String text) -> MetadataValue.Text.of(text);
            case JsonTree.Flag(boolean flag) -> new MetadataValue.Flag(flag);
            case JsonTree.Number number ->
                    new MetadataValue.Whole(
                            dev.backplane.tensor.gguf.ValueType.UINT32,
                            Long.parseLong(number.digits()));
            case JsonTree.Items(List<JsonTree> values) when key.endsWith("tokens") ->
                    Items.ofTexts(values.stream().map(Vectors::text).toList());
            case JsonTree.Items(List<JsonTree> values) when key.endsWith("scores") -> {
                float[] scores = new float[values.size()];
                for (int i = 0; i < scores.length; i++) {
                    scores[i] = (float) ((JsonTree.Number) values.get(i)).real();
                }
                yield Items.ofFloats(scores);
            }
            case JsonTree.Items(List<JsonTree> values) ->
                    Items.ofInts(
                            values.stream()
                                    .mapToInt(item ->
                                            Integer.parseInt(((JsonTree.Number) item).digits()))
                                    .toArray());
            case JsonTree.Fields _, JsonTree.Nothing _ -> throw new AssertionError(key);
        };
    }

    @Test
    void preTokenizersCutTheSameWords() {
        JsonTree.Fields vectors = Vectors.read("pre-tokenizers");
        List<JsonTree> texts = Vectors.items(vectors, "texts");
        ((JsonTree.Fields) Vectors.member(vectors, "kinds"))
                .values()
                .forEach((name, kind) -> {
                    Config config = Config.of(Vectors.member(kind, "pre_tokenizer"), name);
                    PreTokenizer cutter =
                            new PreTokenizer.Sequence(StageReader.preTokenizers(config));
                    for (int i = 0; i < texts.size(); i++) {
                        List<String> words = new ArrayList<>();
                        String text = Vectors.text(texts.get(i));
                        cutter.split(text, true, (word, _) -> words.add(word));
                        words.removeIf(String::isEmpty);
                        assertThat(words)
                                .as("%s of '%s'", name, text)
                                .isEqualTo(words(Vectors.items(kind, "words").get(i)));
                    }
                });
    }

    private static List<String> words(JsonTree items) {
        return ((JsonTree.Items) items)
                .values().stream().map(Vectors::text).filter(word -> !word.isEmpty()).toList();
    }

    @Test
    void normalizersWriteTheSame() {
        JsonTree.Fields vectors = Vectors.read("normalizers");
        List<JsonTree> texts = Vectors.items(vectors, "texts");
        ((JsonTree.Fields) Vectors.member(vectors, "kinds"))
                .values()
                .forEach((name, kind) -> {
                    Normalizer normalizer =
                            StageReader.normalizer(
                                    Config.of(Vectors.member(kind, "normalizer"), name));
                    for (int i = 0; i < texts.size(); i++) {
                        String text = Vectors.text(texts.get(i));
                        assertThat(normalizer.normalize(text))
                                .as("%s of '%s'", name, text)
                                .isEqualTo(Vectors.text(Vectors.items(kind, "results").get(i)));
                    }
                });
    }
}
