package dev.backplane.store.object;

import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Local copies of immutable objects, within a budget of bytes.
///
/// | file in the directory | what |
/// |---|---|
/// | `<SHA-256 of the key>-<number>.object` | a complete copy; the number is never used again |
/// | anything else | a fetch that a crash cut short; removed when the cache is opened |
///
/// 1. A copy gets its name when it is complete and synced ([ObjectStore#fetch]), so what is found
///    after a crash can be used. Only objects that never change under their key may be asked for.
/// 2. When the budget is exceeded, the copies that were not used for the longest time go, except
///    those that are open. What is open or being fetched at one time may exceed the budget.
/// 3. The order of use survives a restart as the files' modification times.
///
/// A store whose objects are local files hands out those; nothing is copied or kept. Thread-safe;
/// one object is fetched once however many ask for it, and never holds up another.
public final class SegmentCache {
    private static final System.Logger LOG = System.getLogger(SegmentCache.class.getName());
    private static final String SUFFIX = ".object";
    private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})-([0-9]{1,18})\\.object");

    /// A complete file and how many have it open. Guarded by the cache.
    private static final class Entry {
        final Path file;
        final long size;
        int pins;
        boolean forgotten;

        Entry(Path file, long size) {
            this.file = file;
            this.size = size;
        }
    }

    /// A fetch that runs, and who waits for it. Guarded by the cache.
    private static final class Fetch {
        final CompletableFuture<Entry> result = new CompletableFuture<>();
        int waiting = 1;
        boolean forgotten;
    }

    private final ObjectStore store;
    private final Path directory;
    private final long budgetBytes;
    private final Meter.Counter hits;
    private final Meter.Counter misses;

    /// Copies by hash of the key, least recently used first.
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<String, Fetch> fetches = new HashMap<>();
    private long bytes;
    private long lastNumber;

    private SegmentCache(ObjectStore store, Path directory, long budgetBytes, Meter meter) {
        this.store = store;
        this.directory = directory;
        this.budgetBytes = budgetBytes;
        this.hits = meter.counter("backplane_store_cache_hits_total", "objects found on disk");
        this.misses = meter.counter("backplane_store_cache_misses_total", "objects fetched");
    }

    /// Opens the cache in `directory`, which belongs to it and to no other process, and takes up
    /// the copies that are there.
    public static SegmentCache open(
            ObjectStore store, Path directory, long budgetBytes, Meter meter) throws IOException {
        if (budgetBytes < 0) {
            throw new IllegalArgumentException("budget must not be negative: " + budgetBytes);
        }
        SegmentCache cache = new SegmentCache(store, directory, budgetBytes, meter);
        cache.takeUp();
        meter.gauge("backplane_store_cache_bytes", "bytes on disk", cache::bytes);
        return cache;
    }

    private record Found(Path file, FileTime used, long size) {}

    private synchronized void takeUp() throws IOException {
        Files.createDirectories(directory);
        List<Found> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (file.toString().endsWith(SUFFIX)) {
                    found.add(new Found(file, Files.getLastModifiedTime(file), Files.size(file)));
                } else if (Files.isRegularFile(file)) {
                    Files.delete(file);
                }
            }
        }
        found.sort(Comparator.comparing(Found::used));
        for (Found copy : found) {
            Matcher name = NAME.matcher(copy.file().getFileName().toString());
            if (!name.matches() || entries.containsKey(name.group(1))) {
                Files.delete(copy.file());
                continue;
            }
            lastNumber = Math.max(lastNumber, Long.parseLong(name.group(2)));
            add(name.group(1), new Entry(copy.file(), copy.size()));
        }
        evict();
    }

    /// A local file with an object's bytes, there until it is closed.
    public static final class Pinned implements AutoCloseable {
        private final Path path;
        private final Runnable release;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Pinned(Path path, Runnable release) {
            this.path = path;
            this.release = release;
        }

        public Path path() {
            return path;
        }

        /// Lets the file go; further calls do nothing.
        @Override
        public void close() {
            if (open.getAndSet(false)) {
                release.run();
            }
        }
    }

    /// The object as a file, fetched if it is not here.
    ///
    /// @throws java.nio.file.NoSuchFileException when there is no such object
    public Pinned open(String key) throws IOException {
        String hash = hash(key);
        Fetch fetch;
        boolean first = false;
        synchronized (this) {
            Entry entry = entry(hash);
            if (entry != null) {
                hits.increment();
                entry.pins++;
                return pinned(hash, entry);
            }
            Fetch running = fetches.get(hash);
            if (running == null) {
                fetch = new Fetch();
                fetches.put(hash, fetch);
                first = true;
            } else {
                fetch = running;
                fetch.waiting++;
            }
        }
        return first ? fetch(key, hash, fetch) : await(hash, fetch);
    }

    /// The copy, unless it is forgotten or somebody removed its file.
    private @Nullable Entry entry(String hash) {
        Entry entry = entries.get(hash);
        if (entry != null && (entry.forgotten || !Files.exists(entry.file))) {
            entries.remove(hash);
            bytes -= entry.size;
            return null;
        }
        return entry;
    }

    private synchronized long nextNumber() {
        return ++lastNumber;
    }

    private Pinned fetch(String key, String hash, Fetch fetch) throws IOException {
        misses.increment();
        Entry entry;
        try {
            Path target = directory.resolve(hash + "-" + nextNumber() + SUFFIX);
            Path file = store.fetch(key, target);
            entry = new Entry(file, file.equals(target) ? Files.size(file) : 0);
        } catch (IOException | RuntimeException | Error e) {
            synchronized (this) {
                fetches.remove(hash);
            }
            fetch.result.completeExceptionally(e);
            throw e;
        }
        synchronized (this) {
            fetches.remove(hash);
            entry.pins = fetch.waiting;
            entry.forgotten = fetch.forgotten;
            if (isCopy(entry)) {
                add(hash, entry);
                evict();
            }
        }
        fetch.result.complete(entry);
        return pinned(hash, entry);
    }

    /// Waits for another thread's fetch, which pins the file for all that wait.
    private Pinned await(String hash, Fetch fetch) throws IOException {
        try {
            return pinned(hash, fetch.result.get());
        } catch (InterruptedException e) {
            giveUp(hash, fetch);
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("wait for a fetch").initCause(e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IOException("fetch failed", e);
            }
        }
    }

    private void giveUp(String hash, Fetch fetch) {
        synchronized (this) {
            if (fetches.get(hash) == fetch) {
                fetch.waiting--;
                return;
            }
        }
        CompletableFuture<?> _ = fetch.result.thenAccept(entry -> release(hash, entry));
    }

    private Pinned pinned(String hash, Entry entry) {
        return new Pinned(entry.file, () -> release(hash, entry));
    }

    private synchronized void release(String hash, Entry entry) {
        entry.pins--;
        if (!isCopy(entry) || entry.pins > 0) {
            return;
        }
        if (entry.forgotten) {
            if (entries.remove(hash, entry)) {
                bytes -= entry.size;
            }
            delete(entry);
            return;
        }
        try {
            Files.setLastModifiedTime(entry.file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot mark a cached object as used", e);
        }
        evict();
    }

    /// Removes the copy of an object that was deleted, as soon as nobody has it open.
    public synchronized void forget(String key) {
        String hash = hash(key);
        Fetch fetch = fetches.get(hash);
        if (fetch != null) {
            fetch.forgotten = true;
        }
        Entry entry = entries.get(hash);
        if (entry == null) {
            return;
        }
        entry.forgotten = true;
        if (entry.pins == 0) {
            entries.remove(hash);
            bytes -= entry.size;
            delete(entry);
        }
    }

    /// Bytes of the copies on disk.
    public synchronized long bytes() {
        return bytes;
    }

    private boolean isCopy(Entry entry) {
        return directory.equals(entry.file.getParent());
    }

    private void add(String hash, Entry entry) {
        entries.put(hash, entry);
        bytes += entry.size;
    }

    private void evict() {
        if (bytes <= budgetBytes) {
            return;
        }
        for (Map.Entry<String, Entry> candidate : List.copyOf(entries.entrySet())) {
            Entry entry = candidate.getValue();
            if (entry.pins == 0) {
                entries.remove(candidate.getKey());
                bytes -= entry.size;
                delete(entry);
                if (bytes <= budgetBytes) {
                    return;
                }
            }
        }
    }

    private static void delete(Entry entry) {
        try {
            Files.deleteIfExists(entry.file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot remove a cached object", e);
        }
    }

    private static String hash(String key) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] digest = sha256.digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
