package dev.backplane.ingest;

/// What a decoder must know beyond the bytes.
///
/// @param project the project that the sender's key or header names; `default` otherwise
/// @param prices for the cost of spans whose sender did not state one
public record IngestContext(String project, PriceTable prices) {}
