package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.event.RollUp;
import java.util.ArrayList;
import java.util.List;

/// The fresh rows of a trace. Added up only when somebody looks: thousands of traces grow at a
/// time, and a page shows fifty.
final class FreshTrace {
    private final List<SpanRow> rows = new ArrayList<>(4);
    private long startNanos = Long.MAX_VALUE;

    void add(SpanRow row) {
        rows.add(row);
        startNanos = Math.min(startNanos, row.startNanos());
    }

    long startNanos() {
        return startNanos;
    }

    RollUp rollUp() {
        RollUp sum = new RollUp();
        rows.forEach(sum::add);
        return sum;
    }
}
