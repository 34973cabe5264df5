package dev.backplane.ingest;

import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import java.util.ArrayList;
import java.util.List;

/// A sink that remembers.
public final class Collected implements SpanSink {
    public final List<SpanEvent> events = new ArrayList<>();
    public final List<Integer> batches = new ArrayList<>();

    @Override
    public void append(List<SpanEvent> appended) {
        events.addAll(appended);
        batches.add(appended.size());
    }
}
