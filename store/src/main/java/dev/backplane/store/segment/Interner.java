package dev.backplane.store.segment;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.ContentTable;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.Pieces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Carries contents from their containers into a new one, each distinct content once.
///
/// Within a source a memo answers; across sources equal contents meet by their ids, which are made
/// again from the bytes (they are not stored: 16 incompressible bytes a content). Not thread-safe.
final class Interner {
    /// Takes what is new, in order.
    interface Target {
        /// @param text whether the leaf is for people to search
        void leaf(Slice bytes, boolean text) throws IOException;

        /// A leaf of another container.
        void leaf(Slice bytes, ContentSource source, int number) throws IOException;

        void sequence(SequenceDef sequence);
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
                    stored(source, memos.computeIfAbsent(source, _ -> new Memo()), ref);
            case Pieces(List<Slice> pieces) -> {
                List<Draft> leaves = new ArrayList<>(pieces.size());
                for (Slice piece : pieces) {
                    leaves.add(Draft.leaf(piece, hasher));
                }
                yield draft(Draft.sequence(Style.CONCAT, leaves, hasher), false);
            }
            default -> draft(Draft.of(content.read(Integer.MAX_VALUE), hasher), true);
        };
    }

    private int stored(ContentSource source, Memo memo, int ref) {
        int known = memo.get(ref);
        if (known != Refs.NONE) {
            return known;
        }
        if (!Refs.isSequence(ref)) {
            int leaf = leaf(source, Refs.number(ref));
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

    private int leaf(ContentSource source, int number) {
        Slice bytes = source.leaf(number);
        ContentId id = Draft.leaf(bytes, hasher).id();
        int known = table.find(id);
        if (known != Refs.NONE) {
            return known;
        }
        try {
            target.leaf(bytes, source, number);
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
        int[] appended = sequence.appended().clone();
        for (int i = 0; i < appended.length; i++) {
            appended[i] = stored(source, memo, appended[i]);
        }
        return add(sequence.style(), parent, appended, sequence.size());
    }

    private int draft(Draft draft, boolean text) {
        int known = table.find(draft.id());
        if (known != Refs.NONE) {
            return known;
        }
        return switch (draft) {
            case Draft.Leaf(ContentId id, Slice bytes) -> {
                try {
                    target.leaf(bytes, text);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                yield added(id);
            }
            case Draft.Known _ -> throw new IllegalStateException("only the log knows leaves");
            case Draft.Sequence sequence -> {
                int[] pieces = new int[sequence.pieces().size()];
                for (int i = 0; i < pieces.length; i++) {
                    pieces[i] = draft(sequence.pieces().get(i), text);
                }
                yield add(sequence.style(), Refs.NONE, pieces, sequence.size());
            }
        };
    }

    /// Adds a sequence unless an equal one is there.
    private int add(Style style, int parent, int[] appended, long size) {
        ContentId id = parent == Refs.NONE ? ContentId.EMPTY : id(parent);
        for (int piece : appended) {
            id = hasher.append(style, id, id(piece));
        }
        int known = table.find(id);
        if (known != Refs.NONE) {
            return known;
        }
        int ref = Refs.sequence(sequenceIds.size());
        target.sequence(
                new SequenceDef(
                        style,
                        parent == Refs.NONE ? Refs.NONE : Refs.number(parent),
                        appended,
                        size));
        sequenceIds.add(id);
        table.add(id, ref);
        return ref;
    }

    private ContentId id(int ref) {
        return Refs.isSequence(ref)
                ? sequenceIds.get(Refs.number(ref))
                : leafIds.get(Refs.number(ref));
    }
}
