package dev.backplane.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A directory for the files of one measurement, which may be gigabytes; deleted when closed. It is
/// named by its process, so that what a killed one left goes when the next begins.
final class ScratchFolder implements AutoCloseable {
    private static final String PREFIX = "backplane-measure-";

    private final Path path;

    private ScratchFolder(Path path) {
        this.path = path;
    }

    /// In the temporary directory of this machine.
    static ScratchFolder make() throws IOException {
        return make(Path.of(System.getProperty("java.io.tmpdir")));
    }

    static ScratchFolder make(Path parent) throws IOException {
        sweep(parent);
        Path path = parent.resolve(PREFIX + ProcessHandle.current().pid());
        return new ScratchFolder(Files.createDirectories(path));
    }

    Path path() {
        return path;
    }

    private static void sweep(Path parent) throws IOException {
        List<Path> left;
        try (Stream<Path> all = Files.list(parent)) {
            left = all.filter(ScratchFolder::isLeft).toList();
        }
        for (Path folder : left) {
            delete(folder);
        }
    }

    private static boolean isLeft(Path folder) {
        String name = folder.getFileName().toString();
        if (!name.startsWith(PREFIX)) {
            return false;
        }
        try {
            long process = Long.parseLong(name.substring(PREFIX.length()));
            return ProcessHandle.of(process).isEmpty();
        } catch (NumberFormatException notOurs) {
            return false;
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(folder)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public void close() throws IOException {
        delete(path);
    }
}
