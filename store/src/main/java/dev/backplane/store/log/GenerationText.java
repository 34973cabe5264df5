package dev.backplane.store.log;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.IndexedLeaves;
import dev.backplane.store.segment.Passages;
import dev.backplane.store.text.FreshTextIndex;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextIndexBuilder;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntUnaryOperator;

/// Full text over one generation: an index in memory that catches up with the log when it is asked.
///
/// Two indexes: over leaves, by their numbers, and over the short words of events (names, tags), by
/// the order in which the events were applied. Thread-safe: searches run beside each other, and
/// between the steps of who indexes.
public final class GenerationText implements IndexedLeaves, AutoCloseable {
    private static final Set<Field> WORD_FIELDS =
            EnumSet.of(Field.NAME, Field.ERROR, Field.TAGS, Field.METADATA, Field.EXTRA);

    /// Events that are indexed before searches get their turn.
    private static final int STEP = 64;

    /// How long a search waits for somebody else to index before it does so itself.
    private static final int PATIENCE_MILLIS = 5;

    private final Generation generation;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Object progress = new Object();
    private final FreshTextIndex leaves = new FreshTextIndex();
    private final FreshTextIndex words = new FreshTextIndex();
    private final List<Applied> events = new ArrayList<>();

    /// Events of each span that make up its base; an insert takes the earlier ones back.
    private final Map<SpanKey, List<Integer>> byKey = new HashMap<>();

    /// Feedback survives inserts, but not a delete.
    private final Map<SpanKey, List<Integer>> feedback = new HashMap<>();

    private final BitSet superseded = new BitSet();
    private int leavesDone;
    private volatile boolean closed;
    private volatile int indexed;
    private volatile long indexedTo;

    /// An event in order of arrival.
    private record Applied(SpanKey key, long position, List<FieldRef> refs, String words) {}

    private record FieldRef(Field field, int ref) {}

    GenerationText(Generation generation) {
        this.generation = generation;
    }

