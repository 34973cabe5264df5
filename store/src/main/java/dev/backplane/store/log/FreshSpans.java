package dev.backplane.store.log;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.ObjLongConsumer;

/// The spans of one generation by project, trace and id. One thread applies, any thread reads.
///
/// Spans come by the thousand a second and stay until compaction, and the garbage collector's
/// pauses grow with the number of objects that it copies. So no span is an object here: traces,
/// spans and events are records of numbers in long arrays, names and rows are bytes in long arrays.
///
/// ```
/// trace ─► first span ─► next span ─► …
///            └─► last event ─► event before ─► …
/// ```
///
/// Nothing is held for long: what goes through everything does so in steps.
public final class FreshSpans {
    private static final int NONE = -1;

    /// Some tens of microseconds.
    private static final int STEP = 1 << 8;

    private static final int TRACE_PROJECT = 0;
    private static final int TRACE_FIRST = 1;
    private static final int TRACE_LAST = 2;

    /// The version of the latest event; 0 while there is none.
    private static final int TRACE_LATEST = 3;

    private static final int SPAN_TRACE = 0;
    private static final int SPAN_NEXT = 1;

    /// [#NONE] of one that was erased.
    private static final int SPAN_LAST = 2;

    private static final int EVENT_SPAN = 0;
    private static final int EVENT_BEFORE = 1;
    private static final int EVENT_POSITION = 2;
    private static final int EVENT_LENGTH = 3;
    private static final int EVENT_PRINT = 4;
    private static final int EVENT_ROW = 5;
    private static final int EVENT_ROW_LENGTH = 6;

    private final List<String> projects = new ArrayList<>();
    private final Map<String, Integer> projectNumbers = new HashMap<>();
    private final KeyTable traceKeys = new KeyTable();
    private final KeyTable spanKeys = new KeyTable();
    private final Records traces = new Records(4);
    private final Records spans = new Records(3);
    private final Records events = new Records(7);
    private final ByteArena rows = new ByteArena();
    private long changes;
    private long erasures;
    private int size;
    private volatile long lastPosition;

    /// An event as it came.
    ///
    /// @param position in the file
    public record Arrival(SpanKey key, long position, int length) {}

    /// @param row see [FreshSpan#row]; of a span that has events already it is not kept, for nobody
    ///   could ask for it
    synchronized void apply(
            SpanKey key, long version, FreshSpan.Place place, long fingerprint, byte[] row) {
        int trace = addTrace(key.project(), key.trace());
        int span = addSpan(trace, key.span());
        boolean first = spans.get(span, SPAN_LAST) == NONE;
        byte[] kept = first ? row : Prepared.NO_ROW;
        int event = events.add();
        events.set(event, EVENT_SPAN, span);
        events.set(event, EVENT_BEFORE, spans.get(span, SPAN_LAST));
        events.set(event, EVENT_POSITION, place.position());
        events.set(event, EVENT_LENGTH, place.length());
        events.set(event, EVENT_PRINT, fingerprint);
        events.set(event, EVENT_ROW, rows.add(kept));
        events.set(event, EVENT_ROW_LENGTH, kept.length);
        if (first) {
            enter(trace, span);
        }
        spans.set(span, SPAN_LAST, event);
        traces.set(trace, TRACE_LATEST, Math.max(traces.get(trace, TRACE_LATEST), version));
        lastPosition = place.position();
        changes++;
    }

    private int addTrace(String project, String trace) {
        int number = projectNumbers.computeIfAbsent(project, _ -> projects.size());
        if (number == projects.size()) {
            projects.add(project);
        }
        int found = traceKeys.add(traceKey(number, trace));
        if (found == traces.size()) {
            traces.add();
            traces.set(found, TRACE_PROJECT, number);
            traces.set(found, TRACE_FIRST, NONE);
        }
        return found;
    }

    private int addSpan(int trace, String id) {
        int found = spanKeys.add(spanKey(trace, id));
        if (found == spans.size()) {
            spans.add();
            spans.set(found, SPAN_TRACE, trace);
            spans.set(found, SPAN_LAST, NONE);
        }
        return found;
    }

