package dev.backplane.engine.model;

import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.kernel.WorkerPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/// A folder that keeps the tiles of models ([TileFile]), so that the second start of a model is a
/// mapping. What is kept is a convenience: whatever goes wrong with it, a model loads as without.
///
/// A model is known by where its files are, their sizes, times, and first bytes, and how tiles are
/// laid out. Its tiles are written beside, under another name until they are whole. Of all tiles,
/// the longest unused go when they are more than `bytesMax`; what is mapped meanwhile stays
/// readable until it is let go.
///
/// @param bytesMax of all files together, and at most half of what the disk has left for a new one
public record TileCache(Path folder, long bytesMax) {
    private static final Logger LOG = System.getLogger(TileCache.class.getName());
    private static final String SUFFIX = ".tiles";
    private static final String UNFINISHED = ".part";
    private static final int FIRST_BYTES = 1 << 16;

    /// What there is of a model's tiles, and where those go that had to be made.
    sealed interface Tiles extends AutoCloseable {
        Optional<MemorySegment> find(String name, long bytes);

        void made(String name, MemorySegment tiles);

        /// When all of the model's weights were found or made.
        void done();

        /// Leaves nothing behind that is not whole.
        @Override
        void close();
    }

    /// Keeps nothing.
    record None() implements Tiles {
        @Override
        public Optional<MemorySegment> find(String name, long bytes) {
            return Optional.empty();
        }

        @Override
        public void made(String name, MemorySegment tiles) {}

        @Override
        public void done() {}

        @Override
        public void close() {}
    }

    /// Tiles of a model from an earlier start, mapped until `arena` ends; or a place for new ones.
    ///
    /// @param model a file, or a folder of files
    Tiles open(Path model, WorkerPool pool, Arena arena) {
        try {
            byte[] key = key(model);
            Path file = folder.resolve(HexFormat.of().formatHex(key) + SUFFIX);
            if (Files.exists(file)) {
                Optional<Map<String, TileFile.Found>> found = read(file, key, pool, arena);
                if (found.isPresent()) {
                    return new Kept(file, found.get());
                }
                Files.deleteIfExists(file);
            }
            Files.createDirectories(folder);
            sweep();
            Path part =
                    folder.resolve(file.getFileName() + UNFINISHED + ProcessHandle.current().pid());
            Files.deleteIfExists(part);
            return new Made(this, file, part, new TileFile.Writer(part, key));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "tiles of {0} are not kept: {1}", model, e.toString());
            return new None();
        }
    }

    private static Optional<Map<String, TileFile.Found>> read(
            Path file, byte[] key, WorkerPool pool, Arena arena) {
        try {
            Map<String, TileFile.Found> found = TileFile.read(file, key, arena);
            List<TileFile.Found> all = List.copyOf(found.values());
            AtomicBoolean good = new AtomicBoolean(true);
            pool.run((worker, workers) -> {
                for (int i = worker; i < all.size() && good.get(); i += workers) {
                    if (!all.get(i).good()) {
                        good.set(false);
                    }
                }
            });
            if (good.get()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                return Optional.of(found);
            }
            LOG.log(Level.WARNING, "{0} is damaged and is made anew", file);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} is made anew: {1}", file, e.getMessage());
        }
        return Optional.empty();
    }

    private static byte[] key(Path model) throws IOException {
        MessageDigest digest = sha256();
        digest.update((byte) WeightMatrix.TILE_LAYOUT);
        List<Path> files = new ArrayList<>();
        Path real = model.toRealPath();
        if (Files.isDirectory(real)) {
            try (Stream<Path> inside = Files.list(real)) {
                inside.filter(Files::isRegularFile).sorted().forEach(files::add);
            }
        } else {
            files.addAll(GgufModel.parts(real));
        }
        for (Path file : files) {
            String facts =
                    "%s %d %s\n".formatted(file, Files.size(file), Files.getLastModifiedTime(file));
            digest.update(facts.getBytes(StandardCharsets.UTF_8));
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer first = ByteBuffer.allocate(FIRST_BYTES);
                while (first.hasRemaining() && channel.read(first) >= 0) {
                    // until the buffer is full or the file ends
                }
                digest.update(first.flip());
            }
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /// Whether so many bytes may be added to an unfinished file.
    private boolean hasRoom(Path part, long bytes) throws IOException {
        return Files.size(part) + bytes <= bytesMax
                && bytes <= Files.getFileStore(folder).getUsableSpace() / 2;
    }

    /// Deletes those that were longest unused.
    private void prune(Path newest) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> inside = Files.list(folder)) {
            inside.filter(file -> file.toString().endsWith(SUFFIX))
                    .filter(file -> !file.equals(newest))
                    .sorted(Comparator.comparing(TileCache::used).reversed())
                    .forEach(files::add);
        }
        long bytes = Files.size(newest);
        for (Path file : files) {
            bytes += Files.size(file);
            if (bytes > bytesMax) {
                bytes -= Files.size(file);
                Files.deleteIfExists(file);
            }
        }
    }

    /// Deletes what processes that are gone have not finished.
    private void sweep() throws IOException {
        try (Stream<Path> inside = Files.list(folder)) {
            for (Path file : inside.toList()) {
                String name = file.getFileName().toString();
                int at = name.lastIndexOf(UNFINISHED);
                if (at >= 0 && !isRunning(name.substring(at + UNFINISHED.length()))) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static boolean isRunning(String process) {
        try {
            return ProcessHandle.of(Long.parseLong(process)).isPresent();
        } catch (NumberFormatException notOurs) {
            return true;
        }
    }

    private static Instant used(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Tiles of an earlier start.
    record Kept(Path file, Map<String, TileFile.Found> found) implements Tiles {
        @Override
        public Optional<MemorySegment> find(String name, long bytes) {
            return Optional.ofNullable(found.get(name))
                    .map(TileFile.Found::tiles)
                    .filter(tiles -> tiles.byteSize() == bytes);
        }

        @Override
        public void made(String name, MemorySegment tiles) {
            LOG.log(Level.WARNING, "{0} lacks {1}", file, name);
        }

        @Override
        public void done() {}

        @Override
        public void close() {}
    }

    /// Writes tiles as they are made.
    static final class Made implements Tiles {
        private final TileCache cache;
        private final Path file;
        private final Path part;
        private final TileFile.Writer writer;
        private boolean failed;
        private boolean any;

        Made(TileCache cache, Path file, Path part, TileFile.Writer writer) {
            this.cache = cache;
            this.file = file;
            this.part = part;
            this.writer = writer;
        }

        @Override
        public Optional<MemorySegment> find(String name, long bytes) {
            return Optional.empty();
        }

        @Override
        public void made(String name, MemorySegment tiles) {
            try {
                if (!failed && !cache.hasRoom(part, tiles.byteSize())) {
                    throw new IOException("no room for them");
                }
                if (!failed) {
                    writer.add(name, tiles);
                    any = true;
                }
            } catch (IOException e) {
                failed(e);
            }
        }

        @Override
        public void done() {
            if (failed || !any) {
                return;
            }
            try {
                writer.finish();
                Files.move(
                        part,
                        file,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                cache.prune(file);
            } catch (IOException | UncheckedIOException e) {
                failed(e);
            }
        }

        private void failed(Exception e) {
            failed = true;
            LOG.log(Level.WARNING, "tiles are not kept in {0}: {1}", file, e.toString());
        }

        @Override
        public void close() {
            try {
                writer.close();
                Files.deleteIfExists(part);
            } catch (IOException again) {
                LOG.log(Level.WARNING, "{0} stays: {1}", part, again.toString());
            }
        }
    }
}
