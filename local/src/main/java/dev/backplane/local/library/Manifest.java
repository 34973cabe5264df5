package dev.backplane.local.library;

import dev.backplane.core.JsonOut;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The layers of a model, and the bytes that say so.
///
/// ```json
/// {"schemaVersion":2,
///  "mediaType":"application/vnd.docker.distribution.manifest.v2+json",
///  "config":{"mediaType":"…","digest":"sha256:…","size":485},
///  "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:…","size":13}]}
/// ```
///
/// That of a registry is kept byte by byte: its SHA-256 is what others know the model by.
///
/// @param config small JSON about the model; some have none
/// @param bytes the JSON
public record Manifest(Optional<Layer> config, List<Layer> layers, Slice bytes) {
    public static final String MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json";

    /// Models of thousands of layers stay far below.
    public static final int BYTES_MAX = 4 << 20;

    private static final int LAYERS_MAX = 20_000;

    public Manifest {
        layers = List.copyOf(layers);
    }

    /// One of our own.
    public static Manifest of(Optional<Layer> config, List<Layer> layers) {
        JsonOut out = new JsonOut().beginObject().name("schemaVersion").literal("2");
        out.name("mediaType").text(MEDIA_TYPE);
        config.ifPresent(layer -> write(layer, out.name("config")));
        out.name("layers").beginArray();
        layers.forEach(layer -> write(layer, out));
        return new Manifest(config, layers, out.endArray().endObject().slice());
    }

    private static void write(Layer layer, JsonOut out) {
        out.beginObject().name("mediaType").text(layer.mediaType());
        out.name("digest").text(layer.digest().toString());
        out.name("size").literal(Long.toString(layer.size()));
        if (!layer.name().isEmpty()) {
            out.name("name").text(layer.name());
        }
        out.endObject();
    }

    /// @param where the bytes are from, for messages
    /// @throws Problem `INVALID` when they are no manifest, or one that lies
    public static Manifest read(Slice bytes, String where) {
        JsonTree json = JsonTree.parse(new String(bytes.bytes(), StandardCharsets.UTF_8), where);
        if (!(json instanceof JsonTree.Fields fields)
                || !(fields.find("layers").orElse(JsonTree.NOTHING)
                        instanceof JsonTree.Items(List<JsonTree> items))) {
            throw malformed("it has no layers", where);
        }
        if (items.size() > LAYERS_MAX) {
            throw malformed("it has %,d layers".formatted(items.size()), where);
        }
        List<Layer> layers = new ArrayList<>();
        long sum = 0;
        for (JsonTree item : items) {
            Layer layer = layer(item, where);
            layers.add(layer);
            sum += layer.size();
            if (sum > Layer.SIZE_MAX) {
                throw malformed("its layers have more bytes than any disk", where);
            }
        }
        Optional<Layer> config =
                fields.find("config")
                        .filter(value -> value instanceof JsonTree.Fields of && hasDigest(of))
                        .map(value -> layer(value, where));
        return new Manifest(config, layers, bytes);
    }

    private static boolean hasDigest(JsonTree.Fields config) {
        return !text(config, "digest").isEmpty();
    }

    private static Layer layer(JsonTree json, String where) {
        if (!(json instanceof JsonTree.Fields fields)) {
            throw malformed("a layer is no object", where);
        }
        if (!(fields.find("size").orElse(JsonTree.NOTHING)
                        instanceof JsonTree.Number(String digits))
                || !digits.matches("[0-9]{1,18}")) {
            throw malformed("a layer has no size", where);
        }
        String name = text(fields, "name");
        // Names of Ollama's own layers may be paths of tensors, which say nothing here.
        return new Layer(
                text(fields, "mediaType"),
                Digest.parse(text(fields, "digest"), where),
                Long.parseLong(digits),
                Layer.isFileName(name) ? name : "");
    }

    private static String text(JsonTree.Fields fields, String name) {
        return fields.find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Text(String value)
                ? value
                : "";
    }

    private static Problem malformed(String what, String where) {
        return Problem.invalid("not the manifest of a model: " + what, where)
                .fix("pull the model again");
    }

    public Digest digest() {
        return Digest.of(bytes.bytes());
    }

    /// The layers of a kind, in their order.
    public List<Layer> layers(LayerKind kind) {
        return layers.stream().filter(layer -> layer.kind() == kind).toList();
    }

    /// Everything that it names, the config as well.
    public List<Layer> all() {
        return Stream.concat(layers.stream(), config.stream()).toList();
    }

    /// Of all layers together.
    public long size() {
        return all().stream().mapToLong(Layer::size).sum();
    }
}
