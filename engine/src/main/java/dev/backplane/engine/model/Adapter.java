package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// A low-rank adapter (LoRA; Hu et al., arXiv 2106.09685): for some of a model's matrices, what is
/// added to their products: `y = W x + scale · B (A x)`, with `A` of `rank` rows and `B` of `rank`
/// columns. The model's weights stay as they are, so that rows of one step may have different
/// adapters.
///
/// Made by [LocalModel#adapter] for that model only. Immutable; its memory is there until it is
/// closed, which the caller does when no request uses it.
public final class Adapter implements AutoCloseable {
    private static final AtomicLong MADE = new AtomicLong();

    /// The model as it is.
    public static final Adapter NONE = new Adapter("", Arena.global(), Map.of(), 0, 0);

    /// What is added to the products of one matrix.
    ///
    /// @param a of `rank` rows and as many columns as the matrix has
    /// @param b of as many rows as the matrix has and `rank` columns
    record Pair(WeightMatrix a, WeightMatrix b, float scale) {}

    private final String name;
    private final Arena arena;
    private final Map<String, Pair> pairs;
    private final int rank;
    private final long bytes;
    private final long number = MADE.getAndIncrement();

    /// @param arena of the pairs, closed with the adapter
    /// @param pairs by the names of the matrices, as [WeightMatrix#name] has them
    /// @param rank the largest of the pairs
    Adapter(String name, Arena arena, Map<String, Pair> pairs, int rank, long bytes) {
        this.name = name;
        this.arena = arena;
        this.pairs = new HashMap<>(pairs);
        this.rank = rank;
        this.bytes = bytes;
    }

    public String name() {
        return name;
    }

    /// Matrices that it changes.
    public int targets() {
        return pairs.size();
    }

    /// Rows of the tallest `A`.
    public int rank() {
        return rank;
    }

    /// Memory that it takes.
    public long bytes() {
        return bytes;
    }

    /// A salt for what is computed with it: no other adapter has the same, also not one of the same
    /// name that was loaded before.
    public String salt(String salt) {
        return number + " " + salt;
    }

    Optional<Pair> pair(String matrix) {
        return Optional.ofNullable(pairs.get(matrix));
    }

    @Override
    public void close() {
        if (!pairs.isEmpty()) {
            arena.close();
        }
    }
}
