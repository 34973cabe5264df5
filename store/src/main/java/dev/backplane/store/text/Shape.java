package dev.backplane.store.text;

/// How the bytes of a content are to be read as text.
public enum Shape {
    /// As they stand.
    TEXT,
    /// As JSON: escapes are what they mean, so that `"a\nb"` holds the words `a` and `b`. JSON that
    /// stands in a string (the arguments of a tool call) is read in the same way. Malformed JSON is
    /// text with escapes.
    JSON
}
