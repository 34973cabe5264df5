package dev.backplane.store.text;

/// A full-text query.
public sealed interface TextQuery {
    /// A single word.
    record Word(String word) implements TextQuery {}
}
