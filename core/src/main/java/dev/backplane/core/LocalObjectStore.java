package dev.backplane.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/// An [ObjectStore] in a directory.
///
/// | path below the root | what |
/// |---|---|
/// | the key | the object, a plain file |
/// | `.tmp/<process>/` | files being written, see [TempSpace] |
/// | `.tmp/replace-<n>.lock` | empty; locked while an object of stripe n is replaced or deleted |
///
/// Validity:
/// 1. A file is written and synced in `.tmp` before it gets its key, so whatever stands under a key
///    is complete. Getting the key is one atomic step: a hard link for a new object (fails if there
///    is one), a rename for a replaced one.
/// 2. A write returns after the directory entry, and those of directories made for it, are synced.
/// 3. Replacing and deleting hold the key's stripe, within the process by a lock and among
///    processes by a file lock, so exactly one of several writers with the same tag wins. Nothing
///    else needs a lock.
///
/// The tag is the first half of the SHA-256 of the bytes, as S3's is a hash of them. Directories
/// stay when their last object is deleted.
///
/// Cost of a write: two syncs (file and directory); of a file on the same file system: no copy.
public final class LocalObjectStore implements ObjectStore {
    private static final String TEMP = ".tmp";
    private static final int STRIPES = 64;
    private static final int TAG_BYTES = 16;
    private static final int BLOCK_BYTES = 1 << 20;

    /// Shared by all stores of the process, because a file lock belongs to the process as a whole
    /// and ends when any channel to the file is closed.
    private static final ReentrantLock[] LOCKS = new ReentrantLock[STRIPES];

    static {
        for (int i = 0; i < STRIPES; i++) {
            LOCKS[i] = new ReentrantLock();
        }
    }

    private final Path root;
    private final TempSpace temp;
    private volatile boolean closed;

    /// Directories whose own entry is known to be on disk.
    private final Set<Path> durableDirectories = ConcurrentHashMap.newKeySet();

    private LocalObjectStore(Path root, TempSpace temp) {
        this.root = root;
        this.temp = temp;
    }

    /// Opens the store in `directory`, which is made if it is missing, and removes what processes
    /// that died left unfinished.
    public static LocalObjectStore open(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path root = directory.toRealPath();
        return new LocalObjectStore(root, TempSpace.open(root.resolve(TEMP)));
    }

    /// The directory that holds the objects.
    public Path root() {
        return root;
    }

