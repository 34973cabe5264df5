package dev.backplane.engine.cache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Who holds which block of the key-value cache, and which blocks still have content that a later
/// request may use.
///
/// A block is held by one or more requests, or free. A block that is full may be given the key of
/// its content; when it becomes free it keeps content and key until it is taken for something else.
/// The block that has been free for longest is taken first; whoever gives blocks back does so from
/// the last to the first, so that beginnings, which others share, stay longest.
///
/// Invariants: a block is in the list of free ones exactly when nobody holds it; a key names one
/// block. For one thread.
public final class BlockPool {
    private static final int NONE = -1;

    private final int[] holders;
    private final @Nullable BlockKey[] keys;
    private final Map<BlockKey, Integer> byKey = new HashMap<>();

    /// The free blocks, from the one free for longest, as a list with both neighbours of each.
    private final int[] next;

    private final int[] previous;
    private final boolean sharing;
    private final IntConsumer freed;
    private int first = NONE;
    private int last = NONE;
    private int free;

    /// Blocks that are shared.
    public BlockPool(int blocks) {
        this(blocks, true, _ -> {});
    }

    /// @param sharing whether content is kept for other requests
    /// @param freed told of each block that is nobody's any more
    public BlockPool(int blocks, boolean sharing, IntConsumer freed) {
        this.sharing = sharing;
        this.freed = freed;
        holders = new int[blocks];
        keys = new BlockKey[blocks];
        next = new int[blocks];
        previous = new int[blocks];
        Arrays.fill(next, NONE);
        Arrays.fill(previous, NONE);
        for (int block = 0; block < blocks; block++) {
            append(block);
        }
    }

    public int size() {
        return holders.length;
    }

    /// Blocks that nobody holds, with content or without.
    public int free() {
        return free;
    }

    /// Takes a free block for new content; what it had is forgotten.
    ///
    /// @throws IllegalStateException when none is free
    public int take() {
        if (free == 0) {
            throw new IllegalStateException("no block is free");
        }
        int block = first;
        unlink(block);
        holders[block] = 1;
        BlockKey key = keys[block];
        if (key != null) {
            byKey.remove(key);
            keys[block] = null;
        }
        return block;
    }

    /// Holds the block of this content, if there is one.
    public OptionalInt hold(BlockKey key) {
        Integer block = byKey.get(key);
        if (block == null) {
            return OptionalInt.empty();
        }
        if (holders[block]++ == 0) {
            unlink(block);
        }
        return OptionalInt.of(block);
    }

    /// Says what a block that is held contains. If another block has the same, that one keeps the
    /// key.
    public void publish(int block, BlockKey key) {
        check(block);
        if (sharing && keys[block] == null && byKey.putIfAbsent(key, block) == null) {
            keys[block] = key;
        }
    }

    /// Gives back what [#take] or [#hold] gave.
    public void release(int block) {
        check(block);
        if (--holders[block] == 0) {
            append(block);
            freed.accept(block);
        }
    }

    private void check(int block) {
        if (holders[block] == 0) {
            throw new IllegalStateException("nobody holds block " + block);
        }
    }

    private void append(int block) {
        previous[block] = last;
        next[block] = NONE;
        if (last == NONE) {
            first = block;
        } else {
            next[last] = block;
        }
        last = block;
        free++;
    }

    private void unlink(int block) {
        if (previous[block] == NONE) {
            first = next[block];
        } else {
            next[previous[block]] = next[block];
        }
        if (next[block] == NONE) {
            last = previous[block];
        } else {
            previous[next[block]] = previous[block];
        }
        free--;
    }
}
