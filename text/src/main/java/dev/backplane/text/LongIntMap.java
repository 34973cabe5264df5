package dev.backplane.text;

/// A hash table from long to int, open addressing, without boxes. No key may be [Long#MIN_VALUE].
/// Not thread-safe while it grows.
public final class LongIntMap {
    private static final long FREE = Long.MIN_VALUE;

    private long[] keys;
    private int[] values;
    private int size;

    /// @param expected about how many keys will come
    public LongIntMap(int expected) {
        int capacity = Math.max(16, Integer.highestOneBit(Math.max(1, expected)) << 2);
        keys = empty(capacity);
        values = new int[capacity];
    }

    private static long[] empty(int capacity) {
        long[] keys = new long[capacity];
        java.util.Arrays.fill(keys, FREE);
        return keys;
    }

    public int size() {
        return size;
    }

    /// The value, or -1.
    public int get(long key) {
        int mask = keys.length - 1;
        int slot = spread(key) & mask;
        while (keys[slot] != FREE) {
            if (keys[slot] == key) {
                return values[slot];
            }
            slot = slot + 1 & mask;
        }
        return -1;
    }

    /// Puts the value unless the key is there. Whether it was put.
    public boolean putIfAbsent(long key, int value) {
        if (2 * (size + 1) > keys.length) {
            grow();
        }
        int mask = keys.length - 1;
        int slot = spread(key) & mask;
        while (keys[slot] != FREE) {
            if (keys[slot] == key) {
                return false;
            }
            slot = slot + 1 & mask;
        }
        keys[slot] = key;
        values[slot] = value;
        size++;
        return true;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = empty(2 * oldKeys.length);
        values = new int[keys.length];
        size = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != FREE) {
                putIfAbsent(oldKeys[i], oldValues[i]);
            }
        }
    }

    private static int spread(long key) {
        long hash = key * 0x9E37_79B9_7F4A_7C15L;
        return (int) (hash >>> 32 ^ hash >>> 15);
    }
}
