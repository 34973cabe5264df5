package dev.backplane.text.tokenizer;

import dev.backplane.core.JsonTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// Reads what `tokenizer_vectors.py` wrote.
final class Vectors {
    private Vectors() {}

    static JsonTree.Fields read(String name) {
        try (InputStream in =
                new GZIPInputStream(
                        Objects.requireNonNull(
                                Vectors.class.getResourceAsStream(name + ".json.gz"), name))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return (JsonTree.Fields) JsonTree.parse(text, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tokenizer tokenizer(JsonTree json, String source) {
        String text = dev.backplane.core.Json.write(json::write);
        return TokenizerJson.read(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), source);
    }

    static JsonTree member(JsonTree value, String name) {
        return ((JsonTree.Fields) value).find(name).orElseThrow();
    }

    static List<JsonTree> items(JsonTree value, String name) {
        return ((JsonTree.Items) member(value, name)).values();
    }

    static String text(JsonTree value) {
        return ((JsonTree.Text) value).value();
    }

    static String text(JsonTree value, String name) {
        return text(member(value, name));
    }

    static int[] ids(JsonTree value, String name) {
        return items(value, name).stream()
                .mapToInt(id -> Integer.parseInt(((JsonTree.Number) id).digits()))
                .toArray();
    }
}
