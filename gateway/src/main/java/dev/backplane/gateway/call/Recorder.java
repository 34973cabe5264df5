package dev.backplane.gateway.call;

import dev.backplane.core.Field;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.model.Usage;
import java.util.List;
import java.util.OptionalDouble;

/// Writes the spans of calls. A store that cannot take one does not take the answer from the
/// client, who has paid for it: the loss is logged and counted. Thread-safe.
public final class Recorder {
    private static final System.Logger LOG = System.getLogger(Recorder.class.getName());

    /// What a call cost, by the fields of its span.
    @FunctionalInterface
    public interface Prices {
        OptionalDouble cost(SpanData.Builder span, long startNanos);

        /// At today's price; 0 where it is not known.
        ///
        /// @param model by the provider's name
        private double now(String model, Usage usage) {
            SpanData.Builder span = SpanData.builder().put(Field.MODEL, model);
            CallSpan.put(span, usage);
            return cost(span, 0).orElse(0);
        }
    }

    private final SpanSink sink;
    private final Prices prices;
    private final ContentPolicy content;
    private final boolean durable;
    private final Meter meter;

    /// @param durable whether an answer's end waits until its span is in the store
    public Recorder(
            SpanSink sink, Prices prices, ContentPolicy content, boolean durable, Meter meter) {
        this.sink = sink;
        this.prices = prices;
        this.content = content;
        this.durable = durable;
        this.meter = meter;
    }

    ContentPolicy content() {
        return content;
    }

    Prices prices() {
        return prices;
    }

    /// At today's prices.
    ///
    /// @param model by the provider's name
    Cost cost(String model, Usage usage) {
        return Cost.of(usage.total(), prices.now(model, usage));
    }

    void hedge(String end) {
        meter.counter(
                        "backplane_gateway_hedges_total",
                        "Attempts that were made, or withheld, beside a silent one",
                        "end=\"" + end + "\"")
                .increment();
    }

    void write(List<SpanEvent> events, String requestId) {
        if (durable) {
            append(events, requestId);
        } else {
            Thread.ofVirtual().name("span").start(() -> append(events, requestId));
        }
    }

    private void append(List<SpanEvent> events, String requestId) {
        try {
            sink.append(events);
        } catch (Problem problem) {
            meter.counter(
                            "backplane_gateway_spans_lost_total",
                            "Spans of calls that the store did not take")
                    .add(events.size());
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0}: its span could not be written: {1}",
                    requestId,
                    problem.getMessage());
        }
    }
}
