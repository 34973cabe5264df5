package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SearchHit;
import dev.backplane.store.SpanRow;
import dev.backplane.store.segment.ContentSearch.Passage;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentSearch;
import dev.backplane.store.text.Highlighter;
import dev.backplane.store.text.TextQuery;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// One full-text search: the first span of each match, newest traces first.
///
/// Hits are ordered by (start of trace, trace, start of span, span), all descending: within a
/// segment that is the order of rows backwards, so each segment gives as many as a page needs and
/// no more, and a cursor is a place in that order.
final class Search {
    private final View view;
    private final ListQuery query;
    private final TextQuery text;
    private final Optional<Place> after;

    Search(View view, ListQuery query) {
        this.view = view;
        this.query = query;
        this.text = TextQuery.parse(query.filter());
        if (text.wanted().isEmpty()) {
            throw Problem.invalid("the query only says what must not occur", "search")
                    .fix("add a word or phrase to look for");
        }
        this.after =
                query.cursor().isEmpty() ? Optional.empty() : Optional.of(parse(query.cursor()));
    }

    /// A place in the order of hits.
    private record Place(long traceStart, String trace, long start, String span) {
        static final Comparator<Place> NEWEST_FIRST =
                Comparator.comparingLong(Place::traceStart)
                        .thenComparing(Place::trace)
                        .thenComparingLong(Place::start)
                        .thenComparing(Place::span)
                        .reversed();

        String cursor() {
            String plain = traceStart + " " + start + " " + trace.length() + " " + trace + span;
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Place parse(String cursor) {
        try {
            String plain =
                    new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            String[] parts = plain.split(" ", 4);
            int traceLength = Integer.parseInt(parts[2]);
            return new Place(
                    Long.parseLong(parts[0]),
                    parts[3].substring(0, traceLength),
                    Long.parseLong(parts[1]),
                    parts[3].substring(traceLength));
        } catch (RuntimeException malformed) {
            throw Problem.invalid("not a cursor of a search", "cursor")
                    .fix("use the cursor that the page before ended with")
                    .causedBy(malformed);
        }
    }

    private record Candidate(Place place, SpanRow row, Supplier<Passage> found) {}

    /// @return the cursor of the next page, empty when there is none
    String run(Predicate<SearchHit> sink) {
        List<Candidate> candidates = new ArrayList<>();
        List<SegmentSearch> segments = view.searches(text);
        FreshSearch fresh = view.freshSearch(text, segments);
        BitSet held = fresh.holding(Optional.empty());
        Set<String> scattered = new HashSet<>();
        held.stream().forEach(row -> scattered.add(view.fresh().get(row).key().trace()));
        for (int part = 1; part <= view.parts().size(); part++) {
            collect(part, segments.get(part - 1), scattered, candidates);
        }
        collect(scattered, new TraceWalk(view, text, segments, fresh, held), candidates);
        candidates.sort(Comparator.comparing(Candidate::place, Place.NEWEST_FIRST));
        for (int i = 0; i < Math.min(query.limit(), candidates.size()); i++) {
            if (!sink.test(hit(candidates.get(i)))) {
                return "";
            }
        }
        return candidates.size() > query.limit()
                ? candidates.get(query.limit() - 1).place().cursor()
                : "";
    }

    private SearchHit hit(Candidate candidate) {
        Passage found = candidate.found().get();
        String field = found.field().map(Field::id).orElse(Field.NAME.id());
        Optional<Highlighter.Snippet> snippet =
                Highlighter.snippet(text, found.text(), found.shape());
        return new SearchHit(
                candidate.row(),
                field,
                snippet.map(Highlighter.Snippet::text).orElse(""),
                snippet.map(Highlighter.Snippet::highlights).orElse(List.of()).stream()
                        .map(range -> new int[] {range.start(), range.end()})
                        .toList());
    }

    private boolean wanted(Place place, long start) {
        return (after.isEmpty() || Place.NEWEST_FIRST.compare(place, after.get()) > 0)
                && start >= query.sinceNanos().orElse(Long.MIN_VALUE)
                && start < query.untilNanos().orElse(Long.MAX_VALUE);
    }

    /// @param scattered gets the traces that are in other places as well
    private void collect(
            int part, SegmentSearch search, Set<String> scattered, List<Candidate> candidates) {
        Segment segment = view.segment(part);
        int taken = 0;
        int row = search.introducedBefore((int) view.parts().get(part - 1).rows());
        while (row >= 0 && taken <= query.limit()) {
            Segment.Trace trace = segment.traceOf(row);
            if (view.isScattered(trace.id())) {
                scattered.add(trace.id());
            } else if (collect(trace, segment.row(row), search, row, candidates)) {
                taken++;
            }
            row = search.introducedBefore(row);
        }
    }

    private boolean collect(
            Segment.Trace trace,
            SpanRow span,
            SegmentSearch search,
            int row,
            List<Candidate> candidates) {
        if (after.isPresent() && trace.beginning().nanos() > after.get().traceStart()) {
            return false;
        }
        Place place =
                new Place(
                        trace.beginning().nanos(),
                        trace.id(),
                        span.orderNanos(),
                        span.key().span());
        if (!wanted(place, span.orderNanos())) {
            return false;
        }
        return candidates.add(new Candidate(place, span, () -> search.passage(row)));
    }

    private void collect(Set<String> scattered, TraceWalk walk, List<Candidate> candidates) {
        for (TraceWalk.Found found : walk.introduced(scattered)) {
            SpanRow row = found.row();
            Place place =
                    new Place(
                            found.traceStart(),
                            row.key().trace(),
                            row.orderNanos(),
                            row.key().span());
            if (wanted(place, row.orderNanos())) {
                candidates.add(new Candidate(place, row, found::passage));
            }
        }
    }
}
