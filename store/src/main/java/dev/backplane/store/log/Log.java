package dev.backplane.store.log;

import dev.backplane.core.HybridClock;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanEvent;
import dev.backplane.store.content.Draft;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The log: a directory of generations, the last of which takes appends. Thread-safe.
public final class Log implements AutoCloseable {
    private static final int ERASURES_PER_RECORD = 10_000;

    private final Path directory;
    private final HybridClock clock;
    private final LogLimits limits;
    private final LogReplica replica;
    private final Meter.Histogram syncs;
    private final Meter.Counter failures;
    private final TextFollower follower = new TextFollower(this::generations);
    private final Object rolling = new Object();
    private final Runnable sealed;

    private volatile List<Generation> generations;
    private volatile LogWriter writer;
    private int pins;
    private boolean closed;

    private Log(
            Path directory,
            HybridClock clock,
            LogLimits limits,
            LogReplica replica,
            Meter meter,
            Runnable sealed,
            List<Generation> recovered,
            long next)
            throws IOException {
        this.directory = directory;
        this.clock = clock;
        this.limits = limits;
        this.replica = replica;
        this.sealed = sealed;
        this.syncs =
                meter.histogram(
                        "backplane_store_log_sync_seconds",
                        "Writing and syncing a batch of the log");
        this.failures =
                meter.counter(
                        "backplane_store_log_failures_total",
                        "Batches that could not be written; their senders were told to retry");
        this.generations = List.copyOf(recovered);
        this.writer = begin(next);
    }

    /// Opens the log: generations up to `flushed` are in segments and are removed, later ones are
    /// read, and a new one begins.
    ///
    /// @param sealed told (from an appending thread) when a generation is ready for compaction
    public static Log open(
            Path directory,
            long flushed,
            HybridClock clock,
            LogLimits limits,
            LogReplica replica,
            Meter meter,
            Runnable sealed)
            throws IOException {
        Files.createDirectories(directory);
        replica.restore(directory, flushed);
        List<Generation> recovered = new ArrayList<>();
        long last = flushed;
        for (long number : numbers(directory)) {
            last = Math.max(last, number);
            if (number <= flushed) {
                Files.delete(Generation.path(directory, number));
                continue;
            }
            Generation generation = Generation.recover(directory, number);
            for (Erasure erasure : generation.erasures()) {
                recovered.forEach(older -> older.forget(erasure));
            }
            clock.observe(generation.maxVersion());
            recovered.add(generation);
        }
        Log log = new Log(directory, clock, limits, replica, meter, sealed, recovered, last + 1);
        log.writer.start();
        log.follower.start();
        return log;
    }

