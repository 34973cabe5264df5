package dev.backplane.store.column;

import dev.backplane.core.Meter;
import dev.backplane.core.Meter.Counter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/// Reads the columns that filters missed into a [ColumnCache], in the background: the list that
/// missed them does not wait, the next one finds them. Thread-safe; one part is read at a time.
///
/// What cannot be read is logged and counted; whoever needs it asks again, and gets his list
/// without. The part's file may go at any time, which is no failure.
public final class ColumnLoader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ColumnLoader.class.getName());

    /// Parts that wait; what is more will be missed again.
    private static final int WAITING_MAX = 1_024;

    /// Reads columns of a part's file.
    @FunctionalInterface
    public interface Reader {
        /// @param dictionaryBytes the most that the texts of a column may take; one with more is
        ///   [Column.Absent]
        /// @param wanted asked now and then; when it says false, reading ends with an exception
        Map<FilterColumn, Column> read(
                Path part,
                long rows,
                Set<FilterColumn> columns,
                long dictionaryBytes,
                BooleanSupplier wanted);
    }

    private record Missed(long rows, Set<FilterColumn> columns) {}

    private final ColumnCache cache;
    private final Reader reader;
    private final Executor background;
    private final Counter reads;
    private final Counter failures;
    private final Map<Path, Missed> waiting = new LinkedHashMap<>();
    private boolean running;
    private boolean closed;

    /// @param background runs one task at a time, for as long as something waits
    public ColumnLoader(ColumnCache cache, Reader reader, Executor background, Meter meter) {
        this.cache = cache;
        this.reader = reader;
        this.background = background;
        this.reads =
                meter.counter(
                        "backplane_store_columns_read_total",
                        "Columns of segments that were read for filters");
        this.failures =
                meter.counter(
                        "backplane_store_columns_failures_total",
                        "Segments whose columns could not be read for filters");
    }

    /// Asks for columns of a part.
    public void read(Path part, long rows, Set<FilterColumn> columns) {
        synchronized (this) {
            if (closed || waiting.size() >= WAITING_MAX) {
                return;
            }
            waiting.computeIfAbsent(part, _ -> new Missed(rows, EnumSet.noneOf(FilterColumn.class)))
                    .columns()
                    .addAll(columns);
            if (running) {
                return;
            }
            running = true;
        }
        boolean started = false;
        try {
            background.execute(this::readAll);
            started = true;
        } finally {
            if (!started) {
                stop();
            }
        }
    }

    private void readAll() {
        boolean ended = false;
        try {
            Optional<Map.Entry<Path, Missed>> next = next();
            while (next.isPresent()) {
                read(next.get().getKey(), next.get().getValue());
                next = next();
            }
            ended = true;
        } finally {
            if (!ended) {
                stop();
            }
        }
    }

    private synchronized void stop() {
        running = false;
        notifyAll();
    }

    private synchronized boolean isOpen() {
        return !closed;
    }

    /// Empty when nothing waits; then the next one to ask starts a task of its own.
    private synchronized Optional<Map.Entry<Path, Missed>> next() {
        Iterator<Map.Entry<Path, Missed>> first = waiting.entrySet().iterator();
        if (closed || !first.hasNext()) {
            stop();
            return Optional.empty();
        }
        Map.Entry<Path, Missed> next = Map.Entry.copyOf(first.next());
        first.remove();
        return Optional.of(next);
    }

    private void read(Path part, Missed missed) {
        Set<FilterColumn> columns = cache.worthReading(part, missed.columns());
        if (columns.isEmpty()) {
            return;
        }
        try {
            Map<FilterColumn, Column> read =
                    reader.read(
                            part, missed.rows(), columns, cache.dictionaryBytes(), this::isOpen);
            reads.add(read.size());
            cache.keep(part, read);
        } catch (RuntimeException e) {
            if (isOpen() && Files.exists(part)) {
                failures.increment();
                LOG.log(System.Logger.Level.WARNING, "could not read columns of " + part, e);
            }
        }
    }

    /// Ends what is being read and waits for that; nothing is read afterwards.
    @Override
    public void close() {
        boolean interrupted = false;
        synchronized (this) {
            closed = true;
            waiting.clear();
            while (running) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
