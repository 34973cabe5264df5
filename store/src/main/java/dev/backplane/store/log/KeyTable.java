package dev.backplane.store.log;

import dev.backplane.core.Slice;
import java.security.SecureRandom;
import java.util.Arrays;

/// Numbers for byte strings, from 0 in the order in which they first came: a hash table with open
/// addressing. Not thread-safe.
final class KeyTable {
    static final int NONE = -1;

    /// Another in every process: nobody can choose keys that all fall into the same place.
    private static final long SEED = new SecureRandom().nextLong();

    private static final int HASH = 0;
    private static final int PLACE = 1;
    private static final int LENGTH = 2;

    /// Numbers plus 1, 0 where free; at most half of them are taken.
    private int[] slots = new int[1 << 8];

    private final Records keys = new Records(3);
    private final ByteArena bytes = new ByteArena();

    int size() {
        return keys.size();
    }

    /// @return the key's number, or [#NONE]
    int find(byte[] key) {
        return slots[slot(key, hash(key))] - 1;
    }

    /// @return the key's number, whether it was there or is new
    int add(byte[] key) {
        int hash = hash(key);
        int slot = slot(key, hash);
        if (slots[slot] != 0) {
            return slots[slot] - 1;
        }
        int number = keys.add();
        keys.set(number, HASH, hash);
        keys.set(number, PLACE, bytes.add(key));
        keys.set(number, LENGTH, key.length);
        slots[slot] = number + 1;
        if (keys.size() * 2 > slots.length) {
            spread();
        }
        return number;
    }

    Slice key(int number) {
        return bytes.get(keys.get(number, PLACE), keys.getInt(number, LENGTH));
    }

    /// Where the key is or would go.
    private int slot(byte[] key, int hash) {
        int slot = first(hash, slots);
        while (slots[slot] != 0 && !is(slots[slot] - 1, key, hash)) {
            slot = slot + 1 & slots.length - 1;
        }
        return slot;
    }

    private static int first(int hash, int[] slots) {
        return hash & slots.length - 1;
    }

    private static int hash(byte[] key) {
        long hash = SEED;
        for (byte b : key) {
            hash = ((hash ^ hash >>> 32) + b) * 0x9E3779B97F4A7C15L;
        }
        return (int) (hash >>> 32);
    }

    private boolean is(int number, byte[] key, int hash) {
        if (keys.getInt(number, HASH) != hash || keys.getInt(number, LENGTH) != key.length) {
            return false;
        }
        Slice known = key(number);
        int end = known.offset() + known.length();
        return Arrays.equals(known.array(), known.offset(), end, key, 0, key.length);
    }

    private void spread() {
        int[] wider = new int[slots.length * 2];
        for (int number = 0; number < keys.size(); number++) {
            int slot = first(keys.getInt(number, HASH), wider);
            while (wider[slot] != 0) {
                slot = slot + 1 & wider.length - 1;
            }
            wider[slot] = number + 1;
        }
        slots = wider;
    }
}
