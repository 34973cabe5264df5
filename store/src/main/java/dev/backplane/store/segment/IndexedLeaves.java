package dev.backplane.store.segment;

import dev.backplane.store.content.ContentSource;
import dev.backplane.store.text.TextIndexBuilder;
import java.util.BitSet;
import java.util.function.IntUnaryOperator;

/// A container whose leaves are in a full-text index already: a segment built of it takes the
/// postings over instead of cutting the text into words again.
public interface IndexedLeaves {
    /// The container, the same object that the contents to be interned refer to.
    ContentSource contents();

    /// The leaves that are in the index, a set of the caller's own.
    BitSet indexedLeaves();

    /// Hands the index to the builder; it must stay open until the builder has finished.
    ///
    /// @param document from a leaf to the number of its document in the new index; -1 where another
    ///   container's equal leaf came first, or nothing needs it any more
    void adoptInto(TextIndexBuilder target, IntUnaryOperator document);
}
