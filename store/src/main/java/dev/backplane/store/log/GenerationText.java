package dev.backplane.store.log;

import dev.backplane.core.Slice;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.SearchedContent;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.IndexedLeaves;
import dev.backplane.store.segment.Passages;
import dev.backplane.store.text.FreshTextIndex;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextIndexBuilder;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntUnaryOperator;

/// Full text over one generation, in memory.
///
/// Two indexes: over the leaves and joints that events refer to, in the order in which they are
/// first reached, and over the short words of events (names, tags), by the order in which the
/// events were applied. It knows events, not spans: what a span's events say together is for the
/// [GenerationSearch]'s caller.
///
/// What comes is *taken in* first, which is quick and done by whoever needs it: its texts are found
/// and handed to the indexes, which let themselves be searched at once ([FreshTextIndex]). Cutting
/// them into words is a [TextFollower]'s, and no search waits for that. Thread-safe: searches run
/// beside each other, and between the steps of who takes in.
public final class GenerationText implements IndexedLeaves, AutoCloseable {
    /// Events that are taken in before searches get their turn.
    private static final int STEP = 64;

    /// Some milliseconds of cutting texts into words.
    private static final int STEP_BYTES = 64 << 10;

    private final Generation generation;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final FreshTextIndex texts = new FreshTextIndex();
    private final FreshTextIndex words = new FreshTextIndex();
    private final EventContents events = new EventContents();
    private final Joints joints = new Joints();
    private final BitSet leavesSeen = new BitSet();
    private final BitSet sequencesSeen = new BitSet();

    /// What each document of the texts is, as [dev.backplane.store.content.FirstReach] has it.
    private volatile int[] places = new int[64];

    private int documents;
    private volatile boolean closed;
    private volatile int taken;
    private volatile long takenTo;

    GenerationText(Generation generation) {
        this.generation = generation;
    }

    /// Takes in what has come until now; nothing when this is closed.
    public void catchUp() {
        int target = generation.spans().arrived();
        while (!closed && taken < target) {
            takeIn();
        }
    }

