package dev.backplane.local;

import dev.backplane.core.JsonTree;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a model is made of, and what was said of it besides what its file says.
///
/// @param name in full, as it is listed
/// @param weights a GGUF file, or a folder of safetensors with configuration and tokenizer
/// @param digest SHA-256 of the whole in hexadecimal, or empty where nobody counted it. Two models
///   of the same `weights` file share nothing but pages of the file.
/// @param bytes of all files
/// @param modifiedSeconds since 1970
/// @param template a chat template in Jinja instead of the file's own
/// @param system what the model is told first, when a conversation says nothing of the kind
/// @param messages an array of messages that every conversation begins with, OpenAI's form
/// @param parameters by Ollama's names (`temperature`, `top_k`, `num_ctx`, `stop`, …): what is
///   meant when a request says nothing. Names that mean nothing here are ignored.
/// @param adapters LoRA, to be laid over the weights
public record ModelFiles(
        String name,
        Path weights,
        String digest,
        long bytes,
        long modifiedSeconds,
        Optional<String> template,
        Optional<String> system,
        Optional<JsonTree> messages,
        Map<String, JsonTree> parameters,
        List<Path> adapters) {
    public ModelFiles {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        adapters = List.copyOf(adapters);
    }

    /// A file that nothing more is said of.
    public static ModelFiles of(String name, Path weights, long bytes, long modifiedSeconds) {
        return new ModelFiles(
                name,
                weights,
                "",
                bytes,
                modifiedSeconds,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                List.of());
    }
}
