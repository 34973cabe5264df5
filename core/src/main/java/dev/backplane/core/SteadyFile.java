package dev.backplane.core;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/// A file that stays open whatever becomes of the threads that use it.
///
/// A [FileChannel] closes itself when a thread is interrupted in it, for all others as well: a
/// cancelled call would take the file away from the whole process. Here an interruption is only
/// noticed by the thread that it was meant for, after the operation. Thread-safe; all positions are
/// the caller's.
public final class SteadyFile implements AutoCloseable {
    private final Path path;
    private final OpenOption[] again;
    private volatile FileChannel channel;
    private volatile Optional<RandomAccessFile> removed = Optional.empty();
    private boolean closed;

    private SteadyFile(Path path, FileChannel channel, OpenOption... again) {
        this.path = path;
        this.channel = channel;
        this.again = again;
    }

    /// @param options as of [FileChannel#open]
    public static SteadyFile open(Path path, OpenOption... options) throws IOException {
        OpenOption[] again =
                Arrays.stream(options)
                        .filter(option ->
                                option != StandardOpenOption.CREATE_NEW
                                        && option != StandardOpenOption.CREATE
                                        && option != StandardOpenOption.TRUNCATE_EXISTING)
                        .toArray(OpenOption[]::new);
        return new SteadyFile(path, FileChannel.open(path, options), again);
    }

    /// @throws EOFException when the file ends before
    public Slice read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        try {
            return steadily(file -> {
                buffer.clear();
                while (buffer.hasRemaining()) {
                    if (file.read(buffer, position + buffer.position()) < 0) {
                        throw new EOFException("file ends at " + (position + buffer.position()));
                    }
                }
                return Slice.of(buffer.array());
            });
        } catch (ClosedChannelException e) {
            return readRemoved(removed.orElseThrow(() -> e), position, buffer.array());
        }
    }

    /// One at a time, for the few that still read; no interruption closes this one.
    private static Slice readRemoved(RandomAccessFile file, long position, byte[] bytes)
            throws IOException {
        synchronized (file) {
            file.seek(position);
            file.readFully(bytes);
        }
        return Slice.of(bytes);
    }

    /// Removes the file from its directory; nobody may write any more. Who reads may go on, as long
    /// as this is open or until nobody refers to it: a channel that is closed by an interruption
    /// could not be opened again by its name, so another handle is kept.
    public synchronized void remove() throws IOException {
        if (!closed && removed.isEmpty() && Files.exists(path)) {
            removed = Optional.of(new RandomAccessFile(path.toFile(), "r"));
        }
        Files.deleteIfExists(path);
    }

    /// Writes all of the buffer's bytes; the buffer's own position stays.
    public void write(ByteBuffer bytes, long position) throws IOException {
        steadily(file -> {
            ByteBuffer rest = bytes.duplicate();
            while (rest.hasRemaining()) {
                file.write(rest, position + rest.position() - bytes.position());
            }
            return true;
        });
    }

    /// Makes durable what was written by anybody.
    public void force(boolean metadata) throws IOException {
        steadily(file -> {
            file.force(metadata);
            return true;
        });
    }

    public void truncate(long size) throws IOException {
        steadily(file -> file.truncate(size));
    }

    public long size() throws IOException {
        return steadily(FileChannel::size);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
        if (removed.isPresent()) {
            removed.get().close();
        }
    }

    @FunctionalInterface
    private interface Operation<T> {
        T on(FileChannel file) throws IOException;
    }

    /// All operations may be done twice: they name their positions.
    private <T> T steadily(Operation<T> operation) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                FileChannel file = channel;
                try {
                    return operation.on(file);
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                    Thread.interrupted();
                    reopen(e);
                } catch (ClosedChannelException e) {
                    reopen(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen(ClosedChannelException cause) throws IOException {
        if (closed || removed.isPresent()) {
            throw cause;
        }
        if (!channel.isOpen()) {
            channel = FileChannel.open(path, again);
        }
    }
}