    /// Puts a span at the end of its trace.
    private void enter(int trace, int span) {
        if (traces.get(trace, TRACE_FIRST) == NONE) {
            traces.set(trace, TRACE_FIRST, span);
        } else {
            spans.set(traces.getInt(trace, TRACE_LAST), SPAN_NEXT, span);
        }
        traces.set(trace, TRACE_LAST, span);
        spans.set(span, SPAN_NEXT, NONE);
        size++;
    }

    private static byte[] traceKey(int project, String trace) {
        return new ByteWriter(48).putVar(project).putText(trace).toBytes();
    }

    private static byte[] spanKey(int trace, String id) {
        return new ByteWriter(32).putVar(trace).putText(id).toBytes();
    }

    /// @return the trace's number, also if it was erased, or [#NONE]
    private int findTrace(String project, String trace) {
        Integer number = projectNumbers.get(project);
        return number == null ? NONE : traceKeys.find(traceKey(number, trace));
    }

    /// @return the number of a span that has events, or [#NONE]
    private int findSpan(SpanKey key) {
        int trace = findTrace(key.project(), key.trace());
        int span = trace == NONE ? NONE : spanKeys.find(spanKey(trace, key.span()));
        return span == NONE || spans.get(span, SPAN_LAST) == NONE ? NONE : span;
    }

    private String project(int trace) {
        return projects.get(traces.getInt(trace, TRACE_PROJECT));
    }

    private String traceId(int trace) {
        return text(traceKeys.key(trace));
    }

    private SpanKey keyOf(int span) {
        int trace = spans.getInt(span, SPAN_TRACE);
        return new SpanKey(project(trace), traceId(trace), text(spanKeys.key(span)));
    }

    /// What a key ends with.
    private static String text(Slice key) {
        ByteReader in = new ByteReader(key);
        in.getVar();
        return in.getText();
    }

    private FreshSpan span(int span) {
        int count = 0;
        int last = spans.getInt(span, SPAN_LAST);
        for (int event = last; event != NONE; event = events.getInt(event, EVENT_BEFORE)) {
            count++;
        }
        long[] positions = new long[count];
        int[] lengths = new int[count];
        long[] prints = new long[count];
        int event = last;
        for (int i = count - 1; i >= 0; i--) {
            positions[i] = events.get(event, EVENT_POSITION);
            lengths[i] = events.getInt(event, EVENT_LENGTH);
            prints[i] = events.get(event, EVENT_PRINT);
            event = events.getInt(event, EVENT_BEFORE);
        }
        Slice row =
                count == 1
                        ? rows.get(
                                events.get(last, EVENT_ROW), events.getInt(last, EVENT_ROW_LENGTH))
                        : Slice.EMPTY;
        return new FreshSpan(keyOf(span), positions, lengths, prints, row);
    }

    /// Where in the file the last event lies that came; 0 before the first.
    long lastPosition() {
        return lastPosition;
    }

    /// How many events came.
    public synchronized int arrived() {
        return events.size();
    }

    /// Some events in order of arrival, from the given one on; those of erased spans too.
    public List<Arrival> arrivals(int from, int limit) {
        List<Arrival> some = new ArrayList<>();
        int end = (int) Math.min(arrived(), (long) from + limit);
        inSteps(
                from,
                end,
                event ->
                        some.add(
                                new Arrival(
                                        keyOf(events.getInt(event, EVENT_SPAN)),
                                        events.get(event, EVENT_POSITION),
                                        events.getInt(event, EVENT_LENGTH))));
        return some;
    }

    /// Visits the spans of a project that got an event, from the given event on; some more than
    /// once. The visitor must not wait for anything.
    ///
    /// @return how many events of all projects were looked at
    public int arrivals(String project, int from, Consumer<SpanKey> visitor) {
        int end = arrived();
        inSteps(
                from,
                end,
                event -> {
                    int span = events.getInt(event, EVENT_SPAN);
                    if (isOf(span, project)) {
                        visitor.accept(keyOf(span));
                    }
                });
        return end - from;
    }

