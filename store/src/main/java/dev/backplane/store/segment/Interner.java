package dev.backplane.store.segment;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.ContentTable;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.Pieces;
import dev.backplane.store.text.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/// Carries contents from their containers into a new one, each distinct content once.
///
/// Within a source a memo answers; across sources equal contents meet by their ids, which are made
/// again from the bytes (they are not stored: 16 incompressible bytes a content). Not thread-safe.
final class Interner {
    /// Takes what is new, in order.
    interface Target {
        /// @param shape how people search the leaf, empty where they do not
        void leaf(Slice bytes, Optional<Shape> shape) throws IOException;

        /// A leaf of another container.
        void leaf(Slice bytes, Shape shape, ContentSource source, int number) throws IOException;

        void sequence(SequenceDef sequence);

        /// The next of the [Joints] that the sequences so far have.
        void joint(Slice text, Shape shape) throws IOException;
    }

    private static final class Memo {
        int[] leaves = new int[0];
        int[] sequences = new int[0];

        int get(int ref) {
            int[] known = Refs.isSequence(ref) ? sequences : leaves;
            int number = Refs.number(ref);
            return number < known.length ? known[number] : Refs.NONE;
        }

        void put(int ref, int target) {
            int number = Refs.number(ref);
            if (Refs.isSequence(ref)) {
                sequences = grown(sequences, number);
                sequences[number] = target;
            } else {
                leaves = grown(leaves, number);
                leaves[number] = target;
            }
        }

        private static int[] grown(int[] known, int number) {
            if (number < known.length) {
                return known;
            }
            int[] grown = Arrays.copyOf(known, Math.max(number + 1, known.length * 2));
            Arrays.fill(grown, known.length, grown.length, Refs.NONE);
            return grown;
        }
    }

    private final ContentId.Hasher hasher;
    private final Target target;
    private final ContentTable table = new ContentTable();
    private final Map<ContentSource, Memo> memos = new IdentityHashMap<>();
    private final Joints joints = new Joints();
    private final Map<Integer, SequenceDef> chunked = new HashMap<>();
    private final List<ContentId> leafIds = new ArrayList<>();
    private final List<ContentId> sequenceIds = new ArrayList<>();

    Interner(String project, Target target) {
        this.hasher = new ContentId.Hasher(project);
        this.target = target;
    }

    int leaves() {
        return leafIds.size();
    }

    int sequences() {
        return sequenceIds.size();
    }

    /// The ref of a content in the new container.
    int intern(Content content) {
        return switch (content) {
            case StoredContent(ContentSource source, int ref) ->
                    stored(
                            source,
                            memos.computeIfAbsent(source, _ -> new Memo()),
                            ref,
                            Optional.empty());
            case Pieces pieces -> draft(pieces.draft(hasher), _ -> Optional.empty());
            default -> draft(Draft.of(content.read(Integer.MAX_VALUE), hasher), Interner::shape);
        };
    }

    private static Optional<Shape> shape(Slice bytes) {
        return Optional.of(Passages.shape(bytes));
    }

    /// @param within how the text is read that a leaf is a chunk of; empty where it is a whole text
    private int stored(ContentSource source, Memo memo, int ref, Optional<Shape> within) {
        int known = memo.get(ref);
        if (known != Refs.NONE) {
            return known;
        }
        if (!Refs.isSequence(ref)) {
            int leaf = leaf(source, Refs.number(ref), within);
            memo.put(ref, leaf);
            return leaf;
        }
        // Prefixes first, from the longest that is known: a conversation may have thousands.
        Deque<Integer> chain = new ArrayDeque<>();
        int number = Refs.number(ref);
        while (number != Refs.NONE && memo.get(Refs.sequence(number)) == Refs.NONE) {
            chain.push(number);
            number = source.sequence(number).parent();
        }
        int parent = number == Refs.NONE ? Refs.NONE : memo.get(Refs.sequence(number));
        for (int link : chain) {
            parent = sequence(source, memo, source.sequence(link), parent);
            memo.put(Refs.sequence(link), parent);
        }
        return parent;
    }

