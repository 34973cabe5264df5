package dev.backplane.gateway.model;

/// A model that a provider has.
///
/// @param createdSeconds since 1970, or 0
public record ModelInfo(String id, long createdSeconds, String owner) {}