    /// Of an event, counted by arrival.
    synchronized SpanKey key(int event) {
        return keyOf(events.getInt(event, EVENT_SPAN));
    }

    private void inSteps(int from, int end, IntConsumer visitor) {
        for (int step = from; step < end; step += STEP) {
            synchronized (this) {
                for (int i = step; i < Math.min(end, step + STEP); i++) {
                    visitor.accept(i);
                }
            }
        }
    }

    /// Forgets a trace, or all of a project when none is named.
    synchronized void erase(String project, String trace) {
        if (trace.isEmpty()) {
            for (int i = 0; i < traces.size(); i++) {
                if (project(i).equals(project)) {
                    erase(i);
                }
            }
        } else {
            int found = findTrace(project, trace);
            if (found != NONE) {
                erase(found);
            }
        }
        erasures++;
        changes++;
    }

    private void erase(int trace) {
        int span = traces.getInt(trace, TRACE_FIRST);
        while (span != NONE) {
            spans.set(span, SPAN_LAST, NONE);
            size--;
            span = spans.getInt(span, SPAN_NEXT);
        }
        traces.set(trace, TRACE_FIRST, NONE);
        traces.set(trace, TRACE_LATEST, 0);
    }

    public synchronized Optional<FreshSpan> find(SpanKey key) {
        int span = findSpan(key);
        return span == NONE ? Optional.empty() : Optional.of(span(span));
    }

    /// Whether the span's latest event has the print.
    synchronized boolean isLatest(SpanKey key, long print) {
        int span = findSpan(key);
        return span != NONE && events.get(spans.getInt(span, SPAN_LAST), EVENT_PRINT) == print;
    }

    /// The version of a trace's latest event; 0 when there is none.
    synchronized long latest(String project, String trace) {
        int found = findTrace(project, trace);
        return found == NONE ? 0 : traces.get(found, TRACE_LATEST);
    }

    /// Visits the traces of a project, each with the version of its latest event. The visitor must
    /// not wait for anything.
    public void latest(String project, ObjLongConsumer<String> visitor) {
        inSteps(
                0,
                traceCount(),
                trace -> {
                    if (hasSpans(trace) && project(trace).equals(project)) {
                        visitor.accept(traceId(trace), traces.get(trace, TRACE_LATEST));
                    }
                });
    }

    public synchronized boolean hasTrace(String project, String trace) {
        int found = findTrace(project, trace);
        return found != NONE && hasSpans(found);
    }

    private boolean hasSpans(int trace) {
        return traces.get(trace, TRACE_FIRST) != NONE;
    }

    /// Visits all spans of a project, each as it was a moment ago. Few are held at a time.
    public void project(String project, Consumer<FreshSpan> visitor) {
        int end = spanCount();
        for (int step = 0; step < end; step += STEP) {
            List<FreshSpan> some = new ArrayList<>();
            inSteps(
                    step,
                    Math.min(end, step + STEP),
                    span -> {
                        if (spans.get(span, SPAN_LAST) != NONE && isOf(span, project)) {
                            some.add(span(span));
                        }
                    });
            some.forEach(visitor);
        }
    }

    private synchronized int traceCount() {
        return traces.size();
    }

    private synchronized int spanCount() {
        return spans.size();
    }

    private boolean isOf(int span, String project) {
        return project(spans.getInt(span, SPAN_TRACE)).equals(project);
    }

    /// Those that have spans.
    public Set<String> projects() {
        Set<String> names = new TreeSet<>();
        inSteps(
                0,
                traceCount(),
                trace -> {
                    if (hasSpans(trace)) {
                        names.add(project(trace));
                    }
                });
        return names;
    }

    public synchronized int size() {
        return size;
    }

    /// How often something was erased.
    public synchronized long erasures() {
        return erasures;
    }

    /// Grows with each change: equal counts, equal state.
    public synchronized long changes() {
        return changes;
    }
}
