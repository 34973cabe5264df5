package dev.backplane.store.log;

import dev.backplane.core.Content;
import dev.backplane.core.HybridClock;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentTable;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.event.ByteWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Appends to the active generation: many callers, one lock held for microseconds, one thread that
/// writes and syncs what came together meanwhile (group commit).
///
/// Under the lock an append looks its contents up in the table, writes the new ones and the events
/// into the current batch as one record, and that is all; cutting, hashing and encoding were done
/// before. While one batch is on its way to the disk the next one fills.
final class LogWriter implements AutoCloseable {
    /// A batch above this makes callers wait for the one before it.
    private static final int BATCH_SIZE_MAX = 32 << 20;

    private static final int BUFFER_SIZE = 64 << 10;

    /// A buffer that grew beyond this is not kept for a later batch.
    private static final int KEPT_BUFFER_SIZE_MAX = 1 << 20;

    private final Generation generation;
    private final HybridClock clock;
    private final LogReplica replica;
    private final LongConsumer committed;
    private final ContentTable table = new ContentTable();
    private final Object lock = new Object();
    private final Thread thread;

    private Batch filling;

    /// On its way to the disk, or just being applied.
    private Optional<Batch> writing = Optional.empty();

    /// Of a batch that was written, for one to come: at a low rate every span is a batch.
    private Optional<ByteWriter> spare = Optional.empty();

    private boolean closing;
    private Optional<Throwable> failure = Optional.empty();

    /// @param base where in the file the batch will lie
    /// @param spans that it has events of
    private record Batch(
            long base,
            ByteWriter out,
            List<Runnable> applied,
            Set<SpanKey> spans,
            CompletableFuture<Void> done) {
        static Batch at(long base, ByteWriter out) {
            return new Batch(
                    base, out, new ArrayList<>(), new HashSet<>(), new CompletableFuture<>());
        }
    }

    /// @param committed told of each batch that is visible now: how many nanoseconds its write and
    ///   sync took
    LogWriter(
            Generation generation, HybridClock clock, LogReplica replica, LongConsumer committed) {
        this.generation = generation;
        this.clock = clock;
        this.replica = replica;
        this.committed = committed;
        this.filling = Batch.at(generation.length(), new ByteWriter(BUFFER_SIZE));
        this.thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("log-commit-" + generation.number())
                        .unstarted(this::commit);
    }

    void start() {
        thread.start();
    }

    /// Appends the events as one record and returns when it is durable and visible.
    ///
    /// @return false when the generation takes no more and the caller should use the next one
    boolean append(List<Prepared> events) {
        return submit(batch -> {
            for (Prepared prepared : events) {
                event(batch, prepared);
            }
        });
    }

    /// Puts leaves into the log ahead of what will refer to them.
    boolean appendLeaves(String project, List<Draft.Leaf> leaves) {
        return submit(batch -> {
            int start = batch.out().size();
            leaves.forEach(leaf -> intern(batch, leaf));
            int stored = batch.out().size() - start;
            if (stored > 0) {
                batch.applied().add(() -> generation.addStored(project, stored));
            }
        });
    }

    /// Appends the erasures as one record.
    ///
    /// @param effective gets those that took effect, before this returns
    boolean erase(List<Erasure> requests, Consumer<Erasure> effective) {
        return submit(batch -> {
            for (Erasure request : requests) {
                Erasure erasure = request.at(clock.next());
                LogFormat.erase(batch.out(), erasure);
                batch.applied()
                        .add(() -> {
                            if (generation.apply(erasure)) {
                                effective.accept(erasure);
                            }
                        });
            }
        });
    }

    private boolean submit(Consumer<Batch> entries) {
        Batch batch;
        synchronized (lock) {
            awaitWhile(
                    () -> filling.out().size() > BATCH_SIZE_MAX && failure.isEmpty() && !closing);
            if (closing || failure.isPresent()) {
                return false;
            }
            batch = filling;
            if (!record(batch, entries)) {
                return true;
            }
            lock.notifyAll();
        }
        try {
            batch.done().join();
            return true;
        } catch (CompletionException e) {
            throw Problem.unavailable("the log could not be written", "store")
                    .fix("check disk space and health; nothing was lost, send again")
                    .causedBy(e);
        }
    }

    /// Writes one record, or nothing at all: a repeated send has no entries, and an empty record
    /// would look like the end of the log (nothing new also means that all of it is durable, or
    /// will be before whatever refers to it).
    ///
    /// What fails half-way has left its contents in the table, so that the generation is over as
    /// after a failed write; the records before it are not touched.
    ///
    /// @return whether there was anything to write
    private boolean record(Batch batch, Consumer<Batch> entries) {
        int applied = batch.applied().size();
        int start = LogFormat.begin(batch.out());
        try {
            entries.accept(batch);
        } catch (RuntimeException | Error e) {
            failure = Optional.of(e);
            batch.out().truncate(start);
            batch.applied().subList(applied, batch.applied().size()).clear();
            throw e;
        }
        if (batch.out().size() == start + LogFormat.RECORD_HEADER_SIZE) {
            batch.out().truncate(start);
            return false;
        }
        LogFormat.end(batch.out(), start);
        return true;
    }

