package dev.backplane.store.log;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.SearchedContent;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.Passages;
import dev.backplane.store.text.FreshTextIndex;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// Full text over one generation: an index in memory that catches up with the log when it is asked.
///
/// Two indexes: over the leaves and joints that events refer to, in the order in which they are
/// first reached, and over the short words of events (names, tags), by the order in which the
/// events were applied. It knows events, not spans: what a span's events say together is for the
/// [GenerationSearch]'s caller. Thread-safe; catching up and searching exclude each other.
public final class GenerationText implements AutoCloseable {
    private final Generation generation;
    private final FreshTextIndex texts = new FreshTextIndex();
    private final FreshTextIndex words = new FreshTextIndex();
    private final List<Applied> events = new ArrayList<>();
    private final Joints joints = new Joints();
    private final BitSet leavesSeen = new BitSet();
    private final BitSet sequencesSeen = new BitSet();

    /// What each document of the texts is, as [dev.backplane.store.content.FirstReach] has it.
    private int[] places = new int[64];

    private int documents;

    /// An event in order of arrival.
    record Applied(SpanKey key, long position, List<SearchedContent> contents, String words) {}

    GenerationText(Generation generation) {
        this.generation = generation;
    }

    /// Indexes what has come since the last call.
    private void catchUp() {
        for (FreshSpans.Arrival arrival : generation.spans().arrivals(events.size())) {
            StoredEvent event = generation.event(arrival.position(), arrival.length());
            String text = Words.of(List.of(event));
            if (!text.isEmpty()) {
                words.add(events.size(), Slice.of(text), Shape.TEXT);
            }
            List<SearchedContent> contents = SearchedContent.stored(List.of(event));
            contents.forEach(content -> index(content.ref(), Optional.empty()));
            events.add(new Applied(arrival.key(), arrival.position(), contents, text));
        }
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

    /// Evaluates the leaves of the query over everything that has come until now.
    public synchronized GenerationSearch search(TextQuery query) {
        catchUp();
        return new GenerationSearch(this, query);
    }

    /// Says in which leaves and joints, and in the words of which events, a leaf of a query holds.
    void collect(TextQuery.Leaf leaf, BitSet leaves, BitSet joined, BitSet wordEvents) {
        BitSet found = new BitSet();
        texts.collect(leaf, found);
        found.stream()
                .map(document -> places[document])
                .forEach(place -> ((place & 1) != 0 ? joined : leaves).set(place >>> 1));
        words.collect(leaf, wordEvents);
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

    List<Applied> events() {
        return events;
    }

    @Override
    public synchronized void close() {
        texts.close();
        words.close();
    }
}
