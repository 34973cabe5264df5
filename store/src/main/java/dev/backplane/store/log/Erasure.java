package dev.backplane.store.log;

/// A request to forget.
///
/// @param trace one trace's id; or empty for all of the project
/// @param version only what was accepted before it
/// @param beforeNanos only traces that started before it; `Long.MAX_VALUE` for all
public record Erasure(String project, String trace, long version, long beforeNanos) {}