    private void event(Batch batch, Prepared prepared) {
        SpanKey key = prepared.key();
        if (isRepeated(batch, key, prepared.fingerprint())) {
            return;
        }
        batch.spans().add(key);
        int start = batch.out().size();
        // Contents first: their entries must lie before the event's.
        List<Content> contents = prepared.encoded().contents();
        int[] refs = new int[contents.size()];
        for (int i = 0; i < refs.length; i++) {
            refs[i] = intern(batch, prepared.draft(contents.get(i)));
        }
        ByteWriter out = batch.out();
        LogFormat.key(out, key, prepared.fingerprint());
        int length = prepared.encoded().bytes().length;
        out.putVar(length);
        long position = batch.base() + out.size();
        int[] next = {0};
        long version = clock.next();
        prepared.encoded().write(out, version, _ -> refs[next[0]++]);
        int stored = out.size() - start;
        batch.applied()
                .add(() -> {
                    generation.addReceived(prepared.bytes());
                    generation.addStored(key.project(), stored);
                    generation
                            .spans()
                            .apply(
                                    key,
                                    version,
                                    new FreshSpan.Place(position, length),
                                    prepared.fingerprint(),
                                    prepared.row());
                });
    }

    /// Whether an event is the last of its span again, and that one durable. What is on its way is
    /// not: then the last event is another, or may still fail, and a repeat that is written does no
    /// harm.
    private boolean isRepeated(Batch batch, SpanKey key, long print) {
        boolean underWay =
                batch.spans().contains(key)
                        || writing.filter(before -> before.spans().contains(key)).isPresent();
        return !underWay && generation.spans().isLatest(key, print);
    }

    private int intern(Batch batch, Draft draft) {
        int known = table.find(draft.id());
        if (known != Refs.NONE) {
            return known;
        }
        int ref =
                switch (draft) {
                    case Draft.Leaf leaf -> {
                        ByteWriter out = batch.out();
                        int size = leaf.bytes().length();
                        out.put(LogFormat.ENTRY_LEAF).putVar(size);
                        long position = batch.base() + out.size();
                        out.put(leaf.bytes().array(), leaf.bytes().offset(), size);
                        yield Refs.leaf(generation.writableContents().addLeaf(position, size));
                    }
                    case Draft.Known _ ->
                            throw new IllegalStateException("a pinned generation lost a leaf");
                    case Draft.Sequence sequence -> sequence(batch, sequence);
                };
        table.add(draft.id(), ref);
        return ref;
    }

    /// Writes a sequence as its longest known prefix and the pieces after that.
    private int sequence(Batch batch, Draft.Sequence sequence) {
        int known = sequence.pieces().size() - 1;
        int parent = Refs.NONE;
        while (known > 0 && parent == Refs.NONE) {
            known--;
            parent = table.find(sequence.prefixes().get(known));
        }
        int from = parent == Refs.NONE ? 0 : known + 1;
        int[] appended = new int[sequence.pieces().size() - from];
        for (int i = 0; i < appended.length; i++) {
            appended[i] = intern(batch, sequence.pieces().get(from + i));
        }
        SequenceDef definition =
                new SequenceDef(
                        sequence.style(),
                        parent == Refs.NONE ? Refs.NONE : Refs.number(parent),
                        appended,
                        sequence.size());
        LogFormat.sequence(batch.out(), definition);
        return Refs.sequence(generation.writableContents().addSequence(definition));
    }

    private void commit() {
        while (true) {
            Batch batch;
            synchronized (lock) {
                awaitWhile(() -> filling.out().size() == 0 && !closing);
                if (filling.out().size() == 0) {
                    return;
                }
                batch = filling;
                writing = Optional.of(batch);
                filling =
                        Batch.at(
                                batch.base() + batch.out().size(),
                                spare.orElseGet(() -> new ByteWriter(BUFFER_SIZE)));
                spare = Optional.empty();
                lock.notifyAll();
            }
            try {
                long start = System.nanoTime();
                write(batch);
                long took = System.nanoTime() - start;
                batch.applied().forEach(Runnable::run);
                synchronized (lock) {
                    writing = Optional.empty();
                    keep(batch.out());
                }
                batch.done().complete(null);
                committed.accept(took);
            } catch (IOException | RuntimeException | Error e) {
                fail(batch, e);
                return;
            }
        }
    }

    private void keep(ByteWriter written) {
        if (written.array().length <= KEPT_BUFFER_SIZE_MAX) {
            written.clear();
            spare = Optional.of(written);
        }
    }

    private void write(Batch batch) throws IOException {
        generation.file().write(batch.out().buffer(), batch.base());
        if (replica instanceof LogReplica.None) {
            generation.file().force(false);
        } else {
            replica.put(generation.number(), batch.base(), batch.out().buffer());
        }
        generation.length(batch.base() + batch.out().size());
    }

    /// The table now names contents that never reached the disk, so this generation is over: see
    /// invariant L-3.
    private void fail(Batch batch, Throwable e) {
        Batch waiting;
        synchronized (lock) {
            failure = Optional.of(e);
            waiting = filling;
            lock.notifyAll();
        }
        try {
            generation.file().truncate(generation.length());
        } catch (IOException cannotTruncate) {
            e.addSuppressed(cannotTruncate);
        }
        batch.done().completeExceptionally(e);
        waiting.done().completeExceptionally(e);
    }

    /// Waits, with the lock held, until somebody has changed what the condition looks at.
    private void awaitWhile(BooleanSupplier condition) {
        try {
            while (condition.getAsBoolean()) {
                lock.wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.unavailable("interrupted while waiting for the log", "store").causedBy(e);
        }
    }

    Generation generation() {
        return generation;
    }

    boolean failed() {
        synchronized (lock) {
            return failure.isPresent();
        }
    }

    /// Takes no more; returns when everything taken is durable.
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
