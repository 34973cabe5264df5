package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.local.library.Digest;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.ModelFolder;
import dev.backplane.local.library.Room;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fetches the bytes of one digest: in chunks, several at a time, going on where an earlier one
/// stopped; then hashes them, and gives them their place. For one thread, which [#run] uses others
/// beside; the numbers may be read by any.
///
/// The first chunk that is missing is asked for alone. If the answer is that chunk, others are
/// asked for at the same time; if it is the whole file, the server knows no ranges, and the file is
/// read from its beginning, over what is here.
final class Download {
    /// How much a request asks for: large enough that asking does not matter, small enough that
    /// little comes twice.
    static final int CHUNK_BYTES = 16 << 20;

    private static final int BUFFER_BYTES = 128 << 10;
    private static final int HASH_BYTES = 1 << 20;

    /// Failures in a row of one chunk, each without a byte.
    private static final int TRIES_MAX = 6;

    private static final Pattern RANGE =
            Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Fetch fetch;
    private final Layer layer;
    private final Access source;
    private final ModelFolder folder;
    private final int streams;
    private final int chunkBytes;
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong hashed = new AtomicLong();
    private final AtomicReference<Optional<Throwable>> failure =
            new AtomicReference<>(Optional.empty());

    /// @param streams requests at the same time
    Download(
            Fetch fetch,
            Layer layer,
            Access source,
            ModelFolder folder,
            int streams,
            int chunkBytes) {
        this.fetch = fetch;
        this.layer = layer;
        this.source = source;
        this.folder = folder;
        this.streams = streams;
        this.chunkBytes = chunkBytes;
    }

    Layer layer() {
        return layer;
    }

    /// How many bytes are here.
    long completed() {
        return Math.min(layer.size(), received.get());
    }

    /// How many were hashed, at the end.
    long hashed() {
        return hashed.get();
    }

    /// Where a download of the digest waits until it is whole.
    static Path partial(ModelFolder folder, Digest digest) {
        return folder.partial().resolve(digest.fileName());
    }

    /// Fetches what is missing.
    ///
    /// @throws Problem when it cannot be had, or is not what its digest says; what came stays, but
    ///   for wrong bytes
    void run() throws IOException {
        Path path = partial(folder, layer.digest());
        Room.require(
                folder.partial(),
                layer.size() - Chunks.present(path, layer.size(), chunkBytes),
                layer.digest().brief());
        try (Chunks chunks = Chunks.open(path, layer.size(), chunkBytes)) {
            received.set(chunks.completed());
            if (!chunks.isComplete()) {
                fill(chunks);
            }
            verify(chunks, path);
            chunks.force();
        }
        folder.adopt(path, layer.digest());
        Files.deleteIfExists(Chunks.journal(path));
    }

    private void verify(Chunks chunks, Path path) throws IOException {
        MessageDigest sha256 = Digest.sha256();
        for (long at = 0; at < layer.size(); at += HASH_BYTES) {
            int length = (int) Math.min(HASH_BYTES, layer.size() - at);
            sha256.update(chunks.read(at, length));
            hashed.addAndGet(length);
            if (Thread.currentThread().isInterrupted()) {
                throw cancelled();
            }
        }
        Digest found = Digest.of(sha256);
        if (!found.equals(layer.digest())) {
            Files.deleteIfExists(Chunks.journal(path));
            Files.deleteIfExists(path);
            throw Problem.internal(
                            "what came has digest %s, not %s"
                                    .formatted(found.brief(), layer.digest().brief()),
                            source.toString())
                    .fix(
                            "pull again: nothing of it was kept; if it happens again, the source is"
                                    + " damaged");
        }
    }

    // ---- the bytes

