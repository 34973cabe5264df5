package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.local.NamedAdapter;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/// The adapters of a model that are in memory. One comes with the first request that asks for it,
/// and goes when it is dropped and nobody uses it any more, or with its model. Thread-safe.
final class ResidentAdapters implements AutoCloseable {
    private static final class Entry {
        private final Adapter adapter;
        private int uses;
        private boolean dropped;

        Entry(Adapter adapter) {
            this.adapter = adapter;
        }
    }

    /// The use of an adapter, which stays as long as this is open.
    final class Use implements AutoCloseable {
        private final Entry entry;

        private Use(Entry entry) {
            this.entry = entry;
        }

        Adapter adapter() {
            return entry.adapter;
        }

        @Override
        public void close() {
            release(entry);
        }
    }

    private final LocalModel model;
    private final LongConsumer charge;
    private final Map<NamedAdapter, Entry> entries = new HashMap<>();
    private final Entry none = new Entry(Adapter.NONE);

    /// @param charge told of the bytes of what was read, and of negative ones when they are free;
    ///   throws when there is no room for them
    ResidentAdapters(LocalModel model, LongConsumer charge) {
        this.model = model;
        this.charge = charge;
    }

    /// The model as it is.
    Use none() {
        return new Use(none);
    }

    /// Loads the adapter unless it is there.
    ///
    /// @throws Problem why it cannot
    synchronized Use use(NamedAdapter named) {
        Entry entry = entries.get(named);
        if (entry == null) {
            entry = new Entry(load(named));
            entries.put(named, entry);
        }
        entry.uses++;
        return new Use(entry);
    }

    private Adapter load(NamedAdapter named) {
        Adapter adapter = model.adapter(named.name(), named.path());
        try {
            charge.accept(adapter.bytes());
            return adapter;
        } catch (Problem noRoom) {
            adapter.close();
            throw noRoom;
        }
    }

    private synchronized void release(Entry entry) {
        entry.uses--;
        closeIfUnused(entry);
    }

    private void closeIfUnused(Entry entry) {
        if (entry.dropped && entry.uses == 0) {
            entry.adapter.close();
            charge.accept(-entry.adapter.bytes());
        }
    }

    /// Frees an adapter when nobody uses it any more.
    synchronized void drop(NamedAdapter named) {
        Entry entry = entries.remove(named);
        if (entry != null) {
            entry.dropped = true;
            closeIfUnused(entry);
        }
    }

    /// Frees all. Only when nothing is computed any more.
    @Override
    public synchronized void close() {
        entries.values().forEach(entry -> entry.adapter.close());
        entries.clear();
    }
}
