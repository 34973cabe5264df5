package dev.backplane.core;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// What the JDK leaves out about directories.
public final class Directories {
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private Directories() {}

    /// Makes the entries of a directory durable. Windows has no such call and does it by itself;
    /// file systems other than the default one are not on a disk.
    public static void sync(Path directory) throws IOException {
        if (!WINDOWS && directory.getFileSystem().equals(FileSystems.getDefault())) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
