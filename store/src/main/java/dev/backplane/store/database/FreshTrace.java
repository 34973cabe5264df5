package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.RollUp;
import java.util.ArrayList;
import java.util.List;

/// The fresh rows of a trace. Added up only when somebody looks: thousands of traces grow at a
/// time, and a page shows fifty.
final class FreshTrace {
    private final List<SpanRow> rows = new ArrayList<>(4);
    private Beginning beginning = Beginning.NONE;

    void add(SpanRow row) {
        rows.add(row);
        beginning = beginning.with(Beginning.of(row));
    }

    Beginning beginning() {
        return beginning;
    }

    RollUp rollUp() {
        RollUp sum = new RollUp();
        rows.forEach(sum::add);
        return sum;
    }
}
