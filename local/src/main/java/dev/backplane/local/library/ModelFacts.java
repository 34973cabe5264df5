package dev.backplane.local.library;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ModelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a GGUF file, or a folder of safetensors, says its model is like. Keys that are missing or
/// absurd count as unknown here: this is for people and lists; whoever loads the model checks all
/// that it needs.
///
/// @param architecture as in `general.architecture`, or empty
/// @param parameters how many numbers the tensors hold
/// @param quantisation as files are named by it: `Q4_K_M`
/// @param contextLength that the model was made for; 0 for unknown, as the next ones
/// @param weightBytes of all tensors
/// @param cacheBytesPerToken keys and values of one position, as the engine keeps them
/// @param template the chat template in Jinja, or empty
/// @param embeds whether it makes vectors and not text
/// @param metadata scalars and texts by key; arrays are left out
public record ModelFacts(
        String architecture,
        long parameters,
        String quantisation,
        long contextLength,
        long embeddingLength,
        long layers,
        long weightBytes,
        long cacheBytesPerToken,
        String template,
        boolean embeds,
        Map<String, MetadataValue> metadata) {
    /// The positions that [#memoryBytes] counts, at most.
    public static final long MEMORY_POSITIONS = 4_096;

    private static final int CACHE_NUMBER_BYTES = 4;
    private static final long COUNT_MAX = 1L << 30;
    private static final int TEXT_BYTES_MAX = 64 << 10;

    public ModelFacts {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /// Reads the head of a file, and of its other parts.
    ///
    /// @throws Problem when it is no file of a model, or one that lies
    public static ModelFacts of(Path weights) {
        try (ModelFile model = LocalModel.file(weights)) {
            return of(model);
        }
    }

    private static ModelFacts of(ModelFile model) {
        Metadata metadata = model.metadata();
        String architecture = text(metadata, "general.architecture");
        String prefix = architecture + ".";
        List<TensorSpec> tensors = model.specs();
        long parameters = 0;
        long bytes = 0;
        for (TensorSpec tensor : tensors) {
            parameters += tensor.shape().elements();
            bytes += tensor.bytes();
        }
        long layers = count(metadata, prefix + "block_count");
        long heads = count(metadata, prefix + "attention.head_count");
        long width = count(metadata, prefix + "embedding_length");
        long keyHeads = Math.max(count(metadata, prefix + "attention.head_count_kv"), 0);
        long given = count(metadata, prefix + "attention.key_length");
        long headWidth = given > 0 || heads == 0 ? given : width / heads;
        long positionBytes =
                saturated(
                        2L * CACHE_NUMBER_BYTES,
                        layers,
                        keyHeads == 0 ? heads : keyHeads,
                        headWidth);
        return new ModelFacts(
                architecture,
                parameters,
                FileTypes.name(fileType(metadata), tensors),
                count(metadata, prefix + "context_length"),
                width,
                layers,
                bytes,
                positionBytes,
                text(metadata, "tokenizer.chat_template"),
                architecture.equals("bert") || metadata.has(prefix + "pooling_type"),
                shown(metadata));
    }

    private static long saturated(long... factors) {
        long product = 1;
        for (long factor : factors) {
            if (factor != 0 && product > Layer.SIZE_MAX / factor) {
                return Layer.SIZE_MAX;
            }
            product *= factor;
        }
        return product;
    }

    private static long count(Metadata metadata, String key) {
        return metadata.find(key).orElse(null) instanceof Whole(_, long value)
                        && value >= 0
                        && value <= COUNT_MAX
                ? value
                : 0;
    }

    private static long fileType(Metadata metadata) {
        return metadata.find("general.file_type").orElse(null) instanceof Whole(_, long value)
                ? value
                : -1;
    }

    private static String text(Metadata metadata, String key) {
        return metadata.find(key).orElse(null) instanceof Text text
                        && text.utf8().byteSize() <= 1 << 20
                ? text.text()
                : "";
    }

    /// Without arrays, and with texts of their own: those of the file go when it is closed.
    private static Map<String, MetadataValue> shown(Metadata metadata) {
        Map<String, MetadataValue> shown = new LinkedHashMap<>();
        metadata.values()
                .forEach((key, value) -> {
                    switch (value) {
                        case Whole _, Real _, Flag _ -> shown.put(key, value);
                        case Text text -> {
                            if (text.utf8().byteSize() <= TEXT_BYTES_MAX) {
                                shown.put(key, Text.of(text.text()));
                            }
                        }
                        case Items _ -> {}
                    }
                });
        return shown;
    }

    /// What it takes to run it: the weights, and the cache of [#MEMORY_POSITIONS] positions.
    public long memoryBytes() {
        long positions =
                contextLength == 0 ? MEMORY_POSITIONS : Math.min(contextLength, MEMORY_POSITIONS);
        return Math.addExact(weightBytes, saturated(cacheBytesPerToken, positions));
    }

    public String templateFamily() {
        return TemplateFamily.of(template);
    }

    /// What it can do, by Ollama's words.
    public List<String> capabilities() {
        if (embeds) {
            return List.of("embedding");
        }
        List<String> capabilities = new ArrayList<>(List.of("completion"));
        if (template.contains("tools")) {
            capabilities.add("tools");
        }
        if (template.contains("<think>") || template.contains("enable_thinking")) {
            capabilities.add("thinking");
        }
        return capabilities;
    }

    /// The licence that the file names.
    public Optional<String> license() {
        return metadata.get("general.license") instanceof Text text
                ? Optional.of(text.text())
                : Optional.empty();
    }

    /// `1.2B`, `596.05M`, as Ollama writes it.
    public static String count(long parameters) {
        if (parameters >= 1_000_000_000_000L) {
            return one(parameters, 1e12) + "T";
        }
        if (parameters >= 1_000_000_000) {
            return one(parameters, 1e9) + "B";
        }
        if (parameters >= 1_000_000) {
            return "%.2fM".formatted(parameters / 1e6);
        }
        return parameters >= 1_000
                ? "%.2fK".formatted(parameters / 1e3)
                : Long.toString(parameters);
    }

    private static String one(long parameters, double unit) {
        return "%.1f".formatted(parameters / unit);
    }
}
