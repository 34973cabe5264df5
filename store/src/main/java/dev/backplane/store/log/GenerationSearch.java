package dev.backplane.store.log;

import dev.backplane.core.Field;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.Joints;
import dev.backplane.store.content.Marks;
import dev.backplane.store.event.SearchedContent;
import dev.backplane.store.event.Words;
import dev.backplane.store.segment.ContentSearch;
import dev.backplane.store.segment.SegmentSearch;
import dev.backplane.store.text.TextQuery;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One query over one generation, as far as the log had come when it was made.
public final class GenerationSearch implements ContentSearch {
    private final Generation generation;
    private final Joints joints;
    private final TextQuery query;
    private final EventContents.View events;
    private final Map<TextQuery.Leaf, Hits> hits = new HashMap<>();

    /// Where a leaf holds, and in whose words it may begin.
    private record Hits(Marks marks, BitSet words, BitSet beginnings) {}

    /// @param found for each leaf of the query
    GenerationSearch(
            GenerationText text, TextQuery query, Map<TextQuery.Leaf, GenerationText.Found> found) {
        this.generation = text.generation();
        this.joints = text.joints();
        this.query = query;
        this.events = text.events();
        found.forEach((leaf, places) -> hits.put(leaf, hits(text, places)));
    }

    private static Hits hits(GenerationText text, GenerationText.Found found) {
        Marks marks = Marks.none();
        text.locate(found.documents(), marks.leaves(), marks.joints());
        if (!marks.isEmpty()) {
            marks.sequences().or(text.containing(marks.leaves(), marks.joints()));
        }
        return new Hits(marks, found.words(), found.beginnings());
    }

    @SuppressWarnings("NullAway") // every leaf of the query was collected when this was made
    private Hits hits(TextQuery.Leaf leaf) {
        return hits.get(leaf);
    }

    @Override
    public ContentSource source() {
        return generation.contents();
    }

    @Override
    public Joints joints() {
        return joints;
    }

    @Override
    public Marks marks(TextQuery.Leaf leaf) {
        return hits(leaf).marks();
    }

    public Generation generation() {
        return generation;
    }

    /// The spans with an event that can make a leaf of the query hold; others hold none.
    public Set<SpanKey> touched() {
        Set<SpanKey> keys = new HashSet<>();
        for (TextQuery.Leaf leaf : query.leaves()) {
            BitSet found = events(leaf, Optional.empty());
            found.or(hits(leaf).beginnings());
            found.stream().forEach(event -> keys.add(generation.spans().key(event)));
        }
        return keys;
    }

    /// The events in which a leaf of the query holds, in one field if given.
    public BitSet events(TextQuery.Leaf leaf, Optional<Field> field) {
        Hits found = hits(leaf);
        boolean inWords = field.isEmpty() || SegmentSearch.WORD_FIELDS.contains(field.get());
        BitSet holding = inWords ? (BitSet) found.words().clone() : new BitSet();
        if (!found.marks().isEmpty()) {
            events.forEach(
                    field.map(Field::code),
                    (event, ref) -> {
                        if (!holding.get(event) && found.marks().holds(ref)) {
                            holding.set(event);
                        }
                    });
        }
        return holding;
    }

    /// Whether the words of an event make a leaf hold that speaks for a match.
    public boolean wordsWanted(int event) {
        return query.wanted().stream().anyMatch(leaf -> hits(leaf).words().get(event));
    }

    /// The event at a position in the file, in order of arrival; below 0 if it came later.
    public int at(long position) {
        return events.at(position);
    }

    public List<SearchedContent> contents(int event) {
        return events.contents(event, source());
    }

    public String words(int event) {
        FreshSpans.Arrival arrival = generation.spans().arrivals(event, 1).getFirst();
        return Words.of(List.of(generation.event(arrival.position(), arrival.length())));
    }
}
