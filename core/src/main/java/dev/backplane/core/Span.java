package dev.backplane.core;

/// A span as a reader sees it: its events folded.
///
/// @param version that of the latest event in it
public record Span(SpanKey key, SpanData data, long version) {}