    private static List<Long> numbers(Path directory) throws IOException {
        List<Long> numbers = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.log")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                numbers.add(number(name.substring(0, name.length() - 4), file));
            }
        }
        numbers.sort(null);
        return numbers;
    }

    private static long number(String name, Path file) {
        try {
            return Long.parseUnsignedLong(name, 16);
        } catch (NumberFormatException e) {
            throw Problem.internal("a file among the logs is not one", file.toString())
                    .fix("move it away")
                    .causedBy(e);
        }
    }

    /// Appends the events; see [dev.backplane.core.SpanSink#append].
    public void append(List<SpanEvent> events) {
        List<Prepared> prepared = Prepared.all(events);
        submit(w -> w.append(prepared));
    }

    /// Erases a trace, or all of a project; durable on return, and in effect for all generations.
    ///
    /// @param effect told before any generation can follow the one that holds the erasure: what is
    ///   in segments by then is older than it
    public void erase(String project, String trace, Consumer<List<Erasure>> effect) {
        erase(() -> List.of(Erasure.deletion(project, trace)), effect);
    }

    /// Erases traces that have no event from a version on.
    ///
    /// @param idle finds them, wherever they lie; asked while all containers but the active
    ///   generation stand still, and what comes into that one meanwhile saves its trace
    /// @param effect as with [#erase]
    public void expire(
            String project,
            long idleSince,
            Supplier<Set<String>> idle,
            Consumer<List<Erasure>> effect) {
        erase(
                () ->
                        idle.get().stream()
                                .map(trace -> Erasure.expiry(project, trace, idleSince))
                                .toList(),
                effect);
    }

    private void erase(Supplier<List<Erasure>> requests, Consumer<List<Erasure>> effect) {
        boolean taken = false;
        while (!taken) {
            LogWriter current = pin();
            try {
                taken = erase(current, requests.get(), effect);
            } catch (Problem failed) {
                failures.increment();
                throw failed;
            } finally {
                unpin();
                if (!taken || full(current)) {
                    roll(current);
                }
            }
        }
    }

    private boolean erase(
            LogWriter pinned, List<Erasure> requests, Consumer<List<Erasure>> effect) {
        for (int from = 0; from < requests.size(); from += ERASURES_PER_RECORD) {
            int to = Math.min(requests.size(), from + ERASURES_PER_RECORD);
            List<Erasure> effective = new ArrayList<>();
            if (!pinned.erase(requests.subList(from, to), effective::add)) {
                return false;
            }
            generations.stream()
                    .filter(older -> older.number() < pinned.generation().number())
                    .forEach(older -> effective.forEach(older::forget));
            effect.accept(effective);
        }
        return true;
    }

    /// The writer, which stays the one until [#unpin] unless it fails.
    private LogWriter pin() {
        synchronized (rolling) {
            pins++;
            return writer;
        }
    }

    private void unpin() {
        synchronized (rolling) {
            pins--;
        }
    }

    private void submit(Predicate<LogWriter> append) {
        follower.awaitRoom();
        while (true) {
            LogWriter current = writer;
            boolean taken;
            try {
                taken = append.test(current);
            } catch (Problem failed) {
                failures.increment();
                roll(current);
                throw failed;
            }
            if (full(current)) {
                roll(current);
            }
            if (taken) {
                return;
            }
            roll(current);
        }
    }

    private boolean full(LogWriter current) {
        Generation generation = current.generation();
        return generation.length() >= limits.bytes() || generation.spans().size() >= limits.spans();
    }

    /// Seals the active generation if it holds anything.
    public void seal() {
        LogWriter current = writer;
        if (current.generation().length() > LogFormat.HEADER_SIZE) {
            roll(current);
        }
    }

    /// Replaces `current` if it is still the writer and no upload is in the middle of it.
    private void roll(LogWriter current) {
        synchronized (rolling) {
            if (closed) {
                throw Problem.unavailable("the store is closing", "store");
            }
            if (writer != current || pins > 0 && !current.failed()) {
                return;
            }
            current.close();
            try {
                LogWriter next = begin(current.generation().number() + 1);
                next.start();
                writer = next;
            } catch (IOException e) {
                throw Problem.unavailable("no new log file could be made", "store")
                        .fix("check disk space and health; nothing was lost, send again")
                        .causedBy(e);
            }
        }
        sealed.run();
    }

    private LogWriter begin(long number) throws IOException {
        // A file of this number can only be what a failed attempt to begin it left.
        Files.deleteIfExists(Generation.path(directory, number));
        Generation generation = Generation.create(directory, number);
        generations = Stream.concat(generations.stream(), Stream.of(generation)).toList();
        return new LogWriter(generation, clock, replica, this::committed);
    }

    private void committed(long nanos) {
        syncs.recordNanos(nanos);
        follower.appended();
    }

    /// All generations, oldest first; the last one is active.
    public List<Generation> generations() {
        return generations;
    }

    /// Forgets the oldest generation, file and all: a segment holds what was in it.
    public void drop(Generation oldest) throws IOException {
        synchronized (rolling) {
            if (generations.getFirst() != oldest || generations.size() < 2) {
                throw new IllegalStateException("only the oldest sealed generation can go");
            }
            generations = generations.subList(1, generations.size()).stream().toList();
        }
        oldest.delete();
        replica.drop(oldest.number());
    }

    /// Writes leaves, then an event that refers to them, all into one generation.
    ///
    /// @param leaves called until it gives an empty list
    void upload(String project, Supplier<List<Draft.Leaf>> leaves, Supplier<Prepared> event) {
        LogWriter current = pin();
        try {
            for (List<Draft.Leaf> batch = leaves.get(); !batch.isEmpty(); batch = leaves.get()) {
                appendPinned(current.appendLeaves(project, batch));
            }
            appendPinned(current.append(List.of(event.get())));
        } finally {
            unpin();
            if (full(current)) {
                roll(current);
            }
        }
    }

    private static void appendPinned(boolean taken) {
        if (!taken) {
            throw Problem.unavailable("the log failed during the upload", "store")
                    .fix("nothing was lost, send again");
        }
    }

    @Override
    public void close() {
        synchronized (rolling) {
            closed = true;
            writer.close();
            follower.close();
            generations.forEach(Generation::close);
        }
    }
}
