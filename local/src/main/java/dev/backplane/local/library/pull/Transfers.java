package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import dev.backplane.local.library.Digest;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.ModelFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The downloads under way: one for a digest, however many wait for it. It ends when it is done, or
/// when the last of them goes. Thread-safe.
final class Transfers {
    private static final Duration TELL = Duration.ofMillis(200);

    private final Fetch fetch;
    private final ModelFolder folder;
    private final int streams;
    private final int chunkBytes;
    private final Map<Digest, Transfer> running = new HashMap<>();

    Transfers(Fetch fetch, ModelFolder folder, int streams, int chunkBytes) {
        this.fetch = fetch;
        this.folder = folder;
        this.streams = streams;
        this.chunkBytes = chunkBytes;
    }

    /// One of them.
    private static final class Transfer {
        private final Download download;
        private final CompletableFuture<Boolean> done = new CompletableFuture<>();
        private final Thread thread;
        private int users;

        Transfer(Download download, Runnable atEnd) {
            this.download = download;
            this.thread =
                    Thread.ofVirtual()
                            .name("pull-" + download.layer().digest().brief())
                            .unstarted(() -> {
                                try {
                                    download.run();
                                    atEnd.run();
                                    done.complete(true);
                                } catch (Exception | Error e) {
                                    atEnd.run();
                                    done.completeExceptionally(e);
                                }
                            });
        }
    }

    /// Fetches a layer, or waits until another has. Returns when it is here.
    ///
    /// @throws Problem why it cannot be had
    void fetch(Layer layer, Access source, PullEvents events) throws IOException {
        while (!folder.has(layer)) {
            boolean[] first = new boolean[1];
            Transfer transfer = join(layer, source, first);
            try {
                await(transfer, layer, events);
            } catch (Problem problem) {
                // Another's failure may be that of its own source or token.
                if (first[0]) {
                    throw problem;
                }
            } finally {
                leave(transfer);
            }
        }
        events.progress(layer, layer.size());
    }

    private synchronized Transfer join(Layer layer, Access source, boolean[] first) {
        Transfer transfer = running.get(layer.digest());
        if (transfer == null) {
            Download download = new Download(fetch, layer, source, folder, streams, chunkBytes);
            transfer = new Transfer(download, () -> end(layer.digest()));
            running.put(layer.digest(), transfer);
            first[0] = true;
            transfer.thread.start();
        }
        transfer.users++;
        return transfer;
    }

    private synchronized void end(Digest digest) {
        running.remove(digest);
    }

    private void leave(Transfer transfer) {
        boolean isLast;
        synchronized (this) {
            transfer.users--;
            isLast = transfer.users == 0;
        }
        if (!isLast || transfer.done.isDone()) {
            return;
        }
        transfer.thread.interrupt();
        // Until it has stopped, its files are in use.
        boolean interrupted = false;
        while (transfer.thread.isAlive()) {
            try {
                transfer.thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(Transfer transfer, Layer layer, PullEvents events)
            throws IOException {
        while (true) {
            try {
                transfer.done.get(TELL.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException notYet) {
                events.progress(layer, transfer.download.completed());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Problem.of(Problem.Kind.UNAVAILABLE, "pull was cancelled", "pull");
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case Problem problem -> throw problem;
                    case IOException failed ->
                            throw Problem.internal(
                                            "cannot be written: "
                                                    + failed.getClass().getSimpleName(),
                                            "layer " + layer.digest().brief())
                                    .fix("check the disk's room and permissions, and pull again")
                                    .causedBy(failed);
                    case null, default ->
                            throw Problem.internal("download failed", layer.digest().brief())
                                    .causedBy(e);
                }
            }
        }
    }
}
