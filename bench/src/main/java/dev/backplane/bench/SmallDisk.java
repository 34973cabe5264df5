package dev.backplane.bench;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A disk of 64 MB in memory, three quarters of it taken by a file that can be deleted. Needs Linux
/// and the right to mount.
record SmallDisk(Path path) implements AutoCloseable {
    private static final int BALLAST_MEGABYTES = 48;

    static SmallDisk mount(Path path) throws IOException {
        Files.createDirectories(path);
        if (run(List.of("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", path.toString())) != 0) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "a small disk cannot be mounted", "tmpfs")
                    .fix("run as root on Linux, or leave out --full-disk");
        }
        SmallDisk disk = new SmallDisk(path);
        Files.write(disk.ballast(), new byte[BALLAST_MEGABYTES << 20]);
        return disk;
    }

    Path ballast() {
        return path.resolve("ballast");
    }

    private static int run(List<String> command) throws IOException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (run(List.of("umount", path.toString())) != 0) {
            throw new IOException("cannot unmount " + path);
        }
    }
}
