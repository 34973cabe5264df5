package dev.backplane.store;

/// What a span and everything below it add up to. Sums leave out absent values.
///
/// @param spans with itself
/// @param cost US dollars; 0 when nobody said
/// @param critical whether it lies on the trace's critical path: had it ended earlier, so would the
///   trace
public record Subtree(
        int spans,
        int errors,
        long inputTokens,
        long outputTokens,
        double cost,
        boolean critical) {}
