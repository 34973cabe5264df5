package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/// An image to be looked at by a model.
///
/// @param url with the image in it (RFC 2397)
record ImageFile(String name, String url) {
    private static final int BYTES_MAX = 20 << 20;

    /// @throws Failure for what cannot be read or is no image that models take
    static ImageFile read(String file) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            bytes = in.readNBytes(BYTES_MAX + 1);
        } catch (IOException e) {
            throw Failure.of(Problem.Kind.INVALID, "cannot read the image", "cannot read " + file)
                    .hint("check that the file exists and is readable");
        }
        if (bytes.length > BYTES_MAX) {
            throw Failure.of(
                            Problem.Kind.TOO_LARGE,
                            "the image is larger than 20 MiB",
                            file + " is larger than 20 MiB")
                    .hint("make it smaller: models scale images down anyway");
        }
        String data = Base64.getEncoder().encodeToString(bytes);
        return new ImageFile(file, "data:" + type(file, bytes) + ";base64," + data);
    }

    /// By the first bytes, because names lie.
    private static String type(String file, byte[] bytes) {
        String start =
                new String(bytes, 0, Math.min(12, bytes.length), StandardCharsets.ISO_8859_1);
        if (start.startsWith("\u0089PNG\r\n")) {
            return "image/png";
        }
        if (start.startsWith("\u00ff\u00d8\u00ff")) {
            return "image/jpeg";
        }
        if (start.startsWith("GIF8")) {
            return "image/gif";
        }
        if (start.startsWith("RIFF") && start.endsWith("WEBP")) {
            return "image/webp";
        }
        throw Failure.usage(file + " is no PNG, JPEG, GIF or WebP image")
                .hint("convert it to one of them");
    }
}