    @Override
    public Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException {
        Path target = pathFor(key);
        if (isTaken(key, target)) {
            return Optional.empty();
        }
        Path file = temp.create(bytes);
        try {
            return link(key, target, file) ? Optional.of(tag(bytes)) : Optional.empty();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public Optional<String> putIfAbsent(String key, Path file) throws IOException {
        Path target = pathFor(key);
        if (isTaken(key, target)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Path linked;
        try {
            linked = temp.link(file);
        } catch (FileSystemException | UnsupportedOperationException otherFileSystem) {
            linked = temp.copy(file);
        }
        try {
            String tag = tag(linked);
            return link(key, target, linked) ? Optional.of(tag) : Optional.empty();
        } finally {
            Files.deleteIfExists(linked);
        }
    }

    /// Whether there is an object. If so it is durable, so that a writer who lost may build on it
    /// although the winner's call has not returned.
    private boolean isTaken(String key, Path target) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        requireNoDirectory(key, target);
        makeDirectory(parent(target));
        Directories.sync(parent(target));
        return true;
    }

    /// Gives a complete file its key; false when there is an object.
    private boolean link(String key, Path target, Path file) throws IOException {
        makeDirectory(parent(target));
        try {
            Files.createLink(target, file);
        } catch (FileAlreadyExistsException e) {
            return !isTaken(key, target);
        } catch (UnsupportedOperationException e) {
            throw Problem.of(Problem.Kind.CONFIG, "file system has no hard links", root.toString())
                    .fix("keep the data on a file system with hard links, or in S3")
                    .causedBy(e);
        }
        Directories.sync(parent(target));
        return true;
    }

    @Override
    public Optional<String> putIfMatch(String key, byte[] bytes, String tag) throws IOException {
        Path target = pathFor(key);
        return exclusively(key, () -> replace(target, bytes, tag));
    }

    private Optional<String> replace(Path target, byte[] bytes, String tag) throws IOException {
        if (!Files.isRegularFile(target) || !tag(target).equals(tag)) {
            return Optional.empty();
        }
        Path file = temp.create(bytes);
        try {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(file);
        }
        Directories.sync(parent(target));
        return Optional.of(tag(bytes));
    }

    private interface Action<R> {
        R run() throws IOException;
    }

    private <R> R exclusively(String key, Action<R> action) throws IOException {
        int stripe = Math.floorMod(key.hashCode(), STRIPES);
        Path file = root.resolve(TEMP, "replace-" + stripe + ".lock");
        LOCKS[stripe].lock();
        try (FileChannel channel =
                        FileChannel.open(
                                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            return action.run();
        } finally {
            LOCKS[stripe].unlock();
        }
    }

    @Override
    public Optional<Tagged> get(String key) throws IOException {
        Path path = pathFor(key);
        try {
            byte[] bytes = Files.readAllBytes(path);
            return Optional.of(new Tagged(bytes, tag(bytes)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            if (Files.isDirectory(path) || behindFile(path)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public byte[] getRange(String key, long offset, int length) throws IOException {
        if (offset < 0 || length < 0) {
            throw Problem.invalid("range " + offset + "+" + length + " is negative", key)
                    .fix("ask for an offset and a length of 0 or more");
        }
        try (FileChannel channel = FileChannel.open(file(key), StandardOpenOption.READ)) {
            long available = Math.clamp(channel.size() - offset, 0, length);
            ByteBuffer buffer = ByteBuffer.allocate((int) available);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, offset + buffer.position()) < 0) {
                    throw new IOException("object became shorter while it was read: " + key);
                }
            }
            return buffer.array();
        }
    }

    @Override
    public Path fetch(String key, Path target) throws IOException {
        return file(key);
    }

    @Override
    public List<Listed> list(String prefix) throws IOException {
        ObjectStore.requirePrefix(prefix);
        requireOpen();
        int slash = prefix.lastIndexOf('/');
        Path start = slash < 0 ? root : root.resolve(prefix.substring(0, slash));
        List<Listed> found = new ArrayList<>();
        if (Files.isDirectory(start)) {
            Files.walkFileTree(start, new Walk(prefix, found));
        }
        found.sort(Comparator.comparing(Listed::key));
        return List.copyOf(found);
    }

    /// Collects the objects below a directory; what is deleted meanwhile is passed over.
    private final class Walk extends SimpleFileVisitor<Path> {
        private final String prefix;
        private final List<Listed> found;

        Walk(String prefix, List<Listed> found) {
            this.prefix = prefix;
            this.found = found;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            if (directory.equals(root)) {
                return FileVisitResult.CONTINUE;
            }
            String folder = key(directory) + "/";
            boolean wanted =
                    KeyRules.isPart(directory.getFileName().toString())
                            && (folder.startsWith(prefix) || prefix.startsWith(folder));
            return wanted ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String key = key(file);
            if (attributes.isRegularFile() && key.startsWith(prefix) && KeyRules.isKey(key)) {
                found.add(new Listed(key, attributes.size()));
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        private String key(Path path) {
            StringBuilder key = new StringBuilder();
            for (Path part : root.relativize(path)) {
                key.append(key.isEmpty() ? "" : "/").append(part);
            }
            return key.toString();
        }
    }

    @Override
    public void delete(String key) throws IOException {
        Path target = pathFor(key);
        exclusively(
                key,
                () -> {
                    boolean deleted = Files.isRegularFile(target) && Files.deleteIfExists(target);
                    if (deleted) {
                        Directories.sync(parent(target));
                    }
                    return deleted;
                });
    }

    /// Releases the directory. Using the store afterwards is an [IOException].
    @Override
    public void close() {
        closed = true;
        temp.close();
    }

    private Path pathFor(String key) throws IOException {
        ObjectStore.requireKey(key);
        requireOpen();
        return root.resolve(key);
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("object store is closed: " + root);
        }
    }

    /// The file of an existing object.
    private Path file(String key) throws IOException {
        Path path = pathFor(key);
        if (!Files.isRegularFile(path)) {
            throw new NoSuchFileException(key);
        }
        return path;
    }

    private static void requireNoDirectory(String key, Path target) {
        if (Files.isDirectory(target)) {
            throw Problem.invalid("object key is a folder of other objects", "'" + key + "'")
                    .fix("use a key that no other key begins with");
        }
    }

    /// Whether a part of the path that should be a directory is an object.
    private boolean behindFile(Path path) {
        for (Path part = parent(path); !part.equals(root); part = parent(part)) {
            if (Files.isRegularFile(part)) {
                return true;
            }
        }
        return false;
    }

    /// Makes a directory and those above it, each of which is on disk when this returns, even if
    /// another thread made it a moment ago.
    private void makeDirectory(Path directory) throws IOException {
        if (directory.equals(root) || durableDirectories.contains(directory)) {
            return;
        }
        makeDirectory(parent(directory));
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw Problem.invalid(
                                "folder of the object key is itself an object",
                                "'" + root.relativize(directory) + "'")
                        .fix("use a key that does not continue another key");
            }
        }
        Directories.sync(parent(directory));
        durableDirectories.add(directory);
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw Problem.internal("path has no parent", path.toString());
        }
        return parent;
    }

    private static String tag(byte[] bytes) {
        return tagOf(sha256().digest(bytes));
    }

    private static String tag(Path file) throws IOException {
        MessageDigest hash = sha256();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocate(Math.clamp(channel.size(), 1, BLOCK_BYTES));
            while (channel.read(buffer) >= 0) {
                hash.update(buffer.flip());
                buffer.clear();
            }
        }
        return tagOf(hash.digest());
    }

    private static String tagOf(byte[] hash) {
        return HexFormat.of().formatHex(hash, 0, TAG_BYTES);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
