package dev.backplane.store.sql;

import dev.backplane.core.SpanKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import java.util.Optional;
import java.util.function.Predicate;

/// Lists of spans and traces: the calls that the database makes; the lists themselves come next.
public final class Listing {
    public Listing(SqlEngine engine) {}

    /// @return the cursor of the next page, or empty
    public String spans(TableView view, ListQuery query, Predicate<SpanRow> sink) {
        return "";
    }

    public String traces(TableView view, ListQuery query, Predicate<TraceRow> sink) {
        return "";
    }

    /// The roll-up of one trace.
    public Optional<TraceRow> trace(TableView view, String trace) {
        return Optional.empty();
    }

    /// All spans that meet the filter, trace by trace; returns false from `sink` to stop.
    public void keys(TableView view, String filter, Predicate<SpanKey> sink) {}
}
