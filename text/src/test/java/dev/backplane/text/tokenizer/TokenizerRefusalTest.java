package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A file that cannot be used is refused with its name, the place in it and what would be accepted.
class TokenizerRefusalTest {
    private static Tokenizer read(String json) {
        return TokenizerJson.read(
                new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), "t.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|no JSON object (t.json)",
                "{|malformed JSON at line 1, column 2",
                "{\"model\": {}}|no vocabulary (t.json, model.vocab)",
                "{\"model\": {\"type\": \"X\", \"vocab\": {\"a\": 0}}}"
                        + "|the type 'X' (t.json, model)",
                "{\"model\": {\"vocab\": {\"a\": -1}}}|token id -1 (t.json, model.vocab)",
                "{\"model\": {\"vocab\": {\"a\": 99999999999}}}|token id 99999999999",
                "{\"model\": {\"vocab\": {\"a\": 1, \"b\": 1}}}|two tokens with the id 1",
                "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}"
                        + "|a merge of or to a piece without an id (t.json, model.merges[0])",
                "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [[\"a\"]]}}"
                        + "|a value of another form (t.json, model.merges)",
                "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": []},"
                        + " \"normalizer\": {\"type\": 3}}"
                        + "|a number (t.json.normalizer.type)",
                "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": []},"
                        + " \"decoder\": {\"type\": \"CTC\"}}"
                        + "|the type 'CTC' (t.json.decoder)",
                "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": []},"
                        + " \"pre_tokenizer\": {\"type\": \"Split\","
                        + " \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\"}}"
                        + "|a regular expression that cannot be read",
                "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", 1e999]]}}"
                        + "|a value of another form (t.json, model.vocab)",
            })
    void refusesJson(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(message)
                .matches(e -> !((Problem) e).fix().isEmpty(), "says what to do");
    }

    @Test
    void anExpressionThatTakesTooLongIsStopped() {
        SplitPattern slow = SplitPattern.expression("a?".repeat(40) + "a".repeat(40), "t.json");
        assertThatThrownBy(() -> slow.forEach("a".repeat(40), _ -> {}))
                .isInstanceOf(Problem.class)
                .hasMessage("a regular expression that takes too long (t.json)");
        SplitPattern deep = SplitPattern.expression("(a|aa)+$", "t.json");
        assertThatThrownBy(() -> deep.forEach("a".repeat(1_000_000), _ -> {}))
                .isInstanceOf(Problem.class)
                .hasMessage("a regular expression that nests too deep (t.json)");
    }

    @Test
    void refusesGguf() {
        Map<String, MetadataValue> keys =
                new java.util.HashMap<>(
                        Map.of(
                                "tokenizer.ggml.model", Text.of("gpt2"),
                                "tokenizer.ggml.tokens", Items.ofTexts(List.of("a", "b"))));
        assertThatThrownBy(() -> TokenizerGguf.read(new Metadata("m.gguf", keys)))
                .isInstanceOf(Problem.class)
                .hasMessage("no name of a pre-tokenizer (m.gguf, tokenizer.ggml.pre)");
        keys.put("tokenizer.ggml.pre", Text.of("made-up"));
        assertThatThrownBy(() -> TokenizerGguf.read(new Metadata("m.gguf", keys)))
                .isInstanceOf(Problem.class)
                .hasMessage("the pre-tokenizer 'made-up' (m.gguf, tokenizer.ggml.pre)");
        keys.put("tokenizer.ggml.pre", Text.of("llama-bpe"));
        assertThatThrownBy(() -> TokenizerGguf.read(new Metadata("m.gguf", keys)))
                .isInstanceOf(Problem.class)
                .hasMessage("no merges (m.gguf, tokenizer.ggml.merges)");
        keys.put("tokenizer.ggml.merges", Items.ofTexts(List.of("a b")));
        assertThatThrownBy(() -> TokenizerGguf.read(new Metadata("m.gguf", keys)))
                .isInstanceOf(Problem.class)
                .hasMessage("a merge of or to no token (m.gguf, tokenizer.ggml.merges[0])");
        keys.put("tokenizer.ggml.token_type", Items.ofInts(1));
        assertThatThrownBy(() -> TokenizerGguf.read(new Metadata("m.gguf", keys)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("2 tokens with 1 types");
    }
}
