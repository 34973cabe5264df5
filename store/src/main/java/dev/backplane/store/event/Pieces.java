package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Collections;
import java.util.List;

/// A content that is already cut where it should be: stored as a sequence of just these leaves.
///
/// @param list at least one, none longer than a leaf may be
public record Pieces(List<Slice> list) implements Content {
    @Override
    public long size() {
        return list.stream().mapToLong(Slice::length).sum();
    }

    @Override
    public InputStream open() {
        return new SequenceInputStream(
                Collections.enumeration(list.stream().map(Slice::open).toList()));
    }
}
