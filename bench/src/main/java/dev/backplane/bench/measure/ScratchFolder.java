package dev.backplane.bench.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A directory for the files of one measurement, which may be gigabytes; deleted when closed. It is
/// named by its process, so that what a killed one left goes when the next begins.
final class ScratchFolder implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ScratchFolder.class.getName());
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
        Path path = parent.resolve(PREFIX + ProcessHandle.current().pid());
        Files.createDirectories(path);
        sweep(parent, Files.getOwner(path));
        return new ScratchFolder(path);
    }

    Path path() {
        return path;
    }

    /// What cannot be deleted is left: it is no reason not to measure.
    private static void sweep(Path parent, UserPrincipal owner) {
        List<Path> left;
        try (Stream<Path> all = Files.list(parent)) {
            left = all.filter(folder -> isLeft(folder, owner)).toList();
        } catch (IOException | UncheckedIOException unreadable) {
            return;
        }
        for (Path folder : left) {
            try {
                delete(folder);
            } catch (IOException | UncheckedIOException stays) {
                LOG.log(System.Logger.Level.WARNING, "{0} cannot be deleted", folder);
            }
        }
    }

    /// Others measure on this machine, too, and their processes need not be seen here.
    private static boolean isLeft(Path folder, UserPrincipal owner) {
        String name = folder.getFileName().toString();
        if (!name.startsWith(PREFIX)) {
            return false;
        }
        try {
            long process = Long.parseLong(name.substring(PREFIX.length()));
            return ProcessHandle.of(process).isEmpty()
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(owner);
        } catch (NumberFormatException | IOException notOurs) {
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
