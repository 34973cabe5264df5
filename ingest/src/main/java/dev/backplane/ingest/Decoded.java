package dev.backplane.ingest;

import dev.backplane.core.SpanEvent;
import java.util.List;

/// What one request held: events to append and items that were refused (for `partial_success`).
public record Decoded(List<SpanEvent> events, List<Rejection> rejected) {
    public Decoded {
        events = List.copyOf(events);
        rejected = List.copyOf(rejected);
    }
}
