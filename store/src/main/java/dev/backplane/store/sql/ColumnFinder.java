package dev.backplane.store.sql;

import dev.backplane.store.SpanRow;
import dev.backplane.store.column.BlockFilter;
import dev.backplane.store.column.Column;
import dev.backplane.store.column.ColumnCache;
import dev.backplane.store.column.ColumnLoader;
import dev.backplane.store.column.FilterColumn;
import dev.backplane.store.column.RowFilter;
import dev.backplane.store.column.ValueFilter;
import dev.backplane.store.column.WholeColumn;
import dev.backplane.store.sql.TableView.Part;
import dev.backplane.store.sql.TableView.TraceRows;
import dev.backplane.store.sql.Windows.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;

/// Finds spans by a [RowFilter] over columns in memory. While columns are missing that it would
/// have to look at, it leaves the search to another finder and asks, in the end, for them to be
/// read. Both find the same, so that a list may go on with either.
final class ColumnFinder implements SpanFinder {
    private static final RowFilter WITHOUT_START =
            new RowFilter.Test(FilterColumn.STARTED, new ValueFilter.Presence(false));
    private static final Window ALWAYS = new Window(Long.MIN_VALUE, Long.MAX_VALUE);

    private final TableView view;
    private final RowFilter filter;
    private final ColumnCache cache;
    private final ColumnLoader loader;
    private final SpanFinder otherwise;
    private final Map<Part, Set<FilterColumn>> missed = new LinkedHashMap<>();
    private boolean usedOther;

    ColumnFinder(
            TableView view,
            RowFilter filter,
            ColumnCache cache,
            ColumnLoader loader,
            SpanFinder otherwise) {
        this.view = view;
        this.filter = filter;
        this.cache = cache;
        this.loader = loader;
        this.otherwise = otherwise;
    }

    /// Whether the other finder had to find something.
    boolean usedOther() {
        return usedOther;
    }

    @Override
    public void close() {
        // Not before the list is done: its own queries need the processors.
        missed.forEach((part, columns) -> loader.read(part.columns(), part.rows(), columns));
        otherwise.close();
    }

    /// A part with its columns and the filter bound to them.
    private record Bound(Part part, WholeColumn order, BlockFilter test) {
        int end(int block) {
            return (int) Math.min(part.rows(), (block + 1L) * BlockFilter.ROWS);
        }

        boolean reaches(int block, Window window) {
            return order.greatest(block) >= window.low() && order.least(block) < window.high();
        }

        /// The bits of the block's living rows that meet the filter.
        void test(int block, long[] bits) {
            int from = block * BlockFilter.ROWS;
            int to = end(block);
            test.test(from, to, bits);
            for (int row = part.masked().nextSetBit(from);
                    row >= 0 && row < to;
                    row = part.masked().nextSetBit(row + 1)) {
                bits[(row - from) / Long.SIZE] &= ~(1L << row - from);
            }
        }
    }

    /// Looks columns of one part up, and notes those that are not there.
    private final class Lookup {
        private final Part part;
        private boolean complete = true;

        Lookup(Part part) {
            this.part = part;
        }

        Column column(FilterColumn column) {
            Optional<Column> found = cache.get(part.columns(), part.rows(), column);
            if (found.isEmpty()) {
                missed.computeIfAbsent(part, _ -> EnumSet.noneOf(FilterColumn.class)).add(column);
            }
            Column known = found.orElseGet(Column.Absent::new);
            complete &= !(known instanceof Column.Absent);
            return known;
        }

        /// Adds the part, unless no row of it can meet the condition.
        ///
        /// @return false when a column is not there
        boolean bind(RowFilter condition, List<Bound> into) {
            BlockFilter test = condition.bind(this::column);
            if (!complete || !test.isNone()) {
                Column order = column(FilterColumn.ORDER_TIME);
                if (complete) {
                    into.add(new Bound(part, (WholeColumn) order, test));
                }
            }
            return complete;
        }
    }

    private static boolean reaches(Part part, Window window) {
        return part.maxStartNanos() >= window.low()
                && part.minStartNanos() < window.high()
                && part.rows() > part.masked().cardinality();
    }

    /// The filter bound to each part that has rows in the window and may have some that meet it.
    /// Empty when a column is not there; then all that are not have been noted.
    private Optional<List<Bound>> bind(RowFilter condition, Window window) {
        List<Bound> bound = new ArrayList<>();
        boolean complete = true;
        for (Part part : view.parts()) {
            if (reaches(part, window)) {
                complete &= new Lookup(part).bind(condition, bound);
            }
        }
        usedOther |= !complete;
        return complete ? Optional.of(bound) : Optional.empty();
    }

    @Override
    public List<Spot> spots(Window window, int limit) {
        Optional<List<Bound>> parts = bind(filter, window);
        return parts.isPresent()
                ? latest(parts.get(), window, limit)
                : otherwise.spots(window, limit);
    }