    /// Returns when what has come until now is indexed; at once when this is closed.
    ///
    /// Usually a [TextFollower] is at it, and two that index would only wait for each other: so
    /// this waits as long as there is progress, and lends a hand when there is none.
    public void catchUp() {
        int target = generation.spans().arrived();
        int seen = -1;
        while (!closed && indexed < target) {
            if (indexed == seen) {
                step();
            }
            seen = indexed;
            synchronized (progress) {
                try {
                    if (!closed && indexed == seen && indexed < target) {
                        progress.wait(PATIENCE_MILLIS);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw Problem.unavailable("interrupted while waiting for the index", "store")
                            .causedBy(e);
                }
            }
        }
    }

    /// Indexes some of what has come.
    ///
    /// @return whether there was anything
    boolean step() {
        lock.writeLock().lock();
        try {
            List<FreshSpans.Arrival> arrivals =
                    closed ? List.of() : generation.spans().arrivals(indexed, STEP);
            if (!arrivals.isEmpty()) {
                index(arrivals);
            }
            return !arrivals.isEmpty();
        } finally {
            lock.writeLock().unlock();
            synchronized (progress) {
                progress.notifyAll();
            }
        }
    }

    /// Log bytes between what is indexed and what has come, about.
    long lagBytes() {
        return Math.max(0, generation.spans().lastPosition() - indexedTo);
    }

    private void index(List<FreshSpans.Arrival> arrivals) {
        GenerationContents contents = generation.writableContents();
        for (FreshSpans.Arrival arrival : arrivals) {
            StoredEvent event = generation.event(arrival.position(), arrival.length());
            String text = Words.of(event.data());
            if (!text.isEmpty()) {
                words.add(events.size(), Slice.of(text), Shape.TEXT);
            }
            supersede(arrival.key(), event.op());
            events.add(new Applied(arrival.key(), arrival.position(), refs(event), text));
        }
        long durable = arrivals.getLast().position();
        while (leavesDone < contents.leafCount() && contents.position(leavesDone) < durable) {
            Slice bytes = contents.leaf(leavesDone);
            leaves.add(leavesDone, bytes, Passages.shape(bytes));
            leavesDone++;
        }
        indexedTo = durable;
        indexed = events.size();
    }

    /// Whether the event counts still: it is not taken back by a later one, nor erased with its
    /// trace.
    private boolean counts(int event) {
        Applied applied = events.get(event);
        return !superseded.get(event)
                && generation
                        .spans()
                        .find(applied.key())
                        .filter(span -> span.holds(applied.position()))
                        .isPresent();
    }

    /// What an insert or a delete takes back is not found any more.
    private void supersede(SpanKey key, Op op) {
        List<Integer> own = byKey.computeIfAbsent(key, _ -> new ArrayList<>(1));
        switch (op) {
            case INSERT -> {
                own.forEach(event -> superseded.set(event));
                own.clear();
            }
            case DELETE -> {
                own.forEach(event -> superseded.set(event));
                own.clear();
                List<Integer> scored = feedback.remove(key);
                if (scored != null) {
                    scored.forEach(event -> superseded.set(event));
                }
            }
            case MERGE, FEEDBACK -> {}
        }
        if (op == Op.FEEDBACK) {
            feedback.computeIfAbsent(key, _ -> new ArrayList<>(1)).add(events.size());
        } else {
            own.add(events.size());
        }
    }

    private static List<FieldRef> refs(StoredEvent event) {
        List<FieldRef> refs = new ArrayList<>();
        event.data().forEach((field, value) -> collect(field, value, refs));
        return refs;
    }

    private static void collect(Field field, Value value, List<FieldRef> refs) {
        switch (value) {
            case Value.Text(Content content) -> collect(field, content, refs);
            case Value.Json(Content content) -> collect(field, content, refs);
            case Value.Binary(Content content) -> collect(field, content, refs);
            case Value.Attributes(List<Value.Attribute> list) ->
                    list.forEach(attribute -> collect(field, attribute.value(), refs));
            case Value.Events(List<Value.Event> list) ->
                    list.forEach(timed ->
                            timed.attributes().forEach(a -> collect(field, a.value(), refs)));
            case Value.Int _, Value.Real _, Value.Flag _ -> {}
        }
    }

    private static void collect(Field field, Content content, List<FieldRef> refs) {
        if (content instanceof StoredContent(ContentSource _, int ref)) {
            FieldRef found = new FieldRef(field, ref);
            if (!refs.contains(found)) {
                refs.add(found);
            }
        }
    }

    /// The spans that have an event for which the query holds, in one field if given.
    public Set<SpanKey> holding(Optional<Field> field, TextQuery query) {
        catchUp();
        lock.readLock().lock();
        try {
            return find(field, query);
        } finally {
            lock.readLock().unlock();
        }
    }

    private Set<SpanKey> find(Optional<Field> field, TextQuery query) {
        BitSet hits = query.evaluate(events.size(), leaf -> holding(field, leaf));
        Set<SpanKey> keys = new HashSet<>();
        hits.stream().filter(this::counts).forEach(event -> keys.add(events.get(event).key()));
        return keys;
    }

    private BitSet holding(Optional<Field> field, TextQuery.Leaf leaf) {
        BitSet found = new BitSet();
        leaves.collect(leaf, found);
        BitSet hits = new BitSet();
        if (field.isEmpty() || WORD_FIELDS.contains(field.get())) {
            words.collect(leaf, hits);
        }
        if (!found.isEmpty()) {
            BitSet sequences = containing(found);
            for (int i = 0; i < events.size(); i++) {
                for (FieldRef ref : events.get(i).refs()) {
                    if ((field.isEmpty() || field.get() == ref.field())
                            && holds(ref.ref(), found, sequences)) {
                        hits.set(i);
                        break;
                    }
                }
            }
        }
        return hits;
    }

    private static boolean holds(int ref, BitSet leafSet, BitSet sequenceSet) {
        return (Refs.isSequence(ref) ? sequenceSet : leafSet).get(Refs.number(ref));
    }

    private BitSet containing(BitSet leafSet) {
        GenerationContents contents = generation.writableContents();
        int count = contents.sequenceCount();
        BitSet found = new BitSet(count);
        for (int i = 0; i < count; i++) {
            SequenceDef sequence = contents.sequence(i);
            boolean holds = sequence.parent() != Refs.NONE && found.get(sequence.parent());
            for (int j = 0; j < sequence.appended().length && !holds; j++) {
                holds = holds(sequence.appended()[j], leafSet, found);
            }
            found.set(i, holds);
        }
        return found;
    }

    /// A span in which the query holds for something that is new in its trace, and that something.
    public record Introduced(SpanKey key, Optional<Field> field, Slice text, Shape shape) {}

    /// See [dev.backplane.store.segment.SegmentSearch#introducedBefore]; one a span.
    public List<Introduced> introducing(TextQuery query) {
        catchUp();
        lock.readLock().lock();
        try {
            return introduced(query);
        } finally {
            lock.readLock().unlock();
        }
    }

    private List<Introduced> introduced(TextQuery query) {
        BitSet hits = query.evaluate(events.size(), leaf -> holding(Optional.empty(), leaf));
        for (int event = hits.nextSetBit(0); event >= 0; event = hits.nextSetBit(event + 1)) {
            hits.set(event, counts(event));
        }
        if (hits.isEmpty()) {
            return List.of();
        }
        BitSet leafSet = new BitSet();
        BitSet wordSet = new BitSet();
        for (TextQuery.Leaf leaf : query.wanted()) {
            leaves.collect(leaf, leafSet);
            words.collect(leaf, wordSet);
        }
        BitSet sequenceSet = containing(leafSet);
        Map<SpanKey, Introduced> found = new HashMap<>();
        Map<String, FirstReach> traces = new HashMap<>();
        Set<String> hitTraces = new HashSet<>();
        hits.stream().forEach(event -> hitTraces.add(events.get(event).key().trace()));
        for (int event = 0; event < events.size(); event++) {
            Applied applied = events.get(event);
            if (!hitTraces.contains(applied.key().trace())) {
                continue;
            }
            FirstReach reach =
                    traces.computeIfAbsent(
                            applied.key().project() + '\0' + applied.key().trace(),
                            _ -> new FirstReach(generation.contents(), leafSet, sequenceSet));
            Optional<Introduced> introduced = introduced(applied, reach, wordSet.get(event));
            if (introduced.isPresent() && hits.get(event)) {
                found.putIfAbsent(applied.key(), introduced.get());
            }
        }
        return new ArrayList<>(found.values());
    }

    private Optional<Introduced> introduced(Applied applied, FirstReach reach, boolean inWords) {
        Optional<Introduced> introduced = Optional.empty();
        for (FieldRef ref : applied.refs()) {
            int leaf = reach.visit(ref.ref());
            if (leaf != Refs.NONE) {
                Slice bytes = generation.contents().leaf(leaf);
                introduced =
                        Optional.of(
                                new Introduced(
                                        applied.key(),
                                        Optional.of(ref.field()),
                                        bytes,
                                        Passages.shape(bytes)));
            }
        }
        return introduced.isEmpty() && inWords
                ? Optional.of(
                        new Introduced(
                                applied.key(),
                                Optional.empty(),
                                Slice.of(applied.words()),
                                Shape.TEXT))
                : introduced;
    }

    @Override
    public ContentSource contents() {
        return generation.contents();
    }

    @Override
    public int indexedLeaves() {
        lock.readLock().lock();
        try {
            return leavesDone;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void adoptInto(TextIndexBuilder target, IntUnaryOperator document) {
        target.adopt(leaves, document);
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            leaves.close();
            words.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
