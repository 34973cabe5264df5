package dev.backplane.store.content;

/// A stored sequence.
///
/// @param parent the number of the sequence that is its prefix, or [Refs#NONE]
/// @param appended refs of the pieces after the prefix
/// @param size of the joined whole, in bytes
public record SequenceDef(Style style, int parent, int[] appended, long size) {}
