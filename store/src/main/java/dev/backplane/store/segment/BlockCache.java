package dev.backplane.store.segment;

import dev.backplane.store.segment.PackFormat.Entries;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/// Decompressed blocks of all open packs, least recently used out first, bounded by bytes.
/// Thread-safe; two threads that miss the same block may both load it.
public final class BlockCache {
    /// What the entries of a block are.
    enum Kind {
        LEAVES,
        ROWS,
        TRACES
    }

    private record Key(Pack pack, Kind kind, int block) {}

    private final long capacity;
    private final Map<Key, Entries> blocks = new LinkedHashMap<>(64, 0.75f, true);
    private long size;

    /// @param capacity in bytes
    public BlockCache(long capacity) {
        this.capacity = capacity;
    }

    Entries get(Pack pack, Kind kind, int block, Supplier<Entries> load) {
        Key key = new Key(pack, kind, block);
        synchronized (this) {
            Entries present = blocks.get(key);
            if (present != null) {
                return present;
            }
        }
        Entries loaded = load.get();
        synchronized (this) {
            if (blocks.put(key, loaded) == null) {
                size += weight(loaded);
            }
            Iterator<Entries> eldest = blocks.values().iterator();
            while (size > capacity && blocks.size() > 1) {
                size -= weight(eldest.next());
                eldest.remove();
            }
        }
        return loaded;
    }

    synchronized void drop(Pack pack) {
        blocks.entrySet()
                .removeIf(entry -> {
                    boolean gone = entry.getKey().pack() == pack;
                    size -= gone ? weight(entry.getValue()) : 0;
                    return gone;
                });
    }

    private static long weight(Entries entries) {
        return entries.bytes().length + 4L * entries.offsets().length + 64;
    }
}
