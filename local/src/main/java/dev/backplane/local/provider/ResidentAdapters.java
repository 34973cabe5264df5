package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.Adapter;
import dev.backplane.local.NamedAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The adapters of a model that are in memory. One comes with the first request that asks for it,
/// and is read while others use theirs; whoever wants the same waits for it. It goes, when nobody
/// uses it, as soon as it is known by its name no more, when memory is needed, or when nobody has
/// used it for a while; the rest go with the model.
///
/// Thread-safe. What may wait for others (reading, and telling of memory) is done without the lock,
/// so that a lock that others hold may be taken for both.
final class ResidentAdapters implements AutoCloseable {
    /// Reads an adapter.
    interface Reader {
        /// @param room told of the bytes that it takes before they are taken
        Adapter read(NamedAdapter named, LongConsumer room);
    }

    private static final class Entry {
        private final NamedAdapter named;
        private final CompletableFuture<Adapter> loading = new CompletableFuture<>();
        private int uses;
        private long usedNanos = System.nanoTime();

        Entry(NamedAdapter named) {
            this.named = named;
        }

        boolean idle() {
            return uses == 0 && loading.isDone();
        }

        long idleNanos() {
            return System.nanoTime() - usedNanos;
        }
    }

    /// The use of an adapter, which stays as long as this is open.
    final class Use implements AutoCloseable {
        private final Adapter adapter;
        private final Optional<Entry> entry;

        private Use(Adapter adapter, Optional<Entry> entry) {
            this.adapter = adapter;
            this.entry = entry;
        }

        Adapter adapter() {
            return adapter;
        }

        @Override
        public void close() {
            entry.ifPresent(ResidentAdapters.this::release);
        }
    }

    private final Reader reader;
    private final Predicate<NamedAdapter> known;
    private final LongConsumer charge;
    private final Map<NamedAdapter, Entry> entries = new LinkedHashMap<>();

    /// Memory of those that are being freed.
    private long goingBytes;

    /// @param known whether requests may still ask for an adapter
    /// @param charge told of the bytes that one takes before it does, and of negative ones when
    ///   they are free; throws when there is no room for them
    ResidentAdapters(Reader reader, Predicate<NamedAdapter> known, LongConsumer charge) {
        this.reader = reader;
        this.known = known;
        this.charge = charge;
    }

    /// An adapter that is not one of these: the model's own, or none.
    Use use(Adapter adapter) {
        return new Use(adapter, Optional.empty());
    }

    /// Loads the adapter unless it is there.
    ///
    /// @throws Problem why it cannot
    Use use(NamedAdapter named) {
        Entry made = new Entry(named);
        Entry entry;
        synchronized (this) {
            entry = entries.computeIfAbsent(named, _ -> made);
            entry.uses++;
        }
        boolean used = false;
        try {
            if (entry == made) {
                load(entry);
            }
            Use use = new Use(entry.loading.join(), Optional.of(entry));
            used = true;
            return use;
        } catch (CompletionException e) {
            throw e.getCause() instanceof Problem problem ? problem : e;
        } finally {
            if (!used) {
                release(entry);
            }
        }
    }

    private void load(Entry entry) {
        long[] taken = {0};
        try {
            entry.loading.complete(
                    reader.read(
                            entry.named,
                            bytes -> {
                                charge.accept(bytes);
                                taken[0] = bytes;
                            }));
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                entries.remove(entry.named, entry);
            }
            charge.accept(-taken[0]);
            entry.loading.completeExceptionally(e);
        }
    }

    private void release(Entry entry) {
        synchronized (this) {
            entry.uses--;
            entry.usedNanos = System.nanoTime();
        }
        free(each -> each == entry && !known.test(each.named));
    }

    /// Frees those that nobody uses and that are known no more.
    void dropUnknown() {
        free(entry -> !known.test(entry.named));
    }

    /// Frees those that nobody has used for so long; negative for none. Returns how long it takes
    /// until another comes to that.
    long freeIdle(Duration keepAlive) {
        if (keepAlive.isNegative()) {
            return Long.MAX_VALUE;
        }
        long most = keepAlive.toNanos();
        free(entry -> entry.idleNanos() >= most);
        synchronized (this) {
            return entries.values().stream()
                    .filter(Entry::idle)
                    .mapToLong(entry -> most - entry.idleNanos())
                    .min()
                    .orElse(Long.MAX_VALUE);
        }
    }

    /// Frees the one that was used longest ago, if there is one that nobody uses.
    boolean freeOldest() {
        Optional<Entry> oldest;
        synchronized (this) {
            oldest =
                    entries.values().stream()
                            .filter(Entry::idle)
                            .max(Comparator.comparingLong(Entry::idleNanos));
        }
        return oldest.isPresent() && free(entry -> entry == oldest.get()) > 0;
    }

    /// Memory of those that nobody uses, and of those that are being freed until it is given back.
    synchronized long idleBytes() {
        return goingBytes
                + entries.values().stream()
                        .filter(Entry::idle)
                        .mapToLong(entry -> entry.loading.join().bytes())
                        .sum();
    }

    /// Whether there is one that nobody uses, and that nobody frees yet.
    synchronized boolean hasIdle() {
        return entries.values().stream().anyMatch(Entry::idle);
    }

    /// Returns how many were freed.
    private int free(Predicate<Entry> which) {
        List<Entry> over = new ArrayList<>();
        List<Entry> all;
        synchronized (this) {
            all = entries.values().stream().filter(Entry::idle).toList();
        }
        // Asked without the lock: who knows an adapter may have to wait for others.
        List<Entry> chosen = all.stream().filter(which).toList();
        synchronized (this) {
            for (Entry entry : chosen) {
                if (entry.idle() && entries.remove(entry.named, entry)) {
                    over.add(entry);
                    goingBytes += entry.loading.join().bytes();
                }
            }
        }
        for (Entry entry : over) {
            Adapter adapter = entry.loading.join();
            adapter.close();
            charge.accept(-adapter.bytes());
            synchronized (this) {
                goingBytes -= adapter.bytes();
            }
        }
        return over.size();
    }

    /// Frees all. Only when nothing is computed any more.
    @Override
    public void close() {
        List<Entry> all;
        synchronized (this) {
            all = List.copyOf(entries.values());
            entries.clear();
        }
        // One that is still being read comes to its end first, and one that fails has nothing.
        all.forEach(entry -> entry.loading.handle((adapter, failed) -> closed(adapter)).join());
    }

    private static boolean closed(@Nullable Adapter adapter) {
        if (adapter != null) {
            adapter.close();
        }
        return adapter != null;
    }
}
