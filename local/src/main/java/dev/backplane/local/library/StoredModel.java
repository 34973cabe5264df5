package dev.backplane.local.library;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/// A model that a folder has.
///
/// @param modified when the name got this manifest
public record StoredModel(
        ModelName name, Manifest manifest, Digest digest, Instant modified, ModelFolder folder) {
    private static final int SMALL_BYTES_MAX = 4 << 20;

    /// Whether it is in the library's own folder, so that it may be changed.
    public boolean isOurs() {
        return folder.isWritable();
    }

    /// The bytes of a layer.
    public Path path(Layer layer) {
        return folder.blob(layer.digest());
    }

    /// The text of the first layer of a kind that is small: a system prompt, parameters.
    ///
    /// @throws Problem when it is there and cannot be read
    public Optional<String> text(LayerKind kind) {
        return manifest.layers(kind).stream().findFirst().map(this::text);
    }

    /// The text of a small layer.
    public String text(Layer layer) {
        try (InputStream in = Files.newInputStream(path(layer))) {
            Slice bytes = Slice.read(in, layer.size(), SMALL_BYTES_MAX + 1);
            if (bytes.length() > SMALL_BYTES_MAX) {
                throw Problem.tooLarge(
                                "layer " + layer.digest().brief() + " is too long for a text",
                                name.toString())
                        .fix("at most %,d bytes are read".formatted(SMALL_BYTES_MAX));
            }
            return new String(bytes.bytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw Problem.unavailable(
                            "layer " + layer.digest().brief() + " cannot be read", name.toString())
                    .fix("pull the model again")
                    .causedBy(e);
        }
    }
}