    /// Takes in some of what has come.
    ///
    /// @return whether there was anything
    private boolean takeIn() {
        lock.writeLock().lock();
        try {
            List<FreshSpans.Arrival> arrivals =
                    closed ? List.of() : generation.spans().arrivals(taken, STEP);
            arrivals.forEach(this::index);
            taken = events.size();
            return !arrivals.isEmpty();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// Takes in some of what has come, and cuts some of it into words.
    ///
    /// @return whether there was anything to do
    boolean step() {
        boolean came = takeIn();
        boolean cut = texts.index(STEP_BYTES);
        return words.index(STEP_BYTES) || cut || came;
    }

    /// Bytes that wait to be cut into words, about: in the log or taken in.
    long lagBytes() {
        return Math.max(0, generation.spans().lastPosition() - takenTo)
                + texts.waitingBytes()
                + words.waitingBytes();
    }

    private void index(FreshSpans.Arrival arrival) {
        StoredEvent event = generation.event(arrival.position(), arrival.length());
        String text = Words.of(List.of(event));
        if (!text.isEmpty()) {
            words.add(events.size(), Slice.of(text), Shape.TEXT);
        }
        List<SearchedContent> contents = SearchedContent.stored(List.of(event));
        contents.forEach(content -> index(content.ref(), Optional.empty()));
        events.add(arrival.position(), contents);
        takenTo = arrival.position();
    }

    /// @param within how the text is read that a leaf is a chunk of; empty where it is a whole text
    private void index(int ref, Optional<Shape> within) {
        int number = Refs.number(ref);
        if (!Refs.isSequence(ref)) {
            if (!leavesSeen.get(number)) {
                leavesSeen.set(number);
                Slice bytes = generation.contents().leaf(number);
                add(number << 1, bytes, within.orElseGet(() -> Passages.shape(bytes)));
            }
            return;
        }
        Deque<Integer> chain = new ArrayDeque<>();
        for (int link = number;
                link != Refs.NONE && !sequencesSeen.get(link);
                link = generation.contents().sequence(link).parent()) {
            chain.push(link);
        }
        for (int link : chain) {
            sequence(generation.contents().sequence(link));
            sequencesSeen.set(link);
        }
    }

    private void sequence(SequenceDef sequence) {
        int head =
                sequence.style() == Style.CONCAT
                        ? Joints.head(generation.contents(), sequence)
                        : Refs.NONE;
        Optional<Shape> within =
                head == Refs.NONE
                        ? Optional.empty()
                        : Optional.of(Passages.shape(generation.contents().leaf(head)));
        for (int piece : sequence.appended()) {
            index(piece, within);
        }
        joints.add(
                generation.contents(),
                sequence,
                joint ->
                        add(
                                joint << 1 | 1,
                                joints.text(generation.contents(), joint),
                                within.orElse(Shape.TEXT)));
    }

    private void add(int place, Slice text, Shape shape) {
        if (documents == places.length) {
            places = Arrays.copyOf(places, documents * 2);
        }
        places[documents] = place;
        texts.add(documents++, text, shape);
    }

    /// Where a leaf of a query holds.
    ///
    /// @param words events in whose words it holds
    /// @param beginnings events in whose words it may begin, to run on in those of another event
    record Found(BitSet documents, BitSet words, BitSet beginnings) {}

    /// Evaluates the leaves of the query over everything that has come until now.
    public GenerationSearch search(TextQuery query) {
        catchUp();
        Map<TextQuery.Leaf, Found> found = new HashMap<>();
        for (TextQuery.Leaf leaf : query.leaves()) {
            found.put(leaf, find(leaf));
        }
        // What was found has come by now, whoever is taking in.
        lock.readLock().lock();
        try {
            return new GenerationSearch(this, query, found);
        } finally {
            lock.readLock().unlock();
        }
    }

    private Found find(TextQuery.Leaf leaf) {
        Found found = new Found(new BitSet(), new BitSet(), new BitSet());
        texts.collect(leaf, found.documents());
        words.collect(leaf, found.words());
        words.collect(loose(leaf), found.beginnings());
        return found;
    }

    /// What any part holds of a text in which the leaf holds.
    private static TextQuery.Leaf loose(TextQuery.Leaf leaf) {
        return leaf instanceof TextQuery.Phrase(List<String> words, boolean _)
                ? new TextQuery.Word(words.getFirst())
                : leaf;
    }

    /// Says which leaves and joints a set of documents is.
    void locate(BitSet found, BitSet leaves, BitSet joined) {
        int[] known = places;
        found.stream()
                .map(document -> known[document])
                .forEach(place -> ((place & 1) != 0 ? joined : leaves).set(place >>> 1));
    }

    BitSet containing(BitSet leaves, BitSet joined) {
        BitSet found = new BitSet();
        for (int i = sequencesSeen.nextSetBit(0); i >= 0; i = sequencesSeen.nextSetBit(i + 1)) {
            SequenceDef sequence = generation.contents().sequence(i);
            boolean holds =
                    sequence.parent() != Refs.NONE && found.get(sequence.parent())
                            || joints.any(generation.contents(), sequence, joined);
            for (int j = 0; j < sequence.appended().length && !holds; j++) {
                int piece = sequence.appended()[j];
                holds = (Refs.isSequence(piece) ? found : leaves).get(Refs.number(piece));
            }
            found.set(i, holds);
        }
        return found;
    }

    Generation generation() {
        return generation;
    }

    Joints joints() {
        return joints;
    }

    /// What there is of them now; with the lock held.
    EventContents.View events() {
        return events.view();
    }

    @Override
    public ContentSource contents() {
        return generation.contents();
    }

    @Override
    public BitSet indexedLeaves() {
        lock.readLock().lock();
        try {
            return (BitSet) leavesSeen.clone();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void adoptInto(TextIndexBuilder target, IntUnaryOperator document) {
        int[] known = places;
        target.adopt(
                texts,
                own -> {
                    int place = known[own];
                    return (place & 1) != 0 ? -1 : document.applyAsInt(place >>> 1);
                });
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            texts.close();
            words.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