    private void fill(Chunks chunks) throws IOException {
        int first = chunks.take();
        if (!fetchChunk(chunks, first)) {
            fetchAll(chunks);
            return;
        }
        List<Thread> workers = new ArrayList<>();
        int missing = chunks.count() - first;
        for (int i = 0; i < Math.min(streams, missing) - 1; i++) {
            workers.add(
                    Thread.ofVirtual()
                            .name("download-" + layer.digest().brief())
                            .start(() -> work(chunks)));
        }
        work(chunks);
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (true) {
                try {
                    worker.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                    workers.forEach(Thread::interrupt);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
        rethrow();
    }

    private void work(Chunks chunks) {
        try {
            for (int chunk = chunks.take();
                    chunk >= 0 && failure.get().isEmpty();
                    chunk = chunks.take()) {
                if (!fetchChunk(chunks, chunk)) {
                    throw Problem.unavailable(
                                    "gives parts of the file, and then the whole",
                                    source.toString())
                            .fix("pull again later");
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            failure.compareAndSet(Optional.empty(), Optional.of(e));
        }
    }

    private void rethrow() throws IOException {
        switch (failure.get().orElse(null)) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }

    /// How far a chunk came.
    private static final class Reached {
        private long position;
        private int fruitless;
    }

    /// @return false when the server answers with the whole file instead
    private boolean fetchChunk(Chunks chunks, int chunk) throws IOException {
        long start = chunks.start(chunk);
        long end = start + chunks.length(chunk);
        Reached reached = new Reached();
        reached.position = start + chunks.begun(chunk);
        try {
            return fetchRest(chunks, chunk, reached, end);
        } finally {
            if (!chunks.has(chunk)) {
                chunks.leave(chunk, (int) (reached.position - start));
            }
        }
    }

    private boolean fetchRest(Chunks chunks, int chunk, Reached reached, long end)
            throws IOException {
        while (reached.position < end) {
            long before = reached.position;
            try {
                if (!readRange(chunks, reached, end)) {
                    return false;
                }
            } catch (Problem problem) {
                retry(problem, reached, before);
            }
            if (failure.get().isPresent()) {
                return true;
            }
        }
        chunks.finish(chunk);
        return true;
    }

    /// Goes on where it was possible to come further, or with patience.
    private void retry(Problem problem, Reached reached, long before) {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled();
        }
        reached.fruitless = reached.position > before ? 0 : reached.fruitless + 1;
        if (!problem.kind().retryable() || reached.fruitless >= TRIES_MAX) {
            throw problem;
        }
        fetch.await(problem, reached.fruitless + 1);
    }

    private boolean readRange(Chunks chunks, Reached reached, long end) throws IOException {
        String range = "bytes=" + reached.position + "-" + (end - 1);
        try (Fetch.Answer answer = fetch.get(source, List.of(new Header("Range", range)))) {
            ClientResponse response = answer.response();
            if (response.status() == 200) {
                if (reached.position == 0 && end == layer.size()) {
                    requireLength(response.contentLength());
                    read(chunks, response, reached, end);
                    return true;
                }
                return false;
            }
            if (response.status() == 416) {
                throw otherSize("ends before byte %,d".formatted(reached.position));
            }
            if (response.status() != 206) {
                throw Fetch.refused(response, source);
            }
            requireRange(response, reached.position);
            read(chunks, response, reached, end);
            response.finish();
            return true;
        }
    }

    private void requireRange(ClientResponse response, long position) {
        String text = response.header("Content-Range").orElse("");
        Matcher matcher = RANGE.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != position) {
            throw Problem.unavailable("gives another range than was asked for", source.toString())
                    .fix("pull again later");
        }
        if (!matcher.group(3).equals("*")) {
            requireLength(Long.parseLong(matcher.group(3)));
        }
    }

    private void requireLength(long length) {
        if (length >= 0 && length != layer.size()) {
            throw otherSize("has %,d bytes".formatted(length));
        }
    }

    private Problem otherSize(String what) {
        return Problem.internal(
                        "the file %s, and should have %,d".formatted(what, layer.size()),
                        source.toString())
                .fix("pull again; if it happens again, the source is damaged");
    }

    private void read(Chunks chunks, ClientResponse response, Reached reached, long end)
            throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = response.body();
        while (reached.position < end) {
            int want = (int) Math.min(buffer.length, end - reached.position);
            int length = in.read(buffer, 0, want);
            if (length < 0) {
                throw Problem.unavailable("answer was cut off", source.toString())
                        .fix("pull again");
            }
            chunks.write(buffer, length, reached.position);
            reached.position += length;
            received.addAndGet(length);
        }
    }

    /// The whole file from its beginning, again when it breaks off, as long as it comes further.
    private void fetchAll(Chunks chunks) throws IOException {
        Reached reached = new Reached();
        while (!chunks.isComplete()) {
            long before = reached.position;
            try (Fetch.Answer answer = fetch.get(source, List.of())) {
                ClientResponse response = answer.response();
                if (response.status() != 200) {
                    throw Fetch.refused(response, source);
                }
                requireLength(response.contentLength());
                readAll(chunks, response, reached);
            } catch (Problem problem) {
                retry(problem, reached, before);
            }
        }
    }

    private void readAll(Chunks chunks, ClientResponse response, Reached reached)
            throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        InputStream in = response.body();
        for (int chunk = 0; chunk < chunks.count(); chunk++) {
            long position = chunks.start(chunk);
            long end = position + chunks.length(chunk);
            boolean isHere = chunks.has(chunk);
            while (position < end) {
                int length = in.read(buffer, 0, (int) Math.min(buffer.length, end - position));
                if (length < 0) {
                    throw Problem.unavailable("answer was cut off", source.toString())
                            .fix("pull again");
                }
                if (!isHere) {
                    chunks.write(buffer, length, position);
                }
                position += length;
                if (position > reached.position) {
                    reached.position = position;
                    received.set(Math.max(received.get(), position));
                }
            }
            if (!isHere) {
                chunks.finish(chunk);
            }
        }
    }

    private static Problem cancelled() {
        return Problem.of(Problem.Kind.UNAVAILABLE, "pull was cancelled", "pull");
    }
}