    private int leaf(ContentSource source, int number, Optional<Shape> within) {
        Slice bytes = source.leaf(number);
        ContentId id = Draft.leaf(bytes, hasher).id();
        int known = table.find(id);
        if (known != Refs.NONE) {
            return known;
        }
        try {
            Shape shape = within.orElseGet(() -> Passages.shape(bytes));
            target.leaf(bytes, shape, source, number);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return added(id);
    }

    private int added(ContentId leaf) {
        int ref = Refs.leaf(leafIds.size());
        leafIds.add(leaf);
        table.add(leaf, ref);
        return ref;
    }

    private int sequence(ContentSource source, Memo memo, SequenceDef sequence, int parent) {
        int head = sequence.style() == Style.CONCAT ? Joints.head(source, sequence) : Refs.NONE;
        Optional<Shape> within = head == Refs.NONE ? Optional.empty() : shape(source.leaf(head));
        int[] appended = sequence.appended().clone();
        Map<Integer, Integer> originals = new HashMap<>();
        if (within.isPresent() && parent != Refs.NONE) {
            int last = Joints.last(source, sequence.parent());
            originals.put(Refs.number(memo.get(Refs.leaf(last))), last);
        }
        for (int i = 0; i < appended.length; i++) {
            int original = appended[i];
            appended[i] = stored(source, memo, original, within);
            if (within.isPresent()) {
                originals.put(Refs.number(appended[i]), Refs.number(original));
            }
        }
        return add(
                sequence.style(),
                parent,
                appended,
                sequence.size(),
                within.map(
                        shape -> new Text(shape, leaf -> source.leaf(original(originals, leaf)))));
    }

    @SuppressWarnings("NullAway") // the joints of a sequence are between the leaves noted for it
    private static int original(Map<Integer, Integer> originals, int leaf) {
        return originals.get(leaf);
    }

    /// @param shapes how people search a leaf that is new
    private int draft(Draft draft, Function<Slice, Optional<Shape>> shapes) {
        int known = table.find(draft.id());
        if (known != Refs.NONE) {
            return known;
        }
        return switch (draft) {
            case Draft.Leaf(ContentId id, Slice bytes) -> {
                try {
                    target.leaf(bytes, shapes.apply(bytes));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                yield added(id);
            }
            case Draft.Known _ -> throw new IllegalStateException("only the log knows leaves");
            case Draft.Sequence sequence -> {
                Optional<Shape> within =
                        sequence.style() == Style.CONCAT
                                        && sequence.pieces().getFirst()
                                                instanceof Draft.Leaf(ContentId _, Slice first)
                                ? shape(first)
                                : Optional.empty();
                int[] pieces = new int[sequence.pieces().size()];
                Map<Integer, Slice> bytes = new HashMap<>();
                for (int i = 0; i < pieces.length; i++) {
                    Draft piece = sequence.pieces().get(i);
                    pieces[i] = draft(piece, own -> within.or(() -> shapes.apply(own)));
                    if (piece instanceof Draft.Leaf leaf) {
                        bytes.put(Refs.number(pieces[i]), leaf.bytes());
                    }
                }
                yield add(
                        sequence.style(),
                        Refs.NONE,
                        pieces,
                        sequence.size(),
                        within.map(shape -> new Text(shape, bytes::get)));
            }
        };
    }

    /// Adds a sequence unless an equal one is there.
    ///
    /// @param text what its chunks are, where they are chunks
    private int add(Style style, int parent, int[] appended, long size, Optional<Text> text) {
        ContentId id = parent == Refs.NONE ? ContentId.EMPTY : id(parent);
        for (int piece : appended) {
            id = hasher.append(style, id, id(piece));
        }
        int known = table.find(id);
        if (known != Refs.NONE) {
            return known;
        }
        int ref = Refs.sequence(sequenceIds.size());
        SequenceDef sequence =
                new SequenceDef(
                        style,
                        parent == Refs.NONE ? Refs.NONE : Refs.number(parent),
                        appended,
                        size);
        target.sequence(sequence);
        if (style == Style.CONCAT) {
            chunked.put(sequenceIds.size(), sequence);
            ContentSource own = new Chunked(chunked, text);
            joints.add(own, sequence, joint -> joint(joints.text(own, joint), text));
        }
        sequenceIds.add(id);
        table.add(id, ref);
        return ref;
    }

    private void joint(Slice bytes, Optional<Text> text) {
        try {
            target.joint(bytes, text.map(Text::shape).orElse(Shape.TEXT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A text in chunks.
    ///
    /// @param leaves the bytes of the chunks, and of the last one before them, by new number
    private record Text(Shape shape, IntFunction<Slice> leaves) {}

    /// As much of the new container as its [Joints] look at.
    private record Chunked(Map<Integer, SequenceDef> sequences, Optional<Text> text)
            implements ContentSource {
        @Override
        public Slice leaf(int number) {
            return text.orElseThrow().leaves().apply(number);
        }

        @Override
        @SuppressWarnings("NullAway") // prefixes of a text in chunks are in chunks
        public SequenceDef sequence(int number) {
            return sequences.get(number);
        }
    }

    private ContentId id(int ref) {
        return Refs.isSequence(ref)
                ? sequenceIds.get(Refs.number(ref))
                : leafIds.get(Refs.number(ref));
    }
}
