package dev.backplane.store.sql;

import dev.backplane.store.SpanRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Stretches of time that go back from the newest data, each of about [#GROWTH] times as many rows
/// as the one before: what is asked for most, the newest rows, is found without touching old parts,
/// and a filter that hardly anything meets is through everything after a few.
///
/// How many rows a stretch has is guessed from the bounds of parts, as if rows were spread evenly
/// within each. Not thread-safe.
final class Windows {
    /// Two row groups: fewer rows cost a statement hardly less.
    private static final double FIRST_ROWS = 2 * ColumnFile.ROW_GROUP_ROWS;

    private static final double GROWTH = 16;

    /// @param low inclusive
    /// @param high exclusive
    record Window(long low, long high) {
        boolean holds(long nanos) {
            return nanos >= low && nanos < high;
        }

        String condition() {
            return "order_time >= %s AND order_time < %s"
                    .formatted(SqlText.time(low), SqlText.time(high));
        }
    }

    private record Stretch(long first, long last, long rows) {
        double rowsBetween(long low, long high) {
            double length = (double) last - first + 1;
            double covered = Math.min((double) last + 1, high) - Math.max(first, low);
            return covered <= 0 ? 0 : rows * Math.min(1, covered / length);
        }
    }

    private final List<Stretch> stretches = new ArrayList<>();
    private final long oldest;
    private long high;
    private double rows = FIRST_ROWS;

    /// @param since inclusive
    /// @param until exclusive
    /// @param soughtUntil exclusive: what is younger is not sought, only read on the way, and the
    ///   first window reaches down to it
    Windows(TableView view, long since, long until, long soughtUntil) {
        for (TableView.Part part : view.parts()) {
            stretches.add(new Stretch(part.minStartNanos(), part.maxStartNanos(), part.rows()));
        }
        fresh(view.fresh()).ifPresent(stretches::add);
        long first = stretches.stream().mapToLong(Stretch::first).min().orElse(Long.MAX_VALUE);
        long last = stretches.stream().mapToLong(Stretch::last).max().orElse(Long.MIN_VALUE);
        oldest = Math.max(first, since);
        high = last == Long.MAX_VALUE ? until : Math.min(until, last + 1);
        rows += rowsBetween(Math.min(soughtUntil, high), high);
    }

    private static Optional<Stretch> fresh(List<SpanRow> rows) {
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (SpanRow row : rows) {
            first = Math.min(first, row.orderNanos());
            last = Math.max(last, row.orderNanos());
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new Stretch(first, last, rows.size()));
    }

    private double rowsBetween(long low, long end) {
        return stretches.stream().mapToDouble(each -> each.rowsBetween(low, end)).sum();
    }

    Optional<Window> next() {
        if (high <= oldest) {
            return Optional.empty();
        }
        long low = oldest;
        long above = high - 1;
        if (rowsBetween(oldest, high) > rows) {
            // The youngest beginning that takes in enough rows.
            while (low < above) {
                long middle = low + (above - low + 1) / 2;
                if (rowsBetween(middle, high) >= rows) {
                    low = middle;
                } else {
                    above = middle - 1;
                }
            }
        }
        Window window = new Window(low, high);
        high = low;
        rows *= GROWTH;
        return Optional.of(window);
    }
}
