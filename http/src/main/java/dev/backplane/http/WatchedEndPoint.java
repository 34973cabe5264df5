package dev.backplane.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;

/// A connection that can be watched for its end while nobody reads from it.
///
/// A handler that computes reads nothing, so nobody would see that the client has closed. While the
/// connection is watched, it is read here: its end is told at once, and what a client sends early
/// (the next request, in a pipeline) waits in a small buffer, which [#fill] empties before anything
/// else. A client that fills the buffer is not watched further: its end stands behind what nobody
/// reads.
///
/// The selector knows one interest in reading at a time. Where the watch's is registered when
/// Jetty's connection comes with its own, that one waits in `reader` and is served in its place.
final class WatchedEndPoint extends SocketChannelEndPoint {
    private static final int EARLY_BYTES_MAX = 16 << 10;

    private final Object lock = new Object();

    // Guarded by lock.
    private ByteBuffer early = BufferUtil.EMPTY_BUFFER;
    private Optional<Runnable> watcher = Optional.empty();
    private Optional<Callback> reader = Optional.empty();
    private boolean registered;

    private final Callback watch =
            new Callback() {
                @Override
                public void succeeded() {
                    readable();
                }

                @Override
                public void failed(Throwable why) {
                    WatchedEndPoint.this.failed(why);
                }
            };

    WatchedEndPoint(
            SocketChannel channel,
            ManagedSelector selector,
            SelectionKey key,
            Scheduler scheduler) {
        super(channel, selector, key, scheduler);
    }

    /// Begins to watch.
    ///
    /// @param gone run once, on a thread that may block, when the other side has ended its input or
    ///   the connection failed
    void watch(Runnable gone) {
        synchronized (lock) {
            watcher = Optional.of(gone);
            register();
        }
    }

    void unwatch() {
        synchronized (lock) {
            watcher = Optional.empty();
        }
    }

    private void register() {
        if (!registered && early.remaining() < EARLY_BYTES_MAX) {
            registered = true;
            registered = super.tryFillInterested(watch);
        }
    }

    private void readable() {
        Optional<Callback> next;
        Optional<Runnable> gone = Optional.empty();
        synchronized (lock) {
            registered = false;
            next = reader;
            reader = Optional.empty();
            // Where neither waits, whoever comes next asks the selector again.
            if (next.isEmpty() && watcher.isPresent()) {
                gone = look();
            }
        }
        next.ifPresent(Callback::succeeded);
        gone.ifPresent(Runnable::run);
    }

    /// Reads what there is.
    ///
    /// @return the watcher, if there will be no more
    private Optional<Runnable> look() {
        if (early.capacity() == 0) {
            early = BufferUtil.allocate(EARLY_BYTES_MAX);
        }
        int count;
        try {
            BufferUtil.compact(early);
            count = super.fill(early);
        } catch (IOException closed) {
            count = -1;
        }
        if (early.remaining() == 0) {
            early = BufferUtil.EMPTY_BUFFER;
        }
        if (count < 0) {
            Optional<Runnable> gone = watcher;
            watcher = Optional.empty();
            return gone;
        }
        register();
        return Optional.empty();
    }

    private void failed(Throwable why) {
        Optional<Callback> next;
        Optional<Runnable> gone = Optional.empty();
        synchronized (lock) {
            registered = false;
            next = reader;
            reader = Optional.empty();
            if (next.isEmpty() && !(why instanceof TimeoutException)) {
                gone = watcher;
                watcher = Optional.empty();
            }
        }
        next.ifPresent(callback -> callback.failed(why));
        gone.ifPresent(Runnable::run);
    }

    // ---- what Jetty's connection reads by

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        synchronized (lock) {
            if (!early.hasRemaining()) {
                return super.fill(buffer);
            }
            int position = BufferUtil.flipToFill(buffer);
            int count = BufferUtil.put(early, buffer);
            BufferUtil.flipToFlush(buffer, position);
            if (!early.hasRemaining()) {
                early = BufferUtil.EMPTY_BUFFER;
            }
            return count;
        }
    }

    @Override
    public void fillInterested(Callback callback) {
        if (!serves(callback)) {
            super.fillInterested(callback);
        }
    }

    @Override
    public boolean tryFillInterested(Callback callback) {
        return serves(callback) || super.tryFillInterested(callback);
    }

    /// Whether the reader is served from here.
    private boolean serves(Callback callback) {
        synchronized (lock) {
            if (early.hasRemaining()) {
                // Not on this thread: it may be in the middle of the request before.
                Thread.ofVirtual().name("request-early").start(callback::succeeded);
                return true;
            }
            if (!registered || reader.isPresent()) {
                return false;
            }
            notIdle();
            reader = Optional.of(callback);
            return true;
        }
    }

    @Override
    public boolean isFillInterested() {
        synchronized (lock) {
            return registered ? reader.isPresent() : super.isFillInterested();
        }
    }
}
