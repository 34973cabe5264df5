package dev.backplane.local.library;

import dev.backplane.core.JsonOut;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.List;

/// The config blob of a model: small JSON that says what it is like, so that a list need not open
/// files of weights.
///
/// ```json
/// {"model_format":"gguf","model_family":"llama","model_families":["llama"],"model_type":"1.2B",
///  "file_type":"Q8_0","architecture":"amd64","os":"linux",
///  "rootfs":{"type":"layers","diff_ids":["sha256:…"]}}
/// ```
///
/// What is not known is empty.
///
/// @param size of the model, such as `1.2B`
public record ModelConfig(String format, String family, String size, String quantisation) {
    static final ModelConfig UNKNOWN = new ModelConfig("", "", "", "");

    /// The bytes for a model that is made of these layers, which are in the folder.
    public static Slice of(List<Layer> layers, ModelFolder folder) {
        return written(read(layers, folder), layers);
    }

    private static ModelConfig read(List<Layer> layers, ModelFolder folder) {
        boolean isSafetensors =
                layers.stream().anyMatch(layer -> layer.name().endsWith(".safetensors"));
        try {
            ModelFacts facts =
                    ModelFacts.of(Weights.of(layers, folder, folder, "config of a model"));
            return new ModelConfig(
                    isSafetensors ? "safetensors" : "gguf",
                    facts.architecture(),
                    ModelFacts.count(facts.parameters()),
                    facts.quantisation());
        } catch (Problem unreadable) {
            // It can be kept, and listed; who wants to run it is told why that is not possible.
            return new ModelConfig(isSafetensors ? "safetensors" : "", "", "", "");
        }
    }

    private static Slice written(ModelConfig config, List<Layer> layers) {
        JsonOut out = new JsonOut().beginObject();
        out.name("model_format").text(config.format());
        out.name("model_family").text(config.family()).name("model_families").beginArray();
        if (!config.family().isEmpty()) {
            out.text(config.family());
        }
        out.endArray().name("model_type").text(config.size());
        out.name("file_type").text(config.quantisation());
        out.name("architecture").text("amd64").name("os").text("linux");
        out.name("rootfs").beginObject().name("type").text("layers").name("diff_ids").beginArray();
        layers.forEach(layer -> out.text(layer.digest().toString()));
        return out.endArray().endObject().endObject().slice();
    }

    /// That of a model here; of what cannot be read nothing is known.
    public static ModelConfig of(StoredModel model) {
        try {
            return model.manifest().config().map(layer -> parse(model.text(layer))).orElse(UNKNOWN);
        } catch (Problem unreadable) {
            return UNKNOWN;
        }
    }

    private static ModelConfig parse(String json) {
        return JsonTree.parse(json, "config of a model") instanceof JsonTree.Fields fields
                ? new ModelConfig(
                        text(fields, "model_format"),
                        text(fields, "model_family"),
                        text(fields, "model_type"),
                        text(fields, "file_type"))
                : UNKNOWN;
    }

    private static String text(JsonTree.Fields fields, String name) {
        return fields.find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Text(String value)
                ? value
                : "";
    }
}
