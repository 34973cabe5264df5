package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;

/// A model that says, for each row of a step, how likely each token is to come next. For one
/// thread.
public interface Decoder {
    Hyperparameters sizes();

    /// Tokens that it knows.
    int vocabulary();

    /// Computes a step: keys and values go into the cache, and the logits of the rows that are to
    /// give some into `logits`, one after the other.
    ///
    /// Where the step says so ([Step#giveStates]), states instead of logits.
    ///
    /// @throws IndexOutOfBoundsException when a token is unknown, or there is no room
    void run(Step step, FloatArray logits);

    /// Whether a request has a state beside what is in the cache. Then its rows come one position
    /// after the other, none of them twice, and it holds its blocks alone: cached prefixes cannot
    /// be used, nor rows taken back.
    default boolean isRecurrent() {
        return false;
    }

    /// Whether each row sees all of its request, also what comes after it: an encoder. Then the
    /// rows of a request stand one after the other in one step, all of them, and there are states
    /// and no logits.
    default boolean isWhole() {
        return false;
    }

    /// A block of the cache is nobody's any more.
    default void freed(int block) {}
}
