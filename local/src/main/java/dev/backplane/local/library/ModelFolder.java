package dev.backplane.local.library;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A folder of models in Ollama's layout: the library's own, or one that is only read. Thread-safe;
/// of a folder that is written to, there is one object in one process. Here are names; their bytes
/// are [Blobs].
public final class ModelFolder {
    private static final System.Logger LOG = System.getLogger(ModelFolder.class.getName());
    private static final int MODELS_MAX = 10_000;
    private static final int NAME_DEPTH = 4;

    /// Unfinished downloads, and blobs that no name has, are kept for so long.
    private static final Duration ABANDONED = Duration.ofDays(7);

    private final Path root;
    private final boolean writable;
    private final Blobs blobs;

    private ModelFolder(Path root, boolean writable) {
        this.root = root;
        this.writable = writable;
        this.blobs = new Blobs(root);
    }

    /// The library's own folder, made if it is not there; what was abandoned in it goes.
    public static ModelFolder open(Path root) throws IOException {
        ModelFolder folder = new ModelFolder(root, true);
        Files.createDirectories(folder.manifests());
        folder.blobs.create();
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

    /// Where links to blobs are, for models of several files.
    Path files() {
        return root.resolve("files");
    }

    /// Where downloads wait until they are whole.
    public Path partial() {
        return blobs.partial();
    }

    /// Where the bytes of a digest are, if they are here.
    public Path blob(Digest digest) {
        return blobs.blob(digest);
    }

    /// Whether the layer's bytes are here, all of them.
    public boolean has(Layer layer) {
        return blobs.has(layer);
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
        blobs.write(manifest.bytes(), manifests().resolve(name.path()));
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
            unused.forEach(layer -> Blobs.delete(blob(layer.digest())));
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

    /// Blobs without a name are those of pulls that were not finished, and uploads that nothing was
    /// made of.
    private synchronized void sweep() throws IOException {
        Optional<Set<Digest>> used = used();
        if (used.isPresent()) {
            blobs.sweep(used.get(), Instant.now().minus(ABANDONED));
        }
    }

    /// Keeps small bytes.
    public Layer add(LayerKind kind, Slice bytes) {
        return written().add(kind, bytes);
    }

    /// Keeps bytes that come from somewhere, if they are those of the digest.
    ///
    /// @param announced how many there will be; below 0 when nobody knows
    /// @return how many there were
    /// @throws Problem `INVALID` when they are others; nothing is kept then
    public long add(Digest digest, InputStream in, long announced) throws IOException {
        return written().add(digest, in, announced);
    }

    /// Keeps a large file that somebody writes, which has no digest before.
    ///
    /// @param bytesMax about how many it may have, for which there must be room
    Layer add(LayerKind kind, long bytesMax, Blobs.Writing writing) throws IOException {
        return written().add(kind, bytesMax, writing);
    }

    /// Gives a file that was hashed and forced, on this folder's disk, its place.
    public void adopt(Path file, Digest digest) throws IOException {
        blobs.adopt(file, digest);
    }

    /// Takes a layer over from another folder: as a second name of the same bytes where the disk
    /// allows, else as a copy that is hashed.
    public void take(Layer layer, ModelFolder other) throws IOException {
        written().take(layer, other.blob(layer.digest()));
    }

    private Blobs written() {
        requireWritable();
        return blobs;
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
