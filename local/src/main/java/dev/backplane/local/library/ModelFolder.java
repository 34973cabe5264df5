package dev.backplane.local.library;

import dev.backplane.core.Directories;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// A folder of models in Ollama's layout: the library's own, or one that is only read. Thread-safe;
/// of a folder that is written to, there is one object in one process.
///
/// What is written is durable before it has its name: written beside, forced, moved there.
public final class ModelFolder {
    private static final System.Logger LOG = System.getLogger(ModelFolder.class.getName());
    private static final int MODELS_MAX = 10_000;
    private static final int NAME_DEPTH = 4;
    private static final int CHUNK_BYTES = 1 << 20;

    /// Unfinished downloads, and blobs that no name has, are kept for so long.
    private static final Duration ABANDONED = Duration.ofDays(7);

    private final Path root;
    private final boolean writable;
    private final AtomicLong temporary = new AtomicLong();

    private ModelFolder(Path root, boolean writable) {
        this.root = root;
        this.writable = writable;
    }

    /// The library's own folder, made if it is not there; what was abandoned in it goes.
    public static ModelFolder open(Path root) throws IOException {
        ModelFolder folder = new ModelFolder(root, true);
        Files.createDirectories(folder.manifests());
        Files.createDirectories(folder.blobs());
        Files.createDirectories(folder.partial());
        folder.sweep();
        return folder;
    }

    /// A folder that somebody else writes to, whether it is there or not.
    public static ModelFolder reading(Path root) {
        return new ModelFolder(root, false);
    }

    public Path root() {
        return root;
    }

    public boolean isWritable() {
        return writable;
    }

    private Path manifests() {
        return root.resolve("manifests");
    }

    private Path blobs() {
        return root.resolve("blobs");
    }

    /// Where links to blobs are, for models of several files.
    Path files() {
        return root.resolve("files");
    }

    /// Where downloads wait until they are whole.
    public Path partial() {
        return root.resolve("partial");
    }

    /// Where the bytes of a digest are, if they are here.
    public Path blob(Digest digest) {
        return blobs().resolve(digest.fileName());
    }

    /// Whether the layer's bytes are here, all of them.
    public boolean has(Layer layer) {
        try {
            return Files.size(blob(layer.digest())) == layer.size();
        } catch (IOException absent) {
            return false;
        }
    }

    // ---- reading

    /// The models whose names can be read; manifests that are damaged are left out and reported.
    public List<StoredModel> list() {
        List<StoredModel> models = new ArrayList<>();
        for (ModelName name : names()) {
            try {
                find(name).ifPresent(models::add);
            } catch (Problem damaged) {
                LOG.log(System.Logger.Level.WARNING, "{0}", damaged.getMessage());
            }
        }
        return models;
    }

    private List<ModelName> names() {
        List<ModelName> names = new ArrayList<>();
        Path manifests = manifests();
        try (Stream<Path> files = Files.walk(manifests, NAME_DEPTH)) {
            files.filter(file -> manifests.relativize(file).getNameCount() == NAME_DEPTH)
                    .filter(Files::isRegularFile)
                    .limit(MODELS_MAX)
                    .forEach(file -> name(manifests.relativize(file)).ifPresent(names::add));
        } catch (IOException | UncheckedIOException unreadable) {
            return names;
        }
        return names;
    }

    private static Optional<ModelName> name(Path path) {
        try {
            return Optional.of(
                    new ModelName(
                            path.getName(0).toString(),
                            path.getName(1).toString(),
                            path.getName(2).toString(),
                            path.getName(3).toString()));
        } catch (Problem notOurs) {
            return Optional.empty();
        }
    }

