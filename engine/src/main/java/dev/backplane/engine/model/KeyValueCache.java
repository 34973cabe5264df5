package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;

/// Keys and values of all requests, in blocks of 16 positions that any request may hold; floats.
///
/// ```
/// keys of a layer:    blocks × heads × { width of a head × 16 positions }
/// values of a layer:  blocks × heads × { 16 positions × width of a head }, or none: those of
///                     latent attention are the beginning of keys
/// ```
///
/// so that sixteen products with keys are one pass without a sum across lanes, and so is a sum of
/// values. Who holds which block is [dev.backplane.engine.cache.BlockPool]'s to know.
public final class KeyValueCache implements AutoCloseable {
    /// Positions of a block.
    public static final int BLOCK = Elementwise.COLUMNS;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final FloatArray[] keys;
    private final FloatArray[] values;
    private final int blocks;
    private final int heads;
    private final int width;
    private final int valueWidth;

    /// @param blocks of 16 positions, shared by all requests
    public KeyValueCache(Hyperparameters sizes, int blocks) {
        this.blocks = blocks;
        Hyperparameters.Cached cached = sizes.cached();
        this.heads = cached.heads();
        this.width = cached.keyWidth();
        this.valueWidth = cached.valueWidth();
        long floats = (long) blocks * BLOCK * heads * Math.max(width, valueWidth);
        if (floats > Integer.MAX_VALUE) {
            arena.close();
            throw Problem.tooLarge(
                            "%,d blocks of keys are more than 2^31 numbers a layer"
                                    .formatted(blocks),
                            "key-value cache")
                    .fix(
                            "take at most %,d blocks"
                                    .formatted(Integer.MAX_VALUE / BLOCK / heads / width));
        }
        keys = new FloatArray[cached.layers()];
        values = new FloatArray[cached.layers()];
    }

    /// Takes the memory; before that nothing may be put. For when it is known that the model has
    /// what its sizes say.
    void allocate() {
        for (int layer = 0; layer < keys.length; layer++) {
            keys[layer] = FloatArray.allocate(arena, blocks * BLOCK * heads * width);
            values[layer] = FloatArray.allocate(arena, blocks * BLOCK * heads * valueWidth);
        }
    }

    /// Bytes that a block takes in all layers.
    public static long blockBytes(Hyperparameters sizes) {
        Hyperparameters.Cached cached = sizes.cached();
        long numbers = (long) cached.heads() * (cached.keyWidth() + cached.valueWidth());
        return Float.BYTES * BLOCK * numbers * cached.layers();
    }

    public int blocks() {
        return blocks;
    }

    FloatArray keys(int layer) {
        return keys[layer];
    }

    FloatArray values(int layer) {
        return values[layer];
    }

    /// Where a head of a block begins, in keys and in values (whose width is the same, or none).
    int place(int block, int head) {
        return (block * heads + head) * width * BLOCK;
    }

    /// Takes the keys and values of a row, all heads after each other.
    void put(int layer, int[] table, int position, FloatArray k, FloatArray v, int at) {
        int block = table[position / BLOCK];
        int slot = position % BLOCK;
        FloatArray to = keys[layer];
        for (int head = 0; head < heads; head++) {
            int place = place(block, head);
            for (int i = 0; i < width; i++) {
                to.set(place + i * BLOCK + slot, k.get(at + head * width + i));
            }
            if (valueWidth > 0) {
                values[layer].set(place + slot * width, v, at + head * width, width);
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
