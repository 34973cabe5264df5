package dev.backplane.tensor;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Writes the data of a model file, tensor after tensor, in pieces of any size:
///
/// ```java
/// try (TensorWriter writer = GgufWriter.create(path, metadata, specs)) {
///     for (Tensor tensor : tensors) {
///         writer.write(tensor.data());
///     }
///     writer.finish();
/// }
/// ```
///
/// The file is `PATH.part` until [#finish], which forces it to disk and renames it: a file under
/// its own name is whole. Closing without having finished deletes it. For one thread.
public final class TensorWriter implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 << 20;

    private final Path path;
    private final Path part;
    private final FileChannel channel;
    private final List<TensorSpec> specs;
    private final long alignment;
    private int current;
    private long written;
    private boolean finished;

    private TensorWriter(
            Path path, Path part, FileChannel channel, List<TensorSpec> specs, long alignment) {
        this.path = path;
        this.part = part;
        this.channel = channel;
        this.specs = List.copyOf(specs);
        this.alignment = alignment;
    }

    /// Begins a file. For the formats, which know what a head looks like.
    ///
    /// @param head all that comes before the first tensor, padding included
    /// @param alignment of each tensor's bytes; a power of two, 1 for none
    public static TensorWriter create(
            Path path, byte[] head, List<TensorSpec> specs, long alignment) {
        Path part = path.resolveSibling(path.getFileName() + ".part");
        try {
            FileChannel channel =
                    FileChannel.open(
                            part,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE);
            TensorWriter writer = new TensorWriter(path, part, channel, specs, alignment);
            boolean begun = false;
            try {
                writer.put(ByteBuffer.wrap(head));
                begun = true;
                return writer;
            } finally {
                if (!begun) {
                    writer.close();
                }
            }
        } catch (IOException e) {
            throw failed(part, e);
        }
    }

    /// The next bytes of the tensor whose turn it is.
    ///
    /// @throws IllegalStateException when they are more than are missing of it
    public void write(MemorySegment piece) {
        skipEmpty();
        if (piece.byteSize() == 0) {
            return;
        }
        long missing = current < specs.size() ? specs.get(current).bytes() - written : 0;
        if (piece.byteSize() > missing) {
            throw new IllegalStateException(
                    "%d bytes for %s, %d are missing".formatted(piece.byteSize(), turn(), missing));
        }
        try {
            for (long at = 0; at < piece.byteSize(); at += CHUNK_BYTES) {
                long length = Math.min(CHUNK_BYTES, piece.byteSize() - at);
                put(piece.asSlice(at, length).asByteBuffer());
            }
            written += piece.byteSize();
            if (piece.byteSize() == missing) {
                next();
            }
        } catch (IOException e) {
            throw failed(part, e);
        }
    }

    private String turn() {
        return current < specs.size() ? "'" + specs.get(current).name() + "'" : "the end";
    }

    private void skipEmpty() {
        while (current < specs.size() && specs.get(current).bytes() == 0) {
            current++;
        }
    }

    private void next() throws IOException {
        int padding = (int) (-written & alignment - 1);
        for (int rest = padding; rest > 0; rest -= CHUNK_BYTES) {
            put(ByteBuffer.allocate(Math.min(rest, CHUNK_BYTES)));
        }
        written = 0;
        current++;
    }

    private void put(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// Makes the file durable and gives it its name, replacing a former one.
    ///
    /// @throws IllegalStateException when a tensor is missing
    public void finish() {
        skipEmpty();
        if (current < specs.size()) {
            throw new IllegalStateException("%s has %d bytes so far".formatted(turn(), written));
        }
        try {
            channel.force(true);
            channel.close();
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
            finished = true;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /// Deletes what is not finished.
    @Override
    public void close() {
        if (finished) {
            return;
        }
        finished = true;
        try {
            channel.close();
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw failed(part, e);
        }
    }

    private static Problem failed(Path path, IOException e) {
        return Problem.unavailable("cannot write the file: " + e.getMessage(), path.toString())
                .fix("make room, or name a folder that can be written to")
                .causedBy(e);
    }
}
