package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.content.Refs;
import dev.backplane.store.database.SpanTexts.SpanText;
import dev.backplane.store.event.SearchedContent;
import dev.backplane.store.log.FreshSpan;
import dev.backplane.store.log.Generation;
import dev.backplane.store.log.GenerationSearch;
import dev.backplane.store.segment.ContentSearch;
import dev.backplane.store.segment.ContentSearch.Passage;
import dev.backplane.store.segment.Passages;
import dev.backplane.store.segment.SegmentSearch;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextMatcher;
import dev.backplane.store.text.TextQuery;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/// One query over the spans of a project that have events in the log. What a span holds is what its
/// events fold to, wherever they lie: the same before compaction as after (invariant D-3).
///
/// Most spans have one event, and their generation's index knows all of it. What the others hold is
/// put together by [SpanTexts]: the contents are looked up in the index of their container, the few
/// short words are read. Not thread-safe.
final class FreshSearch {
    private final State state;
    private final Fresh fresh;
    private final SpanTexts texts;
    private final TextQuery query;
    private final Map<ContentSource, ContentSearch> containers = new IdentityHashMap<>();
    private final Map<Long, GenerationSearch> generations = new HashMap<>();

    /// @param segments their searches, for what of the spans lies there
    FreshSearch(
            State state,
            Fresh fresh,
            SpanTexts texts,
            TextQuery query,
            List<SegmentSearch> segments) {
        this.state = state;
        this.fresh = fresh;
        this.texts = texts;
        this.query = query;
        segments.forEach(search -> containers.put(search.source(), search));
        for (Generation generation : state.generations()) {
            GenerationSearch search = generation.text().search(query);
            containers.put(search.source(), search);
            generations.put(generation.number(), search);
        }
    }

    /// The only event of a span.
    private record Single(GenerationSearch search, int event) {}

    @SuppressWarnings("NullAway") // every generation of the state got one when this was made
    private GenerationSearch search(Generation generation) {
        return generations.get(generation.number());
    }

    private Optional<Single> single(int row) {
        if (fresh.places().containsKey(row)) {
            return Optional.empty();
        }
        SpanKey key = fresh.rows().get(row).key();
        Optional<Single> only = Optional.empty();
        for (Generation generation : state.generations()) {
            Optional<FreshSpan> span = generation.spans().find(key);
            if (span.isPresent()) {
                GenerationSearch search = search(generation);
                int event = search.at(span.get().positions()[0]);
                if (only.isPresent() || span.get().positions().length > 1 || event < 0) {
                    return Optional.empty();
                }
                only = Optional.of(new Single(search, event));
            }
        }
        return only;
    }

    /// The rows for which the query holds, by position; in one field if given.
    BitSet holding(Optional<Field> field) {
        boolean otherwise = query.holds(_ -> false);
        Set<SpanKey> touched = new HashSet<>();
        generations.values().forEach(search -> touched.addAll(search.touched()));
        Map<GenerationSearch, Map<TextQuery.Leaf, BitSet>> events = new IdentityHashMap<>();
        BitSet rows = new BitSet();
        for (int row = 0; row < fresh.rows().size(); row++) {
            SpanKey key = fresh.rows().get(row).key();
            if (!fresh.places().containsKey(row) && !touched.contains(key)) {
                rows.set(row, otherwise);
                continue;
            }
            Optional<Single> single = single(row);
            if (single.isPresent()) {
                GenerationSearch search = single.get().search();
                Map<TextQuery.Leaf, BitSet> known =
                        events.computeIfAbsent(search, _ -> new HashMap<>());
                rows.set(
                        row,
                        query.holds(leaf ->
                                known.computeIfAbsent(leaf, l -> search.events(l, field))
                                        .get(single.get().event())));
            } else {
                SpanText text = texts.get(state, key);
                rows.set(row, query.holds(leaf -> holds(text, leaf, field)));
            }
        }
        return rows;
    }

    private boolean holds(SpanText text, TextQuery.Leaf leaf, Optional<Field> field) {
        for (SearchedContent content : text.contents()) {
            ContentSearch search = containers.get(content.content().source());
            if ((field.isEmpty() || field.get() == content.field())
                    && search != null
                    && search.marks(leaf).holds(content.ref())) {
                return true;
            }
        }
        for (SearchedContent.Merged merged : text.merged()) {
            if ((field.isEmpty() || field.get() == merged.field()) && matches(merged, leaf)) {
                return true;
            }
        }
        return (field.isEmpty() || SegmentSearch.WORD_FIELDS.contains(field.get()))
                && matches(text.words(), leaf);
    }

    private static boolean matches(SearchedContent.Merged merged, TextQuery.Leaf leaf) {
        return TextMatcher.matches(leaf, merged.text(), Passages.shape(merged.text()));
    }

    private static boolean matches(String words, TextQuery.Leaf leaf) {
        return TextMatcher.matches(leaf, Slice.of(words), Shape.TEXT);
    }

    /// What the query looks for in a row and no row asked about before had; empty when there is
    /// nothing.
    ///
    /// @param reaches one for each container, for the row's trace
    Optional<Passage> introduced(int row, Function<ContentSearch, FirstReach> reaches) {
        Optional<Single> single = single(row);
        if (single.isPresent()) {
            GenerationSearch search = single.get().search();
            int event = single.get().event();
            return reached(search.contents(event), reaches)
                    .or(() ->
                            search.wordsWanted(event)
                                    ? Optional.of(words(search.words(event)))
                                    : Optional.empty());
        }
        SpanText text = texts.get(state, fresh.rows().get(row).key());
        return reached(text.contents(), reaches)
                .or(() ->
                        text.merged().stream()
                                .filter(part -> wanted(leaf -> matches(part, leaf)))
                                .findFirst()
                                .map(part ->
                                        new Passage(
                                                Optional.of(part.field()),
                                                part.text(),
                                                Passages.shape(part.text()))))
                .or(() ->
                        wanted(leaf -> matches(text.words(), leaf))
                                ? Optional.of(words(text.words()))
                                : Optional.empty());
    }

    private boolean wanted(Predicate<TextQuery.Leaf> matches) {
        return query.wanted().stream().anyMatch(matches);
    }

    private static Passage words(String words) {
        return new Passage(Optional.empty(), Slice.of(words), Shape.TEXT);
    }

    /// The last of the places that are new; all of them count as seen.
    private Optional<Passage> reached(
            List<SearchedContent> contents, Function<ContentSearch, FirstReach> reaches) {
        Optional<Passage> found = Optional.empty();
        for (SearchedContent content : contents) {
            ContentSearch search = containers.get(content.content().source());
            if (search != null) {
                int place = reaches.apply(search).visit(content.ref());
                if (place != Refs.NONE) {
                    found = Optional.of(search.passage(content.field(), place));
                }
            }
        }
        return found;
    }
}
