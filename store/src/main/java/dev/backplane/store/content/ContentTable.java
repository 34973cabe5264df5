package dev.backplane.store.content;

import java.util.Arrays;

/// From content ids to refs: an open-addressing hash table over two growing columns of ids.
///
/// About 30 bytes a content. Not thread-safe.
public final class ContentTable {
    private long[] high = new long[1 << 10];
    private long[] low = new long[1 << 10];
    private int[] refs = new int[1 << 10];
    private int size;
    private int[] slots = filled(1 << 11);

    private static int[] filled(int length) {
        int[] slots = new int[length];
        Arrays.fill(slots, -1);
        return slots;
    }

    public int size() {
        return size;
    }

    /// The ref of a content, or [Refs#NONE].
    public int find(ContentId id) {
        int slot = slot(id.low());
        while (slots[slot] >= 0) {
            int entry = slots[slot];
            if (low[entry] == id.low() && high[entry] == id.high()) {
                return refs[entry];
            }
            slot = slot + 1 & slots.length - 1;
        }
        return Refs.NONE;
    }

    /// Adds a content that is not there yet.
    public void add(ContentId id, int ref) {
        if (size == high.length) {
            high = Arrays.copyOf(high, size * 2);
            low = Arrays.copyOf(low, size * 2);
            refs = Arrays.copyOf(refs, size * 2);
        }
        high[size] = id.high();
        low[size] = id.low();
        refs[size] = ref;
        size++;
        if (size * 2 > slots.length) {
            slots = filled(slots.length * 2);
            for (int entry = 0; entry < size; entry++) {
                place(entry);
            }
        } else {
            place(size - 1);
        }
    }

    private void place(int entry) {
        int slot = slot(low[entry]);
        while (slots[slot] >= 0) {
            slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = entry;
    }

    /// The ids are hashes already: their low bits are as good as any.
    private int slot(long low) {
        return (int) low & slots.length - 1;
    }
}
