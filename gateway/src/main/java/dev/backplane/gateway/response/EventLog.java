package dev.backplane.gateway.response;

import dev.backplane.core.Slice;
import dev.backplane.core.SteadyFile;
import dev.backplane.http.ClientGone;
import dev.backplane.http.Presence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The events of a response while it is made, in a file of this process: one writes, any number
/// read, each at its own pace. What was flushed can be read. Thread-safe.
final class EventLog extends OutputStream {
    private static final int BLOCK = 16 << 10;

    private final Path file;
    private final SteadyFile channel;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private long size;
    private boolean ended;
    private boolean closed;
    private int users = 1;

    private EventLog(Path file, SteadyFile channel) {
        this.file = file;
        this.channel = channel;
    }

    /// An empty one.
    static EventLog create(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        return new EventLog(
                file,
                SteadyFile.open(
                        file,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE));
    }

    @Override
    public synchronized void write(int value) {
        pending.write(value);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        pending.write(bytes, offset, length);
    }

    @Override
    public synchronized void flush() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
        pending.reset();
        channel.write(bytes, size);
        size += bytes.remaining();
        notifyAll();
    }

    /// The file that holds all of it, once it has ended.
    Path file() {
        return file;
    }

    /// Nothing more comes. Readers read to the end, and new ones may still begin.
    synchronized void end() throws IOException {
        try {
            flush();
        } finally {
            ended = true;
            notifyAll();
        }
    }

    /// Ends it where that was not done; no new reader begins after this.
    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                end();
            } finally {
                leave();
            }
        }
    }

    private synchronized boolean enter() {
        if (users > 0) {
            users++;
            return true;
        }
        return false;
    }

    private synchronized void leave() throws IOException {
        users--;
        if (users == 0) {
            channel.close();
        }
    }

    /// Copies all there is, and what comes, until the end, or until the reader has gone.
    ///
    /// @return false if it was closed, and nothing can be read any more
    boolean copy(OutputStream out, Presence reader) throws IOException {
        if (!enter()) {
            return false;
        }
        try (Presence.Watch _ = reader.whenGone(this::wake)) {
            long at = 0;
            for (long end = await(at, reader); end > at; end = await(at, reader)) {
                while (at < end) {
                    Slice block = channel.read(at, (int) Math.min(BLOCK, end - at));
                    block.writeTo(out);
                    at += block.length();
                }
                out.flush();
            }
            return true;
        } finally {
            leave();
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    /// The size as soon as it is above `read`, or at the end.
    private synchronized long await(long read, Presence reader) throws IOException {
        while (size == read && !ended) {
            if (reader.gone()) {
                throw new ClientGone("reader of the events has gone");
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("reader was interrupted", e);
            }
        }
        return size;
    }
}
