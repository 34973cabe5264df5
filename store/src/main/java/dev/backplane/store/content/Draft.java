package dev.backplane.store.content;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A value cut into pieces and hashed, before it is known which of them are new. Making drafts is
/// the expensive part of deduplication and needs no lock.
public sealed interface Draft {
    ContentId id();

    /// In bytes.
    long size();

    record Leaf(ContentId id, Slice bytes) implements Draft {
        @Override
        public long size() {
            return bytes.length();
        }
    }

    /// A leaf that the container is known to hold: its bytes went in before.
    record Known(ContentId id, long size) implements Draft {}

    /// @param prefixes the id of the sequence after each piece; the last is this sequence's own
    record Sequence(Style style, List<Draft> pieces, List<ContentId> prefixes, long size)
            implements Draft {
        @Override
        public ContentId id() {
            return prefixes.getLast();
        }

        /// The last element of an array, as it lies in the text that the draft was made of; empty
        /// for what is no array.
        public Optional<Slice> lastElement() {
            return style == Style.CONCAT ? Optional.empty() : span(pieces.getLast());
        }

        private static Optional<Slice> span(Draft piece) {
            return switch (piece) {
                case Leaf(ContentId _, Slice bytes) -> Optional.of(bytes);
                case Sequence chunks
                        when chunks.pieces.getFirst() instanceof Leaf(ContentId _, Slice first) ->
                        Optional.of(new Slice(first.array(), first.offset(), (int) chunks.size));
                case Sequence _, Known _ -> Optional.empty();
            };
        }
    }

    /// Cuts and hashes `text`.
    static Draft of(Slice text, ContentId.Hasher hasher) {
        Optional<Splitter.Split> split = Splitter.split(text);
        if (split.isPresent()) {
            List<Draft> pieces = new ArrayList<>(split.get().pieces().size());
            for (Slice piece : split.get().pieces()) {
                pieces.add(plain(piece, hasher));
            }
            return sequence(split.get().style(), pieces, hasher);
        }
        return plain(text, hasher);
    }

    /// One leaf, or the chunks of a text that is too long for one.
    private static Draft plain(Slice text, ContentId.Hasher hasher) {
        if (text.length() <= Chunker.SIZE_MAX / 2) {
            return leaf(text, hasher);
        }
        List<Draft> pieces = new ArrayList<>();
        int end = text.offset() + text.length();
        int from = text.offset();
        while (from < end) {
            int cut = Chunker.cut(text.array(), from, end);
            pieces.add(leaf(new Slice(text.array(), from, cut - from), hasher));
            from = cut;
        }
        return sequence(Style.CONCAT, pieces, hasher);
    }

    static Leaf leaf(Slice bytes, ContentId.Hasher hasher) {
        return new Leaf(hasher.leaf(bytes.array(), bytes.offset(), bytes.length()), bytes);
    }

    /// Joins pieces to a sequence.
    static Sequence sequence(Style style, List<Draft> pieces, ContentId.Hasher hasher) {
        List<ContentId> prefixes = new ArrayList<>(pieces.size());
        ContentId prefix = ContentId.EMPTY;
        long size = (long) style.open().length + style.close().length;
        size += (long) style.separator().length * (pieces.size() - 1);
        for (Draft piece : pieces) {
            prefix = hasher.append(style, prefix, piece.id());
            prefixes.add(prefix);
            size += piece.size();
        }
        return new Sequence(style, pieces, prefixes, size);
    }
}
