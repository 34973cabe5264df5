package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.Style;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A content that is already cut where it should be: stored as a sequence of just these leaves. Its
/// bytes are encoded attributes, nothing that a person reads.
///
/// @param list at least one, none longer than a leaf may be
public record Pieces(List<Slice> list) implements Content {
    public Draft.Sequence draft(ContentId.Hasher hasher) {
        List<Draft> leaves = new ArrayList<>(list.size());
        for (Slice piece : list) {
            leaves.add(Draft.leaf(piece, hasher));
        }
        return Draft.sequence(Style.RUN, leaves, hasher);
    }

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
