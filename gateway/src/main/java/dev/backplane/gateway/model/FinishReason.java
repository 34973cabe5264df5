package dev.backplane.gateway.model;

/// Why an answer ended.
public enum FinishReason {
    /// The model was done.
    STOP,
    /// A stop sequence came.
    STOP_SEQUENCE,
    /// The limit of tokens was reached.
    LENGTH,
    /// The model wants tools to be called.
    TOOL_CALLS,
    /// The provider took the answer back, or part of it.
    FILTERED,
    /// Something else; the provider's word says what.
    OTHER
}
