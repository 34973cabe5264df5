package dev.backplane.gateway.response;

import dev.backplane.core.Slice;

/// What items are kept under until somebody deletes it.
///
/// @param id `conv_…`
/// @param created in seconds since 1970
/// @param metadata a JSON object
public record Conversation(String id, long created, Slice metadata) {}
