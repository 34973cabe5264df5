package dev.backplane.store;

/// A span in its place in the trace's tree, pre-order.
///
/// @param depth 0 for roots (and for spans whose parent is missing)
/// @param children direct children
/// @param matched whether it meets the search within the trace (true when there is none)
public record TreeRow(SpanRow span, int depth, int children, boolean matched) {}