    /// @throws Problem `INVALID` when its manifest is damaged
    public Optional<StoredModel> find(ModelName name) {
        Path file = manifests().resolve(name.path());
        try {
            if (Files.size(file) > Manifest.BYTES_MAX) {
                throw Problem.tooLarge(
                                "manifest of %,d bytes".formatted(Files.size(file)), where(name))
                        .fix("pull the model again");
            }
            Slice bytes = Slice.of(Files.readAllBytes(file));
            Manifest manifest = Manifest.read(bytes, where(name));
            Instant modified = Files.getLastModifiedTime(file).toInstant();
            return Optional.of(new StoredModel(name, manifest, manifest.digest(), modified, this));
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    private static String where(ModelName name) {
        return "manifest of " + name;
    }

    // ---- writing

    /// Gives the name to these layers.
    ///
    /// @throws Problem `CONFLICT` when bytes of a layer are not here
    public synchronized void put(ModelName name, Manifest manifest) {
        requireWritable();
        for (Layer layer : manifest.all()) {
            if (!has(layer)) {
                throw Problem.conflict(
                                "bytes of layer %s are not here".formatted(layer.digest().brief()),
                                name.toString())
                        .fix("pull the model, or upload the blob, again");
            }
        }
        Optional<StoredModel> before = readable(name);
        write(manifest.bytes(), manifests().resolve(name.path()));
        before.ifPresent(this::removeUnused);
    }

    private Optional<StoredModel> readable(ModelName name) {
        try {
            return find(name);
        } catch (Problem damaged) {
            return Optional.empty();
        }
    }

    /// Takes the name away, and the bytes that no other name has.
    ///
    /// @return whether there was such a name
    public synchronized boolean remove(ModelName name) {
        requireWritable();
        Optional<StoredModel> model = readable(name);
        Path file = manifests().resolve(name.path());
        try {
            if (!Files.deleteIfExists(file)) {
                return false;
            }
            for (Path folder = file.getParent();
                    folder != null && !folder.equals(manifests()) && isEmpty(folder);
                    folder = folder.getParent()) {
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw failed("model cannot be removed", name.toString(), e);
        }
        model.ifPresent(this::removeUnused);
        return true;
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    private void removeUnused(StoredModel removed) {
        List<Layer> layers = removed.manifest().all();
        used().ifPresent(used -> {
            List<Layer> unused =
                    layers.stream().filter(layer -> !used.contains(layer.digest())).toList();
            unused.forEach(layer -> delete(blob(layer.digest())));
            if (!Weights.named(unused).isEmpty()) {
                try {
                    Weights.unlink(this, Weights.key(Weights.named(layers)));
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "links of {0} stay", removed.name());
                }
            }
        });
    }

    /// What any name needs; empty when a manifest cannot be read, because then nobody knows.
    private Optional<Set<Digest>> used() {
        Set<Digest> used = new HashSet<>();
        for (ModelName name : names()) {
            Optional<StoredModel> model = readable(name);
            if (model.isEmpty()) {
                return Optional.empty();
            }
            model.get().manifest().all().forEach(layer -> used.add(layer.digest()));
        }
        return Optional.of(used);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} cannot be removed", file.getFileName());
        }
    }

    /// Blobs without a name are those of pulls that were not finished, and uploads that nothing was
    /// made of.
    private synchronized void sweep() throws IOException {
        Instant limit = Instant.now().minus(ABANDONED);
        Optional<Set<Digest>> used = used();
        if (used.isEmpty()) {
            return;
        }
        Set<String> names = new HashSet<>();
        used.get().forEach(digest -> names.add(digest.fileName()));
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

    /// Keeps small bytes.
    public Layer add(LayerKind kind, Slice bytes) {
        requireWritable();
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
    public long add(Digest digest, InputStream in, long announced) throws IOException {
        requireWritable();
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
        requireWritable();
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
    public void adopt(Path file, Digest digest) throws IOException {
        Files.move(
                file,
                blob(digest),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        Directories.sync(blobs());
    }

    /// Takes a layer over from another folder: as a second name of the same bytes where the disk
    /// allows, else as a copy that is hashed.
    public void take(Layer layer, ModelFolder other) throws IOException {
        requireWritable();
        if (has(layer)) {
            return;
        }
        Path from = other.blob(layer.digest()).toRealPath();
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

    private void write(Slice bytes, Path place) {
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
            throw failed("cannot be written", root.toString(), e);
        } finally {
            delete(file);
        }
    }

    private void requireWritable() {
        if (!writable) {
            throw new IllegalStateException("folder of somebody else");
        }
    }

    static Problem failed(String what, String where, IOException e) {
        String reason =
                e instanceof NoSuchFileException
                        ? ": a folder is missing"
                        : e instanceof FileSystemException failed && failed.getReason() != null
                                ? ": " + failed.getReason().toLowerCase(Locale.ROOT)
                                : "";
        return Problem.internal(what + reason, where)
                .fix("check the disk's room and the folder's permissions")
                .causedBy(e);
    }
}
