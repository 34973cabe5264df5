package dev.backplane.bench.check;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the server has promised so far. Each writer has spans of its own, so between the sending of
/// an event and its answer only that event of the span is open: after a crash a span is as it was
/// before the event, or as it is after, and nothing else. Thread-safe.
final class Oracle {
    /// One span; `pending` is its state if an event whose answer never came did arrive.
    record Entry(String traceId, String spanId, SpanState sure, Optional<SpanState> pending) {
        String path() {
            return "/api/v1/spans/" + traceId + "/" + spanId;
        }

        boolean allows(SpanState read) {
            return sure.equals(read) || pending.filter(read::equals).isPresent();
        }
    }

    private final Map<String, Map<String, Entry>> traces = new LinkedHashMap<>();

    synchronized SpanState state(String traceId, String spanId) {
        return Optional.ofNullable(traces.getOrDefault(traceId, Map.of()).get(spanId))
                .map(Entry::sure)
                .orElse(SpanState.ABSENT);
    }

    /// An event is about to be sent.
    synchronized void sending(String traceId, String spanId, SpanState after) {
        put(new Entry(traceId, spanId, state(traceId, spanId), Optional.of(after)));
    }

    /// The event was acknowledged.
    synchronized void acknowledged(String traceId, String spanId, SpanState after) {
        put(new Entry(traceId, spanId, after, Optional.empty()));
    }

    /// A read has shown which of two states became true; it must not change again.
    synchronized void settled(Entry entry, SpanState read) {
        put(new Entry(entry.traceId(), entry.spanId(), read, Optional.empty()));
    }

    private void put(Entry entry) {
        traces.computeIfAbsent(entry.traceId(), _ -> new LinkedHashMap<>())
                .put(entry.spanId(), entry);
    }

    synchronized List<String> traceIds() {
        return new ArrayList<>(traces.keySet());
    }

    synchronized Collection<Entry> spans(String traceId) {
        return new ArrayList<>(traces.getOrDefault(traceId, Map.of()).values());
    }

    synchronized long spanCount() {
        return traces.values().stream().mapToLong(Map::size).sum();
    }
}
