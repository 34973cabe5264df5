package dev.backplane.ingest;

import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import java.util.ArrayList;
import java.util.List;

/// Events of a stream on their way to a sink: appended whenever [#EVENTS_MAX] or [#BYTES_MAX] have
/// come together, so that memory stays bounded and the sink sees commits worth their fsync. For use
/// by one thread.
public final class EventBatch {
    public static final int EVENTS_MAX = 1_000;
    public static final long BYTES_MAX = 8L << 20;

    private final SpanSink sink;
    private final Runnable appended;
    private final List<SpanEvent> events = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();
    private long bytes;
    private long accepted;
    private long rejected;

    /// @param appended called after each append
    public EventBatch(SpanSink sink, Runnable appended) {
        this.sink = sink;
        this.appended = appended;
    }

    /// @param size bytes that the event keeps in memory, roughly
    public void add(SpanEvent event, long size) {
        events.add(event);
        bytes += size;
        if (events.size() >= EVENTS_MAX || bytes >= BYTES_MAX) {
            flush();
        }
    }

    public void reject(Rejection rejection) {
        rejected++;
        if (rejections.size() < Ingested.REJECTIONS_MAX) {
            rejections.add(rejection);
        }
    }

    public void flush() {
        if (!events.isEmpty()) {
            sink.append(List.copyOf(events));
            accepted += events.size();
            events.clear();
            bytes = 0;
            appended.run();
        }
    }

    /// What was appended and refused so far.
    public Ingested result() {
        return new Ingested(accepted, rejected, rejections);
    }
}
