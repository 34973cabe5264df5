package dev.backplane.gateway.dialect;

import dev.backplane.core.Slice;
import java.util.Base64;
import java.util.Optional;

/// Files of text, which some dialects hold as text and the model as base64.
public final class TextFiles {
    private TextFiles() {}

    /// The text; empty if it is not base64.
    public static Optional<Slice> decode(String base64) {
        try {
            return Optional.of(Slice.of(Base64.getDecoder().decode(base64)));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
