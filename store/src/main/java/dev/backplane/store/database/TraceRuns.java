package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.segment.Segment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/// The spans of a trace in order of start, from wherever they lie, with the place of each one's
/// parent. Rows of segments are not read for it: a segment knows starts, parents within itself and
/// the ids of parents elsewhere.
final class TraceRuns {
    private final View view;
    private final String trace;
    private final Map<Integer, Run> runs = new HashMap<>();

    /// Of the fresh run: where a span stands in it.
    private final Map<String, Integer> freshIndexes = new HashMap<>();

    /// Places of parents that had to be looked up by id.
    private final Map<String, Integer> found = new HashMap<>();

    private final int[] parts;
    private final int[] rows;
    private final int[] parents;

    private TraceRuns(View view, String trace) {
        this.view = view;
        this.trace = trace;
        view.rowsOf(trace)
                .forEach((part, set) -> runs.put(part, part == 0 ? fresh(set) : sealed(part, set)));
        int size = runs.values().stream().mapToInt(run -> run.rows.length).sum();
        parts = new int[size];
        rows = new int[size];
        parents = new int[size];
        merge();
        for (int i = 0; i < size; i++) {
            parents[i] = parts[i] == 0 ? byId(freshParent(i)) : sealedParent(i);
        }
    }

    static TraceRuns of(View view, String trace) {
        return new TraceRuns(view, trace);
    }

    /// Of the span at each place: the part that holds it.
    int[] parts() {
        return parts;
    }

    /// Of the span at each place: its row in the part.
    int[] rows() {
        return rows;
    }

    /// Of the span at each place: its parent's place, or [TraceShape#NONE].
    int[] parents() {
        return parents;
    }

    /// The rows of one part in order of start, and where each came to stand in the whole.
    private abstract static class Run {
        static final Comparator<Run> BY_START =
                Comparator.comparingLong(Run::start).thenComparing(Run::span);

        final int part;
        final int[] rows;
        final int[] places;
        int next;

        Run(int part, int[] rows) {
            this.part = part;
            this.rows = rows;
            this.places = new int[rows.length];
        }

        /// Where a row of a segment stands in the run; below 0 if it is not in it. Most runs have
        /// no gaps.
        int indexOf(int row) {
            int guess = rows.length == 0 ? -1 : row - rows[0];
            return guess >= 0 && guess < rows.length && rows[guess] == row
                    ? guess
                    : Arrays.binarySearch(rows, row);
        }

        /// Of the next row.
        abstract long start();

        abstract String span();
    }

    private Run sealed(int part, BitSet set) {
        Segment segment = view.segment(part);
        return new Run(part, set.stream().toArray()) {
            @Override
            long start() {
                return segment.orderNanos(rows[next]);
            }

            @Override
            String span() {
                return segment.key(rows[next]).span();
            }
        };
    }

    private Run fresh(BitSet set) {
        List<SpanRow> all = view.fresh();
        int[] ordered =
                set.stream()
                        .boxed()
                        .sorted(
                                Comparator.comparingLong((Integer row) -> all.get(row).orderNanos())
                                        .thenComparing(row -> all.get(row).key().span()))
                        .mapToInt(Integer::intValue)
                        .toArray();
        for (int i = 0; i < ordered.length; i++) {
            freshIndexes.put(all.get(ordered[i]).key().span(), i);
        }
        return new Run(0, ordered) {
            @Override
            long start() {
                return all.get(rows[next]).orderNanos();
            }

            @Override
            String span() {
                return all.get(rows[next]).key().span();
            }
        };
    }

    private void merge() {
        PriorityQueue<Run> open = new PriorityQueue<>(Run.BY_START);
        runs.values().stream().filter(run -> run.rows.length > 0).forEach(open::add);
        for (int place = 0; place < rows.length; place++) {
            Run run = open.remove();
            parts[place] = run.part;
            rows[place] = run.rows[run.next];
            run.places[run.next++] = place;
            if (run.next < run.rows.length) {
                open.add(run);
            }
        }
    }

    private String freshParent(int place) {
        return view.fresh().get(rows[place]).parentId();
    }

    private int sealedParent(int place) {
        Segment segment = view.segment(parts[place]);
        int row = segment.parent(rows[place]);
        if (row < 0) {
            return byId(segment.strayParent(rows[place]));
        }
        int parent = place(parts[place], row);
        // A row that was superseded lives elsewhere under the same id.
        return parent == TraceShape.NONE ? byId(segment.key(row).span()) : parent;
    }

    /// The place of a segment's row, or [TraceShape#NONE] when it does not count.
    private int place(int part, int row) {
        Run run = runs.get(part);
        int index = run == null ? -1 : run.indexOf(row);
        return run == null || index < 0 ? TraceShape.NONE : run.places[index];
    }

    private int byId(String span) {
        return SpanKey.isId(span) ? found.computeIfAbsent(span, this::find) : TraceShape.NONE;
    }

    private int find(String span) {
        Integer fresh = freshIndexes.get(span);
        Run freshRun = runs.get(0);
        if (fresh != null && freshRun != null) {
            return freshRun.places[fresh];
        }
        SpanKey key = new SpanKey(view.project(), trace, span);
        long hash = Segment.hash(key);
        for (int part : runs.keySet()) {
            if (part > 0 && view.segment(part).mayContain(hash)) {
                OptionalInt root = view.segment(part).findRoot(key);
                OptionalInt row = root.isPresent() ? root : view.segment(part).find(key);
                int place = row.isPresent() ? place(part, row.getAsInt()) : TraceShape.NONE;
                if (place != TraceShape.NONE) {
                    return place;
                }
            }
        }
        return TraceShape.NONE;
    }
}
