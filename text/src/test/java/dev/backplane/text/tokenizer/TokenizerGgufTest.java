package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TokenizerGgufTest {
    private static Tokenizer bert(Map<String, Integer> ids) {
        Map<String, MetadataValue> keys = new HashMap<>();
        keys.put("tokenizer.ggml.model", Text.of("bert"));
        keys.put(
                "tokenizer.ggml.tokens",
                Items.ofTexts(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁sky", "x", "y")));
        keys.put("tokenizer.ggml.token_type", Items.ofInts(3, 3, 3, 3, 1, 1, 1));
        keys.put("tokenizer.ggml.unknown_token_id", new Whole(ValueType.UINT32, 1));
        ids.forEach(
                (name, id) -> keys.put("tokenizer.ggml." + name, new Whole(ValueType.UINT32, id)));
        return TokenizerGguf.read(new Metadata("m.gguf", keys));
    }

    /// Files of three times: with `bos`, with `cls` only, with neither.
    @Test
    void whatStandsAroundABertsTextIsFoundByAnyKey() {
        assertThat(bert(Map.of("bos_token_id", 5, "eos_token_id", 6)).encode("Sky", true))
                .containsExactly(5, 4, 6);
        Tokenizer since =
                bert(Map.of("cls_token_id", 5, "eos_token_id", 6, "seperator_token_id", 3));
        assertThat(since.encode("Sky", true)).containsExactly(5, 4, 3);
        assertThat(since.specials().begin()).isEqualTo(OptionalInt.of(5));
        assertThat(bert(Map.of()).encode("Sky", true)).containsExactly(2, 4, 3);
    }
}
