package dev.backplane.server.api;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.PriceTable;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.Project;
import dev.backplane.store.TraceStore;
import java.util.List;
import java.util.function.Supplier;

/// The way of all accepted events into the store: checks the project's quota, keeps names that are
/// the server's own from others ([ReservedNames]) and counts.
final class Intake {
    private final TraceStore store;
    private final Quotas quotas;
    private final PriceTable prices;
    private final Meter meter;

    Intake(TraceStore store, Quotas quotas, PriceTable prices, Meter meter) {
        this.store = store;
        this.quotas = quotas;
        this.prices = prices;
        this.meter = meter;
    }

    /// Before anything is read of a request: whether its project takes spans now.
    ///
    /// @throws Problem `LIMITED` above the quota, `FORBIDDEN` for the server's own project
    IngestContext admit(Caller caller) {
        return admit(caller, caller.project());
    }

    /// For a project that the request itself names.
    IngestContext admit(Caller caller, String project) {
        caller.requireProject(project, "project");
        if (project.equals(Project.SYSTEM)) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "project is the server's own", "_system")
                    .fix("send spans to another project");
        }
        quotas.check(project);
        return context(project);
    }

    /// Before it is known whether the project takes spans: what is decoded may name another.
    IngestContext context(String project) {
        return new IngestContext(project, prices);
    }

    /// Where a streaming decoder appends to.
    ///
    /// @param surface for the counters, a closed set
    /// @param lease that the decoder's stream is metered by
    SpanSink sink(String surface, IngestBudget.Lease lease) {
        return events -> {
            append(surface, events);
            lease.settle();
        };
    }

    void append(String surface, List<SpanEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        store.append(released(surface, events));
        count("backplane_server_events_total", "Span events made durable", surface, events.size());
    }

    private List<SpanEvent> released(String surface, List<SpanEvent> events) {
        long reserved = events.stream().filter(ReservedNames::areIn).count();
        if (reserved == 0) {
            return events;
        }
        count(
                "backplane_server_reserved_names_total",
                "Span events with attributes named like the server's own, kept under other names",
                surface,
                reserved);
        return events.stream().map(ReservedNames::renamed).toList();
    }

    void rejected(String surface, long count) {
        count(
                "backplane_server_rejected_total",
                "Items refused and reported to their sender",
                surface,
                count);
    }

    void received(String surface, long bytes) {
        count(
                "backplane_server_received_bytes_total",
                "Request bytes after decompression",
                surface,
                bytes);
    }

    private void count(String name, String help, String surface, long amount) {
        if (amount > 0) {
            meter.counter(name, help, "surface=\"" + surface + "\"").add(amount);
        }
    }

    /// Times a decode.
    <T> T decode(String surface, Supplier<T> decoder) {
        long start = System.nanoTime();
        try {
            return decoder.get();
        } finally {
            meter.histogram(
                            "backplane_server_decode_seconds",
                            "Time to decode a request held in memory",
                            "surface=\"" + surface + "\"")
                    .recordNanos(System.nanoTime() - start);
        }
    }
}
