package dev.backplane.ingest;

import dev.backplane.core.Problem;

/// One item of a request that was not taken, while the others were.
///
/// @param index of the item: for OTLP the span's place in the request and for `logs3` the row's,
///   from 0; for NDJSON and files the line or element, from 1
public record Rejection(long index, Problem problem) {}
