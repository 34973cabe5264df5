package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The file that a model's weights are read from, or the folder of a model of safetensors.
///
/// Blobs are named by their digests. Models of several files are read by names: for those there is
/// a folder of links, `files/KEY/NAME`, whose key is a hash over names and digests, so that models
/// of the same files have the same one. It is made when it is needed, and goes with the last such
/// model.
final class Weights {
    private Weights() {}

    /// @param layers of a model whose bytes are in `folder`
    /// @param own where links may be made
    /// @throws Problem when there are no weights, or none that can be read here
    static Path of(List<Layer> layers, ModelFolder folder, ModelFolder own, String where) {
        List<Layer> models =
                layers.stream().filter(layer -> layer.kind() == LayerKind.MODEL).toList();
        if (models.isEmpty()) {
            if (layers.stream().anyMatch(layer -> layer.name().endsWith(".safetensors"))) {
                return links(named(layers), folder, own, where);
            }
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "model has no weights of a kind that is known here",
                            where)
                    .fix("pull the model as GGUF");
        }
        Layer first = models.getFirst();
        if (models.size() == 1 || first.name().isEmpty()) {
            return folder.blob(first.digest());
        }
        return links(named(layers), folder, own, where).resolve(first.name());
    }

    /// Those that go by a name.
    static List<Layer> named(List<Layer> layers) {
        return layers.stream().filter(layer -> !layer.name().isEmpty()).toList();
    }

    /// The name of the folder of links.
    static String key(List<Layer> named) {
        String text =
                named.stream()
                        .map(layer -> layer.name() + " " + layer.digest().hex())
                        .sorted()
                        .collect(Collectors.joining("\n"));
        return Digest.of(text.getBytes(StandardCharsets.UTF_8)).hex();
    }

    private static Path links(
            List<Layer> named, ModelFolder folder, ModelFolder own, String where) {
        Path place = own.files().resolve(key(named));
        try {
            Files.createDirectories(place);
            for (Layer layer : named) {
                link(place.resolve(layer.name()), folder.blob(layer.digest()));
            }
            return place;
        } catch (IOException e) {
            throw ModelFolder.failed("files of the model cannot be named", where, e);
        }
    }

    private static void link(Path link, Path blob) throws IOException {
        if (Files.exists(link)) {
            return;
        }
        try {
            Files.createLink(link, blob);
        } catch (FileAlreadyExistsException another) {
            // Somebody else was faster.
        } catch (IOException | UnsupportedOperationException otherDisk) {
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, blob.toAbsolutePath());
        }
    }

    /// Removes a folder of links.
    static void unlink(ModelFolder own, String key) throws IOException {
        Path place = own.files().resolve(key);
        if (Files.isDirectory(place)) {
            try (Stream<Path> links = Files.list(place)) {
                for (Path link : links.toList()) {
                    Files.delete(link);
                }
            }
            Files.delete(place);
        }
    }
}