    /// A block of a part that is still to be looked at.
    private record Ahead(long latest, Bound bound, int block) {}

    /// The latest spots met so far.
    private static final class Latest {
        private final int limit;
        private final PriorityQueue<Spot> spots =
                new PriorityQueue<>(Comparator.comparingLong(Spot::nanos));

        Latest(int limit) {
            this.limit = limit;
        }

        /// Whether a span that stands there may still be one of them.
        boolean wants(long nanos) {
            return spots.size() < limit || spots.element().nanos() < nanos;
        }

        void offer(long locator, long nanos) {
            if (wants(nanos)) {
                if (spots.size() == limit) {
                    spots.remove();
                }
                spots.add(new Spot(locator, nanos));
            }
        }

        List<Spot> newestFirst() {
            List<Spot> sorted = new ArrayList<>(spots);
            sorted.sort(Comparator.comparingLong(Spot::nanos).reversed());
            return sorted;
        }
    }

    private List<Spot> latest(List<Bound> parts, Window window, int limit) {
        Latest latest = new Latest(limit);
        List<SpanRow> fresh = view.fresh();
        for (int i = 0; i < fresh.size(); i++) {
            long nanos = fresh.get(i).orderNanos();
            if (window.holds(nanos) && latest.wants(nanos) && filter.test(fresh.get(i))) {
                latest.offer(QueryContext.locator(0, i), nanos);
            }
        }
        PriorityQueue<Ahead> ahead =
                new PriorityQueue<>(Comparator.comparingLong(Ahead::latest).reversed());
        for (Bound bound : parts) {
            for (int block = 0; block < bound.order().blocks(); block++) {
                if (bound.reaches(block, window)) {
                    ahead.add(new Ahead(bound.order().greatest(block), bound, block));
                }
            }
        }
        long[] bits = new long[BlockFilter.WORDS];
        while (!ahead.isEmpty() && latest.wants(ahead.element().latest())) {
            Ahead next = ahead.remove();
            look(next.bound(), next.block(), window, bits, latest);
        }
        return latest.newestFirst();
    }

    private static void look(Bound bound, int block, Window window, long[] bits, Latest latest) {
        bound.test(block, bits);
        int from = block * BlockFilter.ROWS;
        for (int word = 0; word < bits.length; word++) {
            for (long left = bits[word]; left != 0; left &= left - 1) {
                int row = from + word * Long.SIZE + Long.numberOfTrailingZeros(left);
                long nanos = bound.order().get(row);
                if (window.holds(nanos)) {
                    latest.offer(QueryContext.locator(bound.part().id(), row), nanos);
                }
            }
        }
    }

    @Override
    public void traces(Window window, Consumer<String> found) {
        Optional<List<Bound>> parts = bind(filter, window);
        if (parts.isPresent()) {
            visit(filter, parts.get(), window, found);
        } else {
            otherwise.traces(window, found);
        }
    }

    @Override
    public void tracesWithoutStart(Consumer<String> found) {
        // The start is looked at first: hardly a segment has a row without one, and then no other
        // column of it is asked for.
        RowFilter both = new RowFilter.All(List.of(WITHOUT_START, filter));
        Optional<List<Bound>> parts = bind(both, ALWAYS);
        if (parts.isPresent()) {
            visit(both, parts.get(), ALWAYS, found);
        } else {
            otherwise.tracesWithoutStart(found);
        }
    }

    private void visit(
            RowFilter condition, List<Bound> parts, Window window, Consumer<String> found) {
        for (SpanRow row : view.fresh()) {
            if (window.holds(row.orderNanos()) && condition.test(row)) {
                found.accept(row.key().trace());
            }
        }
        long[] bits = new long[BlockFilter.WORDS];
        for (Bound bound : parts) {
            int seen = 0;
            for (int block = 0; block < bound.order().blocks(); block++) {
                if (bound.reaches(block, window)) {
                    seen = visit(bound, block, window, bits, found, seen);
                }
            }
        }
    }

    /// @param seen the rows before this one belong to traces that were visited
    /// @return the same after this block
    private int visit(
            Bound bound, int block, Window window, long[] bits, Consumer<String> found, int seen) {
        bound.test(block, bits);
        int from = block * BlockFilter.ROWS;
        int next = seen;
        for (int word = 0; word < bits.length; word++) {
            for (long left = bits[word]; left != 0; left &= left - 1) {
                int row = from + word * Long.SIZE + Long.numberOfTrailingZeros(left);
                if (row < next) {
                    continue;
                }
                long nanos = bound.order().get(row);
                if (window.holds(nanos)) {
                    TraceRows trace = view.rowsAround(QueryContext.locator(bound.part().id(), row));
                    found.accept(trace.trace());
                    next = trace.to();
                }
            }
        }
        return next;
    }
}
