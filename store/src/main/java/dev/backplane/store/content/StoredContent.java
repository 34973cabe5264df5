package dev.backplane.store.content;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/// A content in a container, joined while it is read: never more than one leaf in memory.
public record StoredContent(ContentSource source, int ref) implements Content {
    @Override
    public long size() {
        return Refs.isSequence(ref)
                ? source.sequence(Refs.number(ref)).size()
                : source.leafSize(Refs.number(ref));
    }

    @Override
    public InputStream open() {
        if (!Refs.isSequence(ref)) {
            return source.leaf(Refs.number(ref)).open();
        }
        Iterator<Slice> slices = new Slices(source, ref);
        return new SequenceInputStream(
                new java.util.Enumeration<>() {
                    @Override
                    public boolean hasMoreElements() {
                        return slices.hasNext();
                    }

                    @Override
                    public InputStream nextElement() {
                        Slice slice = slices.next();
                        return new ByteArrayInputStream(
                                slice.array(), slice.offset(), slice.length());
                    }
                });
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        Iterator<Slice> slices = new Slices(source, ref);
        while (slices.hasNext()) {
            slices.next().writeTo(out);
        }
    }

    @Override
    public Slice read(int limit) {
        return Refs.isSequence(ref) || limit < Chunker.SIZE_MAX
                ? Content.super.read(limit)
                : source.leaf(Refs.number(ref));
    }

    /// The pieces of the outermost sequence as contents of their own (the messages of a
    /// conversation), or this content alone where it is not a JSON array.
    public List<StoredContent> elements() {
        if (!Refs.isSequence(ref)) {
            return List.of(this);
        }
        SequenceDef whole = source.sequence(Refs.number(ref));
        if (whole.style() == Style.CONCAT || whole.style() == Style.RUN) {
            return List.of(this);
        }
        List<StoredContent> elements = new ArrayList<>();
        for (int piece : pieces(source, whole)) {
            elements.add(new StoredContent(source, piece));
        }
        return elements;
    }

    /// The id that the content was stored under, made again by reading all of it.
    public ContentId id(ContentId.Hasher hasher) {
        if (!Refs.isSequence(ref)) {
            Slice bytes = source.leaf(Refs.number(ref));
            return hasher.leaf(bytes.array(), bytes.offset(), bytes.length());
        }
        SequenceDef sequence = source.sequence(Refs.number(ref));
        ContentId id = ContentId.EMPTY;
        for (int piece : pieces(source, sequence)) {
            id = hasher.append(sequence.style(), id, new StoredContent(source, piece).id(hasher));
        }
        return id;
    }

    /// All pieces of a sequence, its prefixes' included, in order.
    private static List<Integer> pieces(ContentSource source, SequenceDef sequence) {
        List<SequenceDef> chain = new ArrayList<>();
        SequenceDef current = sequence;
        chain.add(current);
        while (current.parent() != Refs.NONE) {
            current = source.sequence(current.parent());
            chain.add(current);
        }
        Collections.reverse(chain);
        List<Integer> pieces = new ArrayList<>();
        for (SequenceDef link : chain) {
            for (int piece : link.appended()) {
                pieces.add(piece);
            }
        }
        return pieces;
    }

    /// Walks a content depth first, leaf by leaf, with the joints between them.
    private static final class Slices implements Iterator<Slice> {
        private sealed interface Step {
            record Bytes(Slice slice) implements Step {}

            record Piece(int ref) implements Step {}
        }

        private final ContentSource source;
        private final Deque<Step> steps = new ArrayDeque<>();

        Slices(ContentSource source, int ref) {
            this.source = source;
            steps.push(new Step.Piece(ref));
        }

        @Override
        public boolean hasNext() {
            return !steps.isEmpty();
        }

        @Override
        public Slice next() {
            return switch (steps.pop()) {
                case Step.Bytes(Slice slice) -> slice;
                case Step.Piece(int ref) when Refs.isSequence(ref) -> {
                    SequenceDef sequence = source.sequence(Refs.number(ref));
                    expand(sequence);
                    yield Slice.of(sequence.style().open());
                }
                case Step.Piece(int ref) -> source.leaf(Refs.number(ref));
            };
        }

        private void expand(SequenceDef sequence) {
            Style style = sequence.style();
            List<Integer> pieces = pieces(source, sequence);
            steps.push(new Step.Bytes(Slice.of(style.close())));
            for (int i = pieces.size() - 1; i >= 0; i--) {
                steps.push(new Step.Piece(pieces.get(i)));
                if (i > 0 && style.separator().length > 0) {
                    steps.push(new Step.Bytes(Slice.of(style.separator())));
                }
            }
        }
    }
}
