package dev.backplane.local.library;

import dev.backplane.core.Directories;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The bytes of a folder of models, each under its digest. Thread-safe.
///
/// What is written is durable before it has its name: written beside, forced, moved there.
final class Blobs {
    private static final System.Logger LOG = System.getLogger(Blobs.class.getName());
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path root;
    private final AtomicLong temporary = new AtomicLong();

    /// @param root of the folder of models
    Blobs(Path root) {
        this.root = root;
    }

    /// Makes the folders where they are not there.
    void create() throws IOException {
        Files.createDirectories(blobs());
        Files.createDirectories(partial());
    }

    private Path blobs() {
        return root.resolve("blobs");
    }

    /// Where downloads wait until they are whole.
    Path partial() {
        return root.resolve("partial");
    }

    /// Where the bytes of a digest are, if they are here.
    Path blob(Digest digest) {
        return blobs().resolve(digest.fileName());
    }

    /// Whether the layer's bytes are here, all of them.
    boolean has(Layer layer) {
        try {
            return Files.size(blob(layer.digest())) == layer.size();
        } catch (IOException absent) {
            return false;
        }
    }

    /// Keeps small bytes.
    Layer add(LayerKind kind, Slice bytes) {
        Layer layer = Layer.of(kind, Digest.of(bytes.bytes()), bytes.length());
        if (!has(layer)) {
            write(bytes, blob(layer.digest()));
        }
        return layer;
    }

    /// Keeps bytes that come from somewhere, if they are those of the digest.
    ///
    /// @param announced how many there will be; below 0 when nobody knows
    /// @return how many there were
    /// @throws Problem `INVALID` when they are others; nothing is kept then
    long add(Digest digest, InputStream in, long announced) throws IOException {
        Room.require(partial(), Math.max(0, announced), digest.brief());
        Path file = temporary();
        try {
            MessageDigest sha256 = Digest.sha256();
            long size = copy(in, file, sha256);
            Digest found = Digest.of(sha256);
            if (!found.equals(digest)) {
                throw Problem.invalid("the bytes have digest " + found, "blob " + digest)
                        .fix("send the bytes that the digest is of");
            }
            adopt(file, digest);
            return size;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /// Writes a file that does not exist, durably.
    interface Writing {
        void write(Path file) throws IOException;
    }

    /// Keeps a large file that somebody writes, which has no digest before.
    ///
    /// @param bytesMax about how many it may have, for which there must be room
    Layer add(LayerKind kind, long bytesMax, Writing writing) throws IOException {
        Room.require(partial(), bytesMax, "a model that is written");
        Path file = temporary();
        try {
            writing.write(file);
            Layer layer = Layer.of(kind, Digest.of(file), Files.size(file));
            adopt(file, layer.digest());
            return layer;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static long copy(InputStream in, Path file, MessageDigest sha256) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long size = 0;
        try (FileChannel out =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                sha256.update(chunk, 0, length);
                ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, length);
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
                size += length;
            }
            out.force(true);
        }
        return size;
    }

    /// Gives a file that was hashed and forced, on this folder's disk, its place.
    void adopt(Path file, Digest digest) throws IOException {
        Files.move(
                file,
                blob(digest),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        Directories.sync(blobs());
    }

    /// Takes a layer over from another folder: as a second name of the same bytes where the disk
    /// allows, else as a copy that is hashed.
    void take(Layer layer, Path other) throws IOException {
        if (has(layer)) {
            return;
        }
        Path from = other.toRealPath();
        try {
            Files.createLink(blob(layer.digest()), from);
            Directories.sync(blobs());
        } catch (IOException | UnsupportedOperationException otherDisk) {
            try (InputStream in = Files.newInputStream(from)) {
                add(layer.digest(), in, layer.size());
            }
        }
    }

    private Path temporary() {
        return partial()
                .resolve(
                        "upload-"
                                + ProcessHandle.current().pid()
                                + "-"
                                + temporary.incrementAndGet());
    }

    /// Keeps bytes under a name of the folder, in place of what was there.
    void write(Slice bytes, Path place) {
        Path file = temporary();
        Path folder = Objects.requireNonNull(place.getParent(), "a place has a folder");
        try {
            Files.createDirectories(folder);
            try (FileChannel out =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = bytes.buffer();
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
                out.force(true);
            }
            Files.move(
                    file,
                    place,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            Directories.sync(folder);
        } catch (IOException e) {
            throw ModelFolder.failed("cannot be written", root.toString(), e);
        } finally {
            delete(file);
        }
    }

    /// As far as the disk allows.
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} cannot be removed", file.getFileName());
        }
    }

    /// Removes bytes and unfinished downloads that nobody needs and that are older than a time.
    void sweep(Set<Digest> used, Instant limit) throws IOException {
        Set<String> names = used.stream().map(Digest::fileName).collect(Collectors.toSet());
        for (Path folder : List.of(blobs(), partial())) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    boolean isNamed = names.contains(String.valueOf(file.getFileName()));
                    if (!isNamed && Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                        delete(file);
                    }
                }
            }
        }
    }
}
