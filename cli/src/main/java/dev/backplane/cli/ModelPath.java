package dev.backplane.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/// Where a model's name may stand, its file or folder may.
final class ModelPath {
    private ModelPath() {}

    /// Whether a text can only be a path; whether there is something is another question.
    static boolean isMeant(String text) {
        return text.startsWith("./")
                || text.startsWith("../")
                || text.startsWith("/")
                || text.startsWith("~/")
                || text.equals(".");
    }

    /// What is written like a path, and what is there: a GGUF file, or a folder.
    ///
    /// @param folder that the path counts from
    static Optional<Path> of(String text, Path folder) {
        try {
            Path path =
                    text.startsWith("~/")
                            ? Path.of(System.getProperty("user.home"), text.substring(2))
                            : folder.resolve(text);
            boolean isThere =
                    Files.isDirectory(path) || (text.endsWith(".gguf") && Files.exists(path));
            return isMeant(text) || isThere ? Optional.of(path) : Optional.empty();
        } catch (InvalidPathException none) {
            return Optional.empty();
        }
    }
}
