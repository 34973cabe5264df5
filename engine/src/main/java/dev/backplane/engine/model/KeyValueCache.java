package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.PackedBlocks;
import dev.backplane.tensor.kernel.PackedBlocks.Form;
import java.lang.foreign.Arena;

/// Keys and values of all requests, in blocks of 16 positions that any request may hold.
///
/// ```
/// keys of a layer:    heads × blocks × { width of a head × 16 positions }
/// values of a layer:  heads × blocks × { 16 positions × width of a head }, or none: those of
///                     latent attention are the beginning of keys
/// ```
///
/// so that sixteen products with keys are one pass without a sum across lanes, and so is a sum of
/// values; and a request whose blocks follow each other is read as one stream. Numbers are kept in
/// one of three types ([PackedBlocks]) and read as floats, a head of a block at a time. Who holds
/// which block is [dev.backplane.engine.cache.BlockPool]'s to know.
public final class KeyValueCache implements AutoCloseable {
    /// Positions of a block.
    public static final int BLOCK = PackedBlocks.VECTORS;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final PackedBlocks[] keys;
    private final PackedBlocks[] values;
    private final CacheType type;
    private final int blocks;
    private final int heads;
    private final int width;
    private final int valueWidth;

    /// @param blocks of 16 positions, shared by all requests
    public KeyValueCache(Hyperparameters sizes, CacheType type, int blocks) {
        this.type = type;
        this.blocks = blocks;
        Hyperparameters.Cached cached = sizes.cached();
        this.heads = cached.heads();
        this.width = cached.keyWidth();
        this.valueWidth = cached.valueWidth();
        long numbers = (long) blocks * BLOCK * heads * Math.max(width, valueWidth);
        if (numbers > Integer.MAX_VALUE) {
            arena.close();
            throw Problem.tooLarge(
                            "%,d blocks of keys are more than 2^31 numbers a layer"
                                    .formatted(blocks),
                            "key-value cache")
                    .fix(
                            "take at most %,d blocks"
                                    .formatted(Integer.MAX_VALUE / BLOCK / heads / width));
        }
        keys = new PackedBlocks[cached.layers()];
        values = new PackedBlocks[cached.layers()];
    }

    /// Takes the memory; before that nothing may be put. For when it is known that the model has
    /// what its sizes say.
    void allocate() {
        long places = (long) blocks * heads;
        for (int layer = 0; layer < keys.length; layer++) {
            keys[layer] = PackedBlocks.allocate(arena, type, Form.COLUMNS, places, width);
            values[layer] = PackedBlocks.allocate(arena, type, Form.ROWS, places, valueWidth);
        }
    }

    /// Bytes that a block takes in all layers.
    public static long blockBytes(Hyperparameters sizes, CacheType type) {
        Hyperparameters.Cached cached = sizes.cached();
        long head =
                PackedBlocks.bytes(type, cached.keyWidth())
                        + PackedBlocks.bytes(type, cached.valueWidth());
        return head * cached.heads() * cached.layers();
    }

    public int blocks() {
        return blocks;
    }

    /// Heads of keys and values.
    int heads() {
        return heads;
    }

    /// Numbers of a head's keys.
    int width() {
        return width;
    }

    /// `out[outAt + 16 i + p]` = number `i` of the key at position `p` of a block.
    void keys(int layer, int block, int head, FloatArray out, int outAt) {
        keys[layer].get(place(block, head), out, outAt);
    }

    /// `out[outAt + count p + i]` = number `i` of the value at position `p` of a block.
    ///
    /// @param count numbers of a value
    /// @param scratch for as many numbers as [#keys] gives
    void values(
            int layer,
            int block,
            int head,
            int count,
            FloatArray scratch,
            FloatArray out,
            int outAt) {
        if (valueWidth > 0) {
            values[layer].get(place(block, head), out, outAt);
            return;
        }
        keys(layer, block, head, scratch, 0);
        for (int i = 0; i < count; i++) {
            for (int position = 0; position < BLOCK; position++) {
                out.set(outAt + count * position + i, scratch.get(BLOCK * i + position));
            }
        }
    }

    private long place(int block, int head) {
        return (long) head * blocks + block;
    }

    /// Takes the keys and values of a row, all heads after each other.
    void put(int layer, int[] table, int position, FloatArray k, FloatArray v, int at) {
        int slot = position % BLOCK;
        for (int head = 0; head < heads; head++) {
            long place = place(table[position / BLOCK], head);
            keys[layer].put(place, slot, k, at + head * width);
            if (valueWidth > 0) {
                values[layer].put(place, slot, v, at + head * width);
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
