package dev.backplane.store.database;

import dev.backplane.core.Slice;
import dev.backplane.store.SpanRow;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.FirstReach;
import dev.backplane.store.segment.ContentSearch;
import dev.backplane.store.segment.ContentSearch.Passage;
import dev.backplane.store.segment.Pack.RowRange;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentSearch;
import dev.backplane.store.sql.TableView.TraceStart;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Goes through traces whose spans lie in the log, or in several segments, in the order that their
/// rows will have in one segment, and finds the first place of each match. What two containers hold
/// of the same content is known by its id. For one search.
final class TraceWalk {
    private final View view;
    private final TextQuery query;
    private final List<SegmentSearch> segments;
    private final FreshSearch fresh;
    private final BitSet held;

    /// @param held the fresh rows for which the query holds
    TraceWalk(
            View view,
            TextQuery query,
            List<SegmentSearch> segments,
            FreshSearch fresh,
            BitSet held) {
        this.view = view;
        this.query = query;
        this.segments = segments;
        this.fresh = fresh;
        this.held = held;
    }

    /// A span that introduces a match in its trace.
    record Found(SpanRow row, long traceStart, Passage passage) {}

    /// A row and where it belongs in its trace.
    private record Entry(long start, String span, int part, int row) {
        static final Comparator<Entry> ORDER =
                Comparator.comparingLong(Entry::start).thenComparing(Entry::span);
    }

    List<Found> introduced(Set<String> traces) {
        List<Found> found = new ArrayList<>();
        if (traces.isEmpty()) {
            return found;
        }
        Map<String, List<Entry>> entries = new HashMap<>();
        for (int row = 0; row < view.fresh().size(); row++) {
            SpanRow span = view.fresh().get(row);
            if (traces.contains(span.key().trace())) {
                entries.computeIfAbsent(span.key().trace(), _ -> new ArrayList<>())
                        .add(new Entry(span.orderNanos(), span.key().span(), 0, row));
            }
        }
        for (String trace : traces) {
            List<Entry> all = entries.getOrDefault(trace, new ArrayList<>());
            for (int part = 1; part <= segments.size(); part++) {
                stored(part, trace, all);
            }
            all.sort(Entry.ORDER);
            view.start(trace).ifPresent(start -> walk(start, all, found));
        }
        return found;
    }

    private void stored(int part, String trace, List<Entry> entries) {
        Optional<RowRange> range = view.range(part, trace);
        if (range.isEmpty()) {
            return;
        }
        Segment segment = view.segment(part);
        BitSet masked = view.parts().get(part - 1).masked();
        for (int row = masked.nextClearBit(range.get().from());
                row < range.get().to();
                row = masked.nextClearBit(row + 1)) {
            entries.add(new Entry(segment.orderNanos(row), segment.key(row).span(), part, row));
        }
    }

    private void walk(TraceStart start, List<Entry> entries, List<Found> found) {
        Map<ContentSearch, FirstReach> reaches = new IdentityHashMap<>();
        Set<ContentId> seen = new HashSet<>();
        ContentId.Hasher hasher = new ContentId.Hasher(view.project());
        for (Entry entry : entries) {
            Optional<Passage> passage =
                    introduced(
                            entry,
                            search -> reaches.computeIfAbsent(search, s -> reach(s, hasher, seen)));
            boolean holds =
                    entry.part() == 0
                            ? held.get(entry.row())
                            : segments.get(entry.part() - 1).holds(entry.row());
            if (holds && passage.isPresent()) {
                found.add(
                        new Found(
                                view.row(entry.part(), entry.row()), start.nanos(), passage.get()));
            }
        }
    }

    private FirstReach reach(ContentSearch search, ContentId.Hasher hasher, Set<ContentId> seen) {
        return new FirstReach(
                search.source(),
                search.joints(),
                search.wanted(query),
                place -> {
                    int number = FirstReach.number(place);
                    Slice text =
                            FirstReach.isJoint(place)
                                    ? search.joints().text(search.source(), number)
                                    : search.source().leaf(number);
                    return seen.add(hasher.leaf(text.array(), text.offset(), text.length()));
                });
    }

    private Optional<Passage> introduced(Entry entry, Function<ContentSearch, FirstReach> reaches) {
        if (entry.part() == 0) {
            return fresh.introduced(entry.row(), reaches);
        }
        SegmentSearch search = segments.get(entry.part() - 1);
        return search.reached(entry.row(), reaches.apply(search));
    }
}
