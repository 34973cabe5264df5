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

/// The spans of one generation by project, trace and id. One thread applies, any thread reads.
public final class FreshSpans {
    private record TraceKey(String project, String trace) {}

    private final Map<TraceKey, Map<String, FreshSpan>> traces = new ConcurrentHashMap<>();
    private final List<Arrival> arrivals = new ArrayList<>();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicInteger size = new AtomicInteger();
    private volatile long lastPosition;

    /// An event as it came.
    ///
    /// @param position in the file
    record Arrival(SpanKey key, long position, int length) {}

    void apply(SpanKey key, long position, int length, long fingerprint, Optional<SpanRow> row) {
        Map<String, FreshSpan> trace =
                traces.computeIfAbsent(
                        new TraceKey(key.project(), key.trace()), _ -> new LinkedHashMap<>());
        synchronized (trace) {
            FreshSpan present = trace.get(key.span());
            if (present == null) {
                size.incrementAndGet();
                trace.put(key.span(), FreshSpan.first(key, position, length, fingerprint, row));
            } else {
                trace.put(key.span(), present.with(position, length, fingerprint));
            }
        }
        synchronized (arrivals) {
            arrivals.add(new Arrival(key, position, length));
        }
        lastPosition = position;
        changes.incrementAndGet();
    }

    /// Where in the file the last event lies that came; 0 before the first.
    long lastPosition() {
        return lastPosition;
    }

    /// How many events came.
    int arrived() {
        synchronized (arrivals) {
            return arrivals.size();
        }
    }

    /// Some events in order of arrival, from the given one on.
    List<Arrival> arrivals(int from, int limit) {
        synchronized (arrivals) {
            return List.copyOf(arrivals.subList(from, Math.min(arrivals.size(), from + limit)));
        }
    }

    /// Forgets what the erasure names. `startOf` gives a trace's start for time-bound erasures.
    void erase(Erasure erasure, java.util.function.ToLongFunction<List<FreshSpan>> startOf) {
        traces.entrySet()
                .removeIf(entry -> {
                    boolean named =
                            entry.getKey().project().equals(erasure.project())
                                    && (erasure.trace().isEmpty()
                                            || entry.getKey().trace().equals(erasure.trace()));
                    boolean gone =
                            named
                                    && (erasure.beforeNanos() == Long.MAX_VALUE
                                            || startOf.applyAsLong(copy(entry.getValue()))
                                                    < erasure.beforeNanos());
                    if (gone) {
                        size.addAndGet(-entry.getValue().size());
                    }
                    return gone;
                });
        changes.incrementAndGet();
    }

    public Optional<FreshSpan> find(SpanKey key) {
        Map<String, FreshSpan> trace = traces.get(new TraceKey(key.project(), key.trace()));
        if (trace == null) {
            return Optional.empty();
        }
        synchronized (trace) {
            return Optional.ofNullable(trace.get(key.span()));
        }
    }

    public boolean hasTrace(String project, String trace) {
        return traces.containsKey(new TraceKey(project, trace));
    }

    /// The trace's spans in order of arrival; empty when there are none.
    public List<FreshSpan> trace(String project, String trace) {
        Map<String, FreshSpan> spans = traces.get(new TraceKey(project, trace));
        return spans == null ? List.of() : copy(spans);
    }

    private static List<FreshSpan> copy(Map<String, FreshSpan> spans) {
        synchronized (spans) {
            return List.copyOf(spans.values());
        }
    }

    /// All spans of a project.
    public List<FreshSpan> project(String project) {
        List<FreshSpan> all = new ArrayList<>();
        traces.forEach((key, spans) -> {
            if (key.project().equals(project)) {
                all.addAll(copy(spans));
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

    /// Grows with each change: equal counts, equal state.
    public long changes() {
        return changes.get();
    }
}
