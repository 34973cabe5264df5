package dev.backplane.tensor;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// A whole file as read-only memory, until it is closed. The file must keep its length meanwhile:
/// where it was cut, reading throws `InternalError`.
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;

    private MappedFile(Path path, Arena arena, MemorySegment bytes) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
    }

    /// @throws Problem when there is no such file or it cannot be read
    @SuppressWarnings("MustBeClosedChecker") // the mapping that is returned closes it
    public static MappedFile open(Path path) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path)) {
            MemorySegment bytes =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new MappedFile(path, arena, bytes);
        } catch (NoSuchFileException e) {
            arena.close();
            throw Problem.notFound("no such file", path.toString())
                    .fix("check the path")
                    .causedBy(e);
        } catch (IOException e) {
            arena.close();
            throw Problem.invalid("cannot map the file: " + e.getMessage(), path.toString())
                    .fix("name a readable regular file")
                    .causedBy(e);
        }
    }

    public Path path() {
        return path;
    }

    public MemorySegment bytes() {
        return bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
