package dev.backplane.store.log;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Where else the log is kept, besides the file that it is read from.
///
/// With a bucket as the store a node may vanish with its disk, so that a batch counts as durable
/// when it is an object, one a batch: `log/GENERATION/POSITION` (16 hexadecimal digits each),
/// written if absent. Starting anywhere means fetching what the local file lacks. Thread-safe.
public sealed interface LogReplica {
    /// Makes a batch durable; its bytes begin at `position` of the generation's file.
    void put(long generation, long position, ByteBuffer batch) throws IOException;

    /// Brings the local files of generations after `flushed` up to what is kept here.
    void restore(Path directory, long flushed) throws IOException;

    /// Forgets a generation that is in segments.
    void drop(long generation) throws IOException;

    /// The local disk is all there is.
    LogReplica NONE = new None();

    record None() implements LogReplica {
        @Override
        public void put(long generation, long position, ByteBuffer batch) {}

        @Override
        public void restore(Path directory, long flushed) {}

        @Override
        public void drop(long generation) {}
    }

    record Bucket(ObjectStore objects) implements LogReplica {
        private static final String PREFIX = "log/";

        private static String prefix(long generation) {
            return PREFIX + "%016x/".formatted(generation);
        }

        @Override
        public void put(long generation, long position, ByteBuffer batch) throws IOException {
            byte[] bytes = new byte[batch.remaining()];
            batch.get(bytes);
            String key = prefix(generation) + "%016x".formatted(position);
            if (objects.putIfAbsent(key, bytes).isEmpty()) {
                throw Problem.conflict("another process writes this log", key)
                        .fix("run one writer on a bucket");
            }
        }

        @Override
        public void restore(Path directory, long flushed) throws IOException {
            TreeMap<Long, TreeMap<Long, String>> generations = new TreeMap<>();
            for (ObjectStore.Listed object : objects.list(PREFIX)) {
                String[] parts = object.key().split("/");
                long generation = Long.parseUnsignedLong(parts[1], 16);
                if (generation <= flushed) {
                    objects.delete(object.key());
                } else {
                    generations
                            .computeIfAbsent(generation, _ -> new TreeMap<>())
                            .put(Long.parseUnsignedLong(parts[2], 16), object.key());
                }
            }
            for (Map.Entry<Long, TreeMap<Long, String>> entry : generations.entrySet()) {
                restore(directory, entry.getKey(), List.copyOf(entry.getValue().values()));
            }
        }

        /// The file is made anew and appears when it is whole: what the disk has beyond it was
        /// never acknowledged.
        private void restore(Path directory, long generation, List<String> keys)
                throws IOException {
            Path target = Generation.path(directory, generation);
            Path partial = target.resolveSibling(target.getFileName() + ".tmp");
            try (FileChannel out =
                    FileChannel.open(
                            partial,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                write(out, LogFormat.header(generation));
                for (String key : keys) {
                    long position = Long.parseUnsignedLong(key.substring(key.length() - 16), 16);
                    if (position != out.position()) {
                        // A batch is put only after the one before it: what follows a gap is of a
                        // writer that had failed already.
                        break;
                    }
                    ObjectStore.Tagged object =
                            objects.get(key)
                                    .orElseThrow(() -> new IOException(key + " has vanished"));
                    write(out, ByteBuffer.wrap(object.bytes()));
                }
                out.force(true);
            }
            Files.move(
                    partial,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }

        @Override
        public void drop(long generation) throws IOException {
            objects.deleteAll(prefix(generation));
        }
    }
}
