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
    /// @throws IndexOutOfBoundsException when a token is unknown, or there is no room
    void run(Step step, FloatArray logits);
}
