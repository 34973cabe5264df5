package dev.backplane.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A directory of unfinished files that belongs to one process as long as it lives.
///
/// `<root>/<uuid>/` holds the files, `<root>/<uuid>.lock` is locked by the owner; the system drops
/// the lock when the process ends, however it ends. Whoever opens a space removes those whose lock
/// is free. Opening and removing are serialised by a lock on `<root>/open.lock`.
///
/// Thread-safe.
final class TempSpace implements AutoCloseable {
    private static final String LOCK = ".lock";

    /// Spaces open in this JVM. Their lock files must not be opened again: closing a second channel
    /// to a file would drop the process's lock on it.
    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel owner;
    private final AtomicLong lastFile = new AtomicLong();

    private TempSpace(Path directory, FileChannel owner) {
        this.directory = directory;
        this.owner = owner;
    }

    static TempSpace open(Path root) throws IOException {
        Files.createDirectories(root);
        synchronized (TempSpace.class) {
            try (FileChannel channel = channel(root.resolve("open" + LOCK));
                    FileLock _ = channel.lock()) {
                sweep(root);
                return create(root);
            }
        }
    }

    private static TempSpace create(Path root) throws IOException {
        Path directory = root.resolve(UUID.randomUUID().toString());
        Files.createDirectory(directory);
        FileChannel owner = channel(lockOf(directory));
        try {
            owner.lock();
        } catch (IOException e) {
            owner.close();
            throw e;
        }
        OPEN_HERE.add(directory);
        return new TempSpace(directory, owner);
    }

    private static void sweep(Path root) throws IOException {
        try (DirectoryStream<Path> spaces = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (Path space : spaces) {
                if (!OPEN_HERE.contains(space)) {
                    removeUnlessOwned(space);
                }
            }
        }
    }

    private static void removeUnlessOwned(Path space) throws IOException {
        try (FileChannel channel = channel(lockOf(space));
                @Nullable FileLock lock = channel.tryLock()) {
            if (lock != null) {
                remove(space);
            }
        }
    }

    /// The directory goes last: without it nobody would look for the rest again.
    private static void remove(Path space) throws IOException {
        Files.deleteIfExists(lockOf(space));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(space)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(space);
    }

    /// A new synced file with these bytes.
    Path create(byte[] bytes) throws IOException {
        Path file = next();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
            return file;
        } catch (IOException e) {
            throw discard(file, e);
        }
    }

    /// A second name for `source`.
    ///
    /// @throws java.nio.file.FileSystemException when it is on another file system
    Path link(Path source) throws IOException {
        return Files.createLink(next(), source);
    }

    /// A new synced file with the bytes of `source`.
    Path copy(Path source) throws IOException {
        Path file = next();
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out =
                        FileChannel.open(
                                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long size = in.size();
            for (long copied = 0; copied < size; ) {
                long count = in.transferTo(copied, size - copied, out);
                if (count <= 0) {
                    throw new IOException("file became shorter while it was copied: " + source);
                }
                copied += count;
            }
            out.force(true);
            return file;
        } catch (IOException e) {
            throw discard(file, e);
        }
    }

    private static IOException discard(Path file, IOException failure) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    private Path next() {
        return directory.resolve(Long.toString(lastFile.incrementAndGet()));
    }

    @Override
    public void close() {
        if (!owner.isOpen()) {
            return;
        }
        try {
            remove(directory);
            owner.close();
        } catch (IOException e) {
            // Harmless: whoever opens the root next removes it.
            System.getLogger(TempSpace.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot remove " + directory, e);
        } finally {
            OPEN_HERE.remove(directory);
        }
    }

    private static Path lockOf(Path space) {
        return space.resolveSibling(space.getFileName() + LOCK);
    }

    private static FileChannel channel(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
