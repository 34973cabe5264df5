package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.util.regex.Pattern;

/// A part of a model.
///
/// @param name of the file it was, where that matters: split models and those of several files;
///   else empty
public record Layer(String mediaType, Digest digest, long size, String name) {
    /// More than any disk has, and sums of many stay countable.
    public static final long SIZE_MAX = 1L << 48;

    private static final Pattern NAMES = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}");

    /// @throws Problem `INVALID` for a size or a name that no file has
    public Layer {
        if (size < 0 || size > SIZE_MAX) {
            throw Problem.invalid("layer of %,d bytes".formatted(size), "manifest")
                    .fix("at most %,d bytes have a place".formatted(SIZE_MAX));
        }
        if (!name.isEmpty() && !isFileName(name)) {
            throw Problem.invalid("layer with the name of no file", "manifest")
                    .fix("name it with letters, digits, _, ., + and -, without a folder");
        }
    }

    public static Layer of(LayerKind kind, Digest digest, long size) {
        return new Layer(kind.mediaType(), digest, size, "");
    }

    public Layer named(String file) {
        return new Layer(mediaType, digest, size, file);
    }

    /// Whether a file in a folder of ours may be called so.
    public static boolean isFileName(String text) {
        return NAMES.matcher(text).matches();
    }

    public LayerKind kind() {
        return LayerKind.of(mediaType);
    }
}
