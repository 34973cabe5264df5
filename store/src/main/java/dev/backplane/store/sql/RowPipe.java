package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Carries a result from the thread that runs a query to the one that asked for it, a few batches
/// ahead, and the wish to stop the other way. One thread on each side.
final class RowPipe {
    static final int BATCH_ROWS = 256;
    private static final int BATCHES_AHEAD = 4;
    private static final Duration END_WAIT = Duration.ofSeconds(30);

    /// How often the one who waits is asked whether it still does.
    static final Duration ASK_EVERY = Duration.ofMillis(50);

    /// @param columns the first batch has them
    /// @param failure the last batch of a query that failed
    record Batch(
            Optional<List<SqlSink.Column>> columns,
            List<List<Optional<Object>>> rows,
            boolean last,
            boolean truncated,
            Optional<RuntimeException> failure) {
        static Batch columns(List<SqlSink.Column> columns) {
            return new Batch(Optional.of(columns), List.of(), false, false, Optional.empty());
        }

        static Batch rows(List<List<Optional<Object>>> rows) {
            return new Batch(Optional.empty(), rows, false, false, Optional.empty());
        }

        static Batch end(List<List<Optional<Object>>> rows, boolean truncated) {
            return new Batch(Optional.empty(), rows, true, truncated, Optional.empty());
        }

        static Batch failed(RuntimeException failure) {
            return new Batch(Optional.empty(), List.of(), true, false, Optional.of(failure));
        }

        /// Hands the batch to the sink, reading payloads as it goes.
        ///
        /// @return false when the sink wants no more
        boolean deliver(TableView view, SqlSink sink) {
            columns.ifPresent(sink::columns);
            for (List<Optional<Object>> row : rows) {
                if (!sink.row(Cells.resolve(row, view))) {
                    return false;
                }
            }
            if (last) {
                sink.end(truncated);
            }
            return true;
        }
    }

    @FunctionalInterface
    interface Body {
        void run() throws SQLException;
    }

    private final BlockingQueue<Batch> batches = new ArrayBlockingQueue<>(BATCHES_AHEAD);
    private final Duration time;
    private final long deadlineNanos;
    private volatile boolean stopped;
    private final Object cancelling = new Object();
    private Optional<Statement> running = Optional.empty();

    RowPipe(Duration time) {
        this.time = time;
        this.deadlineNanos = System.nanoTime() + time.toNanos();
    }

    /// Runs the query's side to its end; a failure becomes the last batch.
    void run(Body body) {
        try {
            body.run();
        } catch (RuntimeException e) {
            put(Batch.failed(e));
        } catch (SQLException e) {
            put(Batch.failed(Problem.internal("DuckDB failed", "SQL").causedBy(e)));
        } catch (StackOverflowError e) {
            put(
                    Batch.failed(
                            Problem.invalid("the query is nested too deeply", "SQL")
                                    .fix("split it with WITH")));
        }
    }

    /// The time in which [#stop] may cancel a statement; it ends before the statement is closed,
    /// because the driver does not bear a cancel beside a close.
    final class Cancellable implements AutoCloseable {
        private Cancellable(Statement statement) {
            synchronized (cancelling) {
                if (stopped) {
                    throw Problem.timeout("the query was stopped", "SQL");
                }
                running = Optional.of(statement);
            }
        }

        @Override
        public void close() {
            synchronized (cancelling) {
                running = Optional.empty();
            }
        }
    }

    /// Names the statement that [#stop] cancels.
    Cancellable cancelWith(Statement statement) {
        return new Cancellable(statement);
    }

    /// Waits for room; throws when nobody wants the batch any more.
    void put(Batch batch) {
        try {
            while (!batches.offer(batch, 50, TimeUnit.MILLISECONDS)) {
                if (stopped) {
                    return;
                }
            }
            if (stopped && !batch.last()) {
                throw Problem.timeout("the query was stopped", "SQL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.timeout("the query was interrupted", "SQL").causedBy(e);
        }
    }

    /// The next batch.
    ///
    /// @param wanted whether somebody still waits for it
    /// @throws Problem the query's own, or `TIMEOUT` when time is up or nobody waits
    Batch take(BooleanSupplier wanted) {
        try {
            Batch batch = batches.poll(nanosToWait(), TimeUnit.NANOSECONDS);
            while (batch == null) {
                if (System.nanoTime() >= deadlineNanos) {
                    throw Problem.timeout(
                                    "the query ran longer than " + time.toMillis() + " ms", "SQL")
                            .fix("narrow it (time, model, match), or ask for more time");
                }
                if (!wanted.getAsBoolean()) {
                    throw Problem.timeout("nobody waits for the result any more", "SQL")
                            .fix("keep the connection open until the answer is there");
                }
                batch = batches.poll(nanosToWait(), TimeUnit.NANOSECONDS);
            }
            if (batch.failure().isPresent()) {
                throw batch.failure().get();
            }
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.timeout("the query was interrupted", "SQL").causedBy(e);
        }
    }

    private long nanosToWait() {
        return Math.clamp(deadlineNanos - System.nanoTime(), 0, ASK_EVERY.toNanos());
    }

    /// Cancels what still runs and waits until it has ended.
    void stop(Thread thread) {
        stopped = true;
        long giveUp = System.nanoTime() + END_WAIT.toNanos();
        boolean interrupted = Thread.interrupted();
        while (thread.isAlive() && System.nanoTime() < giveUp) {
            batches.clear();
            try {
                synchronized (cancelling) {
                    if (running.isPresent()) {
                        running.get().cancel();
                    }
                }
                thread.join(5);
            } catch (SQLException _) {
                // It has ended meanwhile.
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
