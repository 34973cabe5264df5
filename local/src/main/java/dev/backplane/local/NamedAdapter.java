package dev.backplane.local;

import java.nio.file.Path;

/// An adapter (LoRA) with the name that clients ask for it by, as if it were a model.
///
/// @param base the model that it changes, by its full name
/// @param path a GGUF file, or a folder as PEFT writes it
/// @param createdSeconds since 1970
public record NamedAdapter(String name, String base, Path path, long createdSeconds) {}
