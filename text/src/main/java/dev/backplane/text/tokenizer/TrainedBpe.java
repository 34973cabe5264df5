package dev.backplane.text.tokenizer;

import dev.backplane.core.Json;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/// A byte-level BPE that was learnt, to be written or used.
///
/// @param pieces by id, in the byte alphabet; special ones first, as they are
/// @param specials the special tokens, whose ids are their places
/// @param merges in order of rank
/// @param family the pre-tokenizer's name in GGUF files
public record TrainedBpe(
        List<String> pieces, List<String> specials, List<Merge> merges, String family) {
    public record Merge(String left, String right) {}

    public TrainedBpe {
        pieces = List.copyOf(pieces);
        specials = List.copyOf(specials);
        merges = List.copyOf(merges);
    }

    public Tokenizer tokenizer() {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        writeJson(json);
        return TokenizerJson.read(new ByteArrayInputStream(json.toByteArray()), "learnt tokenizer");
    }

    private List<String> expressions() {
        return Families.byName(family).map(Families.Family::expressions).orElseThrow();
    }

    /// Writes a `tokenizer.json` and closes `out`.
    public void writeJson(OutputStream out) {
        try (JsonGenerator json = Json.generator(out)) {
            json.writeStartObject();
            json.writeStringProperty("version", "1.0");
            json.writeNullProperty("truncation");
            json.writeNullProperty("padding");
            json.writeName("added_tokens");
            json.writeStartArray();
            for (int id = 0; id < specials.size(); id++) {
                writeSpecial(json, id);
            }
            json.writeEndArray();
            json.writeName("normalizer");
            writeNormalizer(json);
            json.writeName("pre_tokenizer");
            json.writeStartObject();
            json.writeStringProperty("type", "Sequence");
            json.writeName("pretokenizers");
            json.writeStartArray();
            expressions().forEach(expression -> writeSplit(json, expression));
            writeByteLevel(json);
            json.writeEndArray();
            json.writeEndObject();
            json.writeNullProperty("post_processor");
            json.writeName("decoder");
            writeByteLevel(json);
            json.writeName("model");
            writeModel(json);
            json.writeEndObject();
        }
    }

    private void writeSpecial(JsonGenerator json, int id) {
        json.writeStartObject();
        json.writeNumberProperty("id", id);
        json.writeStringProperty("content", specials.get(id));
        json.writeBooleanProperty("single_word", false);
        json.writeBooleanProperty("lstrip", false);
        json.writeBooleanProperty("rstrip", false);
        json.writeBooleanProperty("normalized", false);
        json.writeBooleanProperty("special", true);
        json.writeEndObject();
    }

    private void writeNormalizer(JsonGenerator json) {
        if (Families.byName(family).map(Families.Family::composed).orElseThrow()) {
            json.writeStartObject();
            json.writeStringProperty("type", "NFC");
            json.writeEndObject();
        } else {
            json.writeNull();
        }
    }

    private static void writeSplit(JsonGenerator json, String expression) {
        json.writeStartObject();
        json.writeStringProperty("type", "Split");
        json.writeName("pattern");
        json.writeStartObject();
        json.writeStringProperty("Regex", expression);
        json.writeEndObject();
        json.writeStringProperty("behavior", "Isolated");
        json.writeBooleanProperty("invert", false);
        json.writeEndObject();
    }

    private static void writeByteLevel(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("type", "ByteLevel");
        json.writeBooleanProperty("add_prefix_space", false);
        json.writeBooleanProperty("trim_offsets", true);
        json.writeBooleanProperty("use_regex", false);
        json.writeEndObject();
    }

    private void writeModel(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("type", "BPE");
        json.writeNullProperty("dropout");
        json.writeNullProperty("unk_token");
        json.writeNullProperty("continuing_subword_prefix");
        json.writeNullProperty("end_of_word_suffix");
        json.writeBooleanProperty("fuse_unk", false);
        json.writeBooleanProperty("byte_fallback", false);
        json.writeBooleanProperty("ignore_merges", wholeWords());
        json.writeName("vocab");
        json.writeStartObject();
        for (int id = 0; id < pieces.size(); id++) {
            json.writeNumberProperty(pieces.get(id), id);
        }
        json.writeEndObject();
        json.writeName("merges");
        json.writeStartArray();
        for (Merge merge : merges) {
            json.writeStartArray();
            json.writeString(merge.left);
            json.writeString(merge.right);
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private boolean wholeWords() {
        return Families.byName(family).map(Families.Family::wholeWords).orElseThrow();
    }

    /// The `tokenizer.ggml.*` keys of a GGUF file.
    ///
    /// @param begin the special token that begins a text, if one does
    /// @param end the special token that ends one
    public Map<String, MetadataValue> gguf(Optional<String> begin, Optional<String> end) {
        int[] types = new int[pieces.size()];
        java.util.Arrays.fill(types, 1);
        java.util.Arrays.fill(types, 0, specials.size(), 3);
        Map<String, MetadataValue> keys = new LinkedHashMap<>();
        keys.put("tokenizer.ggml.model", Text.of("gpt2"));
        keys.put("tokenizer.ggml.pre", Text.of(family));
        keys.put("tokenizer.ggml.tokens", Items.ofTexts(pieces));
        keys.put("tokenizer.ggml.token_type", Items.ofInts(types));
        keys.put(
                "tokenizer.ggml.merges",
                Items.ofTexts(
                        merges.stream().map(merge -> merge.left + " " + merge.right).toList()));
        begin.ifPresent(text -> keys.put("tokenizer.ggml.bos_token_id", id(text)));
        end.ifPresent(text -> keys.put("tokenizer.ggml.eos_token_id", id(text)));
        keys.put("tokenizer.ggml.add_bos_token", new MetadataValue.Flag(begin.isPresent()));
        keys.put("tokenizer.ggml.add_eos_token", new MetadataValue.Flag(false));
        return keys;
    }

    private MetadataValue id(String special) {
        int id = specials.indexOf(special);
        if (id < 0) {
            throw new IllegalArgumentException("no special token '" + special + "'");
        }
        return new MetadataValue.Whole(dev.backplane.tensor.gguf.ValueType.UINT32, id);
    }
}
