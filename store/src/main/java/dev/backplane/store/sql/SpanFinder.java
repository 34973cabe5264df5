package dev.backplane.store.sql;

import dev.backplane.store.sql.Windows.Window;
import java.util.List;
import java.util.function.Consumer;

/// Finds the spans of a view that meet a filter. For one list, and closed when that is done.
interface SpanFinder extends AutoCloseable {
    /// Where a span stands among rows and in time.
    record Spot(long locator, long nanos) {}

    /// The latest spans of a window that meet the filter, latest first. Of spans that stand
    /// together any may be left out for the limit.
    List<Spot> spots(Window window, int limit);

    /// Visits the traces with a span in the window that meets the filter, each at least once.
    void traces(Window window, Consumer<String> found);

    /// The same for spans without a start time, wherever they stand.
    void tracesWithoutStart(Consumer<String> found);

    @Override
    void close();
}
