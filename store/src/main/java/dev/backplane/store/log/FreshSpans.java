package dev.backplane.store.log;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;

/// The spans of one generation by project, trace and id. One thread applies, any thread reads.
public final class FreshSpans {
    private record TraceKey(String project, String trace) {}

    /// What there is of a trace; guarded by itself.
    private static final class Trace {
        /// Small at first: most traces of one generation have a span or two.
        private final Map<String, FreshSpan> spans = new LinkedHashMap<>(2);

        private long latest;

        synchronized List<FreshSpan> spans() {
            return List.copyOf(spans.values());
        }

        synchronized Optional<FreshSpan> span(String id) {
            return Optional.ofNullable(spans.get(id));
        }

        synchronized int size() {
            return spans.size();
        }

        synchronized long latest() {
            return latest;
        }
    }

    private final Map<TraceKey, Trace> traces = new ConcurrentHashMap<>();
    private final List<Arrival> arrivals = new ArrayList<>();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong erasures = new AtomicLong();
    private final AtomicInteger size = new AtomicInteger();
    private volatile long lastPosition;

    /// An event as it came.
    ///
    /// @param position in the file
    public record Arrival(SpanKey key, long position, int length) {}

    void apply(
            SpanKey key,
            long version,
            FreshSpan.Place place,
            long fingerprint,
            Optional<SpanRow> row) {
        Trace trace =
                traces.computeIfAbsent(new TraceKey(key.project(), key.trace()), _ -> new Trace());
        synchronized (trace) {
            FreshSpan present = trace.spans.get(key.span());
            if (present == null) {
                size.incrementAndGet();
                trace.spans.put(key.span(), FreshSpan.first(key, place, fingerprint, row));
            } else {
                trace.spans.put(key.span(), present.with(place, fingerprint));
            }
            trace.latest = Math.max(trace.latest, version);
        }
        synchronized (arrivals) {
            arrivals.add(new Arrival(key, place.position(), place.length()));
        }
        lastPosition = place.position();
        changes.incrementAndGet();
    }

    /// Where in the file the last event lies that came; 0 before the first.
    long lastPosition() {
        return lastPosition;
    }

    /// How many events came.
    public int arrived() {
        synchronized (arrivals) {
            return arrivals.size();
        }
    }

    /// Some events in order of arrival, from the given one on; those of erased spans too.
    public List<Arrival> arrivals(int from, int limit) {
        synchronized (arrivals) {
            return List.copyOf(arrivals.subList(from, Math.min(arrivals.size(), from + limit)));
        }
    }

    /// Forgets a trace, or all of a project when none is named.
    void erase(String project, String trace) {
        if (trace.isEmpty()) {
            traces.keySet().stream()
                    .filter(key -> key.project().equals(project))
                    .forEach(this::remove);
        } else {
            remove(new TraceKey(project, trace));
        }
        erasures.incrementAndGet();
        changes.incrementAndGet();
    }

    private void remove(TraceKey key) {
        Trace gone = traces.remove(key);
        if (gone != null) {
            size.addAndGet(-gone.size());
        }
    }

    public Optional<FreshSpan> find(SpanKey key) {
        Trace trace = traces.get(new TraceKey(key.project(), key.trace()));
        return trace == null ? Optional.empty() : trace.span(key.span());
    }

    /// The version of a trace's latest event; 0 when there is none.
    long latest(String project, String trace) {
        Trace known = traces.get(new TraceKey(project, trace));
        return known == null ? 0 : known.latest();
    }

    /// Visits the traces of a project, each with the version of its latest event.
    public void latest(String project, ObjLongConsumer<String> visitor) {
        traces.forEach((key, trace) -> {
            if (key.project().equals(project)) {
                visitor.accept(key.trace(), trace.latest());
            }
        });
    }

    public boolean hasTrace(String project, String trace) {
        return traces.containsKey(new TraceKey(project, trace));
    }

    /// The trace's spans in order of arrival; empty when there are none.
    public List<FreshSpan> trace(String project, String trace) {
        Trace known = traces.get(new TraceKey(project, trace));
        return known == null ? List.of() : known.spans();
    }

    /// All spans of a project.
    public List<FreshSpan> project(String project) {
        List<FreshSpan> all = new ArrayList<>();
        traces.forEach((key, trace) -> {
            if (key.project().equals(project)) {
                all.addAll(trace.spans());
            }
        });
        return all;
    }

    public Set<String> projects() {
        Set<String> names = new TreeSet<>();
        traces.keySet().forEach(key -> names.add(key.project()));
        return names;
    }

    public int size() {
        return size.get();
    }

    /// How often something was erased.
    public long erasures() {
        return erasures.get();
    }

    /// Grows with each change: equal counts, equal state.
    public long changes() {
        return changes.get();
    }
}
