package dev.backplane.store.database;

import dev.backplane.store.TraceRow;
import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.sql.TableView.TraceStart;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/// The traces of a view: their roll-ups, and the order of their starts.
///
/// A trace may have rows in several segments and among the fresh ones. Each place knows what its
/// own rows add up to, and the trace is the sum over places. A segment has its traces in order of
/// where they began ([Beginning]), so the newest come from the ends of all places at once; a trace
/// that is met where a place says it starts is passed over when another place knows better, and met
/// again there.
final class Traces {
    private final String project;
    private final List<Segment> segments;
    private final LooseTraces loose;

    Traces(String project, List<Segment> segments, LooseTraces loose) {
        this.project = project;
        this.segments = segments;
        this.loose = loose;
    }

    Optional<TraceRow> row(String trace) {
        RollUp sum = new RollUp();
        for (int i = 0; i < segments.size(); i++) {
            OptionalInt number = segments.get(i).traceNumber(trace);
            if (number.isPresent()) {
                loose.rollUp(i, segments.get(i), number.getAsInt()).ifPresent(sum::merge);
            }
        }
        FreshTrace fresh = loose.fresh().get(trace);
        if (fresh != null) {
            sum.merge(fresh.rollUp());
        }
        return sum.isEmpty() ? Optional.empty() : Optional.of(sum.row(project, trace));
    }

    Optional<TraceStart> start(String trace) {
        FreshTrace fresh = loose.fresh().get(trace);
        Beginning beginning = fresh == null ? Beginning.NONE : fresh.beginning();
        for (int i = 0; i < segments.size(); i++) {
            OptionalInt number = segments.get(i).traceNumber(trace);
            if (number.isPresent()) {
                Beginning changed = loose.changed().get(i).get(number.getAsInt());
                beginning =
                        beginning.with(
                                changed == null
                                        ? segments.get(i).trace(number.getAsInt()).beginning()
                                        : changed);
            }
        }
        return beginning.isNone()
                ? Optional.empty()
                : Optional.of(new TraceStart(trace, beginning.nanos()));
    }

    Iterator<TraceStart> before(TraceStart place) {
        return new Walk(place);
    }

    /// One place's traces, newest first.
    private abstract static class Source {
        static final Comparator<Source> NEWEST_FIRST =
                Comparator.comparing(Source::head, TraceStart.NEWEST_FIRST);

        TraceStart head = new TraceStart("", 0);

        TraceStart head() {
            return head;
        }

        /// Steps to the next one.
        ///
        /// @return whether there is one
        abstract boolean advance();
    }

    /// The traces of a segment that have all their rows.
    private final class Sealed extends Source {
        private final int part;
        private int next;

        Sealed(int part, TraceStart before) {
            this.part = part;
            this.next = firstBefore(segments.get(part), before);
        }

        private static int firstBefore(Segment segment, TraceStart before) {
            int low = 0;
            int high = segment.traceCount();
            while (low < high) {
                int middle = (low + high) >>> 1;
                Segment.Trace trace = segment.trace(middle);
                TraceStart start = new TraceStart(trace.id(), trace.beginning().nanos());
                if (TraceStart.NEWEST_FIRST.compare(start, before) > 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low - 1;
        }

        @Override
        boolean advance() {
            while (next >= 0 && loose.changed().get(part).containsKey(next)) {
                next--;
            }
            if (next < 0) {
                return false;
            }
            Segment.Trace trace = segments.get(part).trace(next--);
            head = new TraceStart(trace.id(), trace.beginning().nanos());
            return true;
        }
    }

    private final class Loose extends Source {
        private final TraceStart before;
        private int next;

        Loose(TraceStart before) {
            this.before = before;
        }

        @Override
        boolean advance() {
            List<TraceStart> starts = loose.starts();
            while (next < starts.size()
                    && TraceStart.NEWEST_FIRST.compare(starts.get(next), before) <= 0) {
                next++;
            }
            if (next == starts.size()) {
                return false;
            }
            head = starts.get(next++);
            return true;
        }
    }

    private final class Walk implements Iterator<TraceStart> {
        private final PriorityQueue<Source> sources = new PriorityQueue<>(Source.NEWEST_FIRST);
        private TraceStart last;
        private Optional<TraceStart> next;

        Walk(TraceStart before) {
            last = before;
            add(new Loose(before));
            for (int i = 0; i < segments.size(); i++) {
                add(new Sealed(i, before));
            }
            next = find();
        }

        private void add(Source source) {
            if (source.advance()) {
                sources.add(source);
            }
        }

        private Optional<TraceStart> find() {
            while (!sources.isEmpty()) {
                Source source = sources.remove();
                TraceStart found = source.head();
                add(source);
                // Two places may agree on the start.
                if (!found.equals(last) && start(found.trace()).equals(Optional.of(found))) {
                    last = found;
                    return Optional.of(found);
                }
            }
            return Optional.empty();
        }

        @Override
        public boolean hasNext() {
            return next.isPresent();
        }

        @Override
        public TraceStart next() {
            TraceStart found = next.orElseThrow(NoSuchElementException::new);
            next = find();
            return found;
        }
    }
}
