package dev.backplane.store;

/// A span in its place in the trace's tree, pre-order.
///
/// @param depth 0 for roots (and for spans whose parent is missing)
/// @param children direct children
/// @param matched whether it meets the search within the trace (true when there is none)
/// @param position its place in the whole tree, from 0, whatever is searched for
/// @param size spans below it and itself: the next span that is not below it stands at `position`
///   plus this
public record TreeRow(
        SpanRow span, int depth, int children, boolean matched, int position, int size) {}
