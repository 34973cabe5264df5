package dev.backplane.gateway.json;

/// What became of a character.
public enum Step {
    /// It was taken.
    MORE,
    /// It was the last.
    DONE,
    /// The one before was the last; this one is still to be taken by whoever comes next.
    PASSED,
    /// It cannot be there.
    BAD
}
