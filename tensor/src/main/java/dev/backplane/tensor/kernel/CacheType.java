package dev.backplane.tensor.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What numbers of a cache are kept in, see [PackedBlocks].
public enum CacheType {
    F32,
    F16,
    Q8_0;

    public static final List<String> IDS = Arrays.stream(values()).map(CacheType::id).toList();

    /// As in llama.cpp and Ollama.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<CacheType> byId(String id) {
        return Arrays.stream(values()).filter(type -> type.id().equals(id)).findFirst();
    }
}
