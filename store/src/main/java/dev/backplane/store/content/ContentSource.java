package dev.backplane.store.content;

import dev.backplane.core.Slice;

/// A container's contents, for reading. Thread-safe.
public interface ContentSource {
    /// The bytes of a leaf.
    ///
    /// @throws dev.backplane.core.Problem `INTERNAL` when they are damaged, `UNAVAILABLE` when they
    ///   cannot be read
    Slice leaf(int number);

    /// A leaf's length without reading it, if that is cheaper; else as reading it.
    default int leafSize(int number) {
        return leaf(number).length();
    }

    SequenceDef sequence(int number);
}
