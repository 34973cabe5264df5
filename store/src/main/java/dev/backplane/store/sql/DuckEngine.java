package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import dev.backplane.store.column.Column;
import dev.backplane.store.column.FilterColumn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBPreparedStatement;
import tools.jackson.databind.JsonNode;

/// DuckDB inside this process.
///
/// Each query runs on a platform thread of its own: DuckDB's calls do not give up their carrier,
/// and its parser wants a deep stack. Rows reach the caller's thread in batches through a
/// [RowPipe]. The caller keeps the time and cancels; it returns only when the query's thread has
/// ended, so that the view is never read after.
final class DuckEngine implements SqlEngine {
    /// Reserved, not used, until a query is deeply nested; see [SqlGuard] for what was measured.
    private static final long STACK_BYTES = 256L << 20;

    /// What the driver says instead of a reason; see [#reason].
    private static final String UNTOLD = "Invalid result set";

    private static final SqlLimits COLUMN_LIMITS =
            new SqlLimits(Duration.ofSeconds(60), Long.MAX_VALUE, 256L << 20);

    private static final AtomicLong CONTEXTS = new AtomicLong();

    private final Options options;
    private final DuckDatabase database;
    private final Turns turns;

    DuckEngine(Options options) {
        this.options = options;
        this.database = new DuckDatabase(options);
        this.turns = new Turns(options.concurrency(), options.queueTime());
    }

    @Override
    public void execute(TableView view, String sql, SqlLimits limits, SqlSink sink) {
        execute(Turns.Kind.QUERY, view, SourceText.sql(sql), limits, sink);
    }

    @Override
    public void executeOwn(TableView view, String sql, SqlLimits limits, SqlSink sink) {
        execute(Turns.Kind.LIST, view, SourceText.own(sql), limits, sink);
    }

    private void execute(
            Turns.Kind kind, TableView view, SourceText source, SqlLimits limits, SqlSink sink) {
        SqlGuard.checkText(source);
        run(
                kind,
                limits,
                pipe -> query(view, source, limits, pipe),
                batch -> batch.deliver(view, sink),
                sink::wanted);
    }

    @Override
    public boolean toParquet(
            TableView view, String sql, SqlLimits limits, Path target, BooleanSupplier wanted) {
        SourceText source = SourceText.sql(sql);
        SqlGuard.checkText(source);
        Path whole = options.scratch().resolve("result-" + UUID.randomUUID() + ".parquet");
        Path cut = options.scratch().resolve("result-" + UUID.randomUUID() + ".parquet");
        boolean[] truncated = new boolean[1];
        try {
            run(
                    Turns.Kind.FILE,
                    limits,
                    pipe -> copy(view, source, limits, new Copy(whole, cut), pipe),
                    batch -> {
                        truncated[0] = batch.truncated();
                        return true;
                    },
                    wanted);
            Files.move(truncated[0] ? cut : whole, target, StandardCopyOption.REPLACE_EXISTING);
            return truncated[0];
        } catch (IOException e) {
            throw Problem.unavailable("the result could not be written", target.toString())
                    .causedBy(e);
        } finally {
            delete(whole);
            delete(cut);
        }
    }

    private static void delete(Path partial) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            System.getLogger(DuckEngine.class.getName())
                    .log(System.Logger.Level.WARNING, "could not delete " + partial, e);
        }
    }

    @Override
    public Condition condition(String filter) {
        SourceText source = SourceText.filter(filter);
        SqlGuard.checkText(source);
        AtomicReference<Condition> checked = new AtomicReference<>(Condition.NONE);
        run(
                Turns.Kind.LIST,
                SqlLimits.DEFAULT,
                pipe -> {
                    try (Connection connection = database.connect()) {
                        SqlTree tree = new SqlTree(connection);
                        JsonNode condition = tree.condition(source);
                        checked.set(
                                new Condition(
                                        tree.expressionText(condition),
                                        FilterCompiler.compile(condition)));
                        pipe.put(RowPipe.Batch.end(List.of(), false));
                    }
                },
                _ -> true,
                () -> true);
        return checked.get();
    }

    @Override
    public Map<FilterColumn, Column> columns(
            Path file,
            long rows,
            Set<FilterColumn> columns,
            long dictionaryBytes,
            BooleanSupplier wanted) {
        ColumnReading reading = new ColumnReading(columns, rows, dictionaryBytes);
        AtomicReference<Map<FilterColumn, Column>> read = new AtomicReference<>(Map.of());
        run(
                Turns.Kind.FILE,
                COLUMN_LIMITS,
                pipe -> {
                    try (Connection connection = database.connect()) {
                        read.set(reading.read(file, connection, pipe));
                        pipe.put(RowPipe.Batch.end(List.of(), false));
                    } catch (SQLException e) {
                        throw DuckProblems.of(e, COLUMN_LIMITS, SourceText.own("a column file"));
                    }
                },
                _ -> true,
                wanted);
        return read.get();
    }

    @FunctionalInterface
    private interface Work {
        void run(RowPipe pipe) throws SQLException;
    }

    @FunctionalInterface
    private interface Receiver {
        /// @return false to stop
        boolean take(RowPipe.Batch batch);
    }

    private void run(
            Turns.Kind kind,
            SqlLimits limits,
            Work work,
            Receiver receiver,
            BooleanSupplier wanted) {
        Turns.Turn turn = turns.take(kind);
        RowPipe pipe = new RowPipe(limits.time());
        Thread thread =
                new Thread(
                        null,
                        () -> {
                            try {
                                pipe.run(() -> guarded(limits, work, pipe));
                            } finally {
                                turn.end();
                            }
                        },
                        "sql-query",
                        STACK_BYTES);
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError noThread) {
            turn.end();
            throw noThread;
        }
        try {
            boolean more = true;
            while (more) {
                RowPipe.Batch batch = pipe.take(wanted);
                more = receiver.take(batch) && !batch.last();
            }
        } finally {
            pipe.stop(thread);
        }
    }

    private void guarded(SqlLimits limits, Work work, RowPipe pipe) throws SQLException {
        database.takeMemory(limits.memoryBytes());
        try {
            work.run(pipe);
        } finally {
            database.giveMemory(limits.memoryBytes());
        }
    }

    /// What is open while a query runs.
    private final class Session implements AutoCloseable {
        final QueryContext context;
        final Tables tables;
        final Connection connection;

        Session(TableView view) throws SQLException {
            context = new QueryContext(CONTEXTS.incrementAndGet(), view);
            tables = new Tables(context, database.rows());
            connection = database.connect();
            database.functions().add(context);
        }

        SqlRewriter.Rewritten rewrite(SourceText source, boolean late) throws SQLException {
            SqlTree tree = new SqlTree(connection);
            BoundsFinder bounds = new BoundsFinder(connection, tree, context);
            return new SqlRewriter(source, tree, context, tables, bounds).rewrite(late);
        }

        @Override
        public void close() throws SQLException {
            database.functions().remove(context);
            tables.close();
            connection.close();
        }
    }

    private void query(TableView view, SourceText source, SqlLimits limits, RowPipe pipe)
            throws SQLException {
        try (Session session = new Session(view)) {
            SqlRewriter.Rewritten rewritten = session.rewrite(source, true);
            try {
                run(session, rewritten, limits, pipe);
            } catch (SQLException e) {
                SQLException reason = reason(session, rewritten.sql(), e, pipe);
                throw session.context
                        .failure()
                        .orElseGet(() -> DuckProblems.of(reason, limits, source));
            }
        }
    }

    private static void run(
            Session session, SqlRewriter.Rewritten query, SqlLimits limits, RowPipe pipe)
            throws SQLException {
        try (Statement statement = session.connection.createStatement();
                RowPipe.Cancellable _ = pipe.cancelWith(statement);
                ResultSet result = statement.executeQuery(query.sql())) {
            send(result, new Cells(result.getMetaData(), query.payloads()), limits.rows(), pipe);
        }
    }

    /// Why a query failed. The driver (2.0.0.1) does not tell when a result that is to be streamed
    /// fails before its first row: it says [#UNTOLD], whether memory ran out, a cast failed or
    /// somebody cancelled. Its other interface tells, so the query runs there once more, for no
    /// longer than it may.
    private static SQLException reason(
            Session session, String sql, SQLException failure, RowPipe pipe) {
        boolean untold = String.valueOf(failure.getMessage()).contains(UNTOLD);
        if (!untold || session.context.failure().isPresent()) {
            return failure;
        }
        try (PreparedStatement statement = session.connection.prepareStatement(sql);
                RowPipe.Cancellable _ = pipe.cancelWith(statement);
                DuckDBChunkedResult result =
                        statement.unwrap(DuckDBPreparedStatement.class).query()) {
            result.nextChunk();
            return failure;
        } catch (SQLException told) {
            return told;
        }
    }

    private static void send(ResultSet result, Cells cells, long rows, RowPipe pipe)
            throws SQLException {
        pipe.put(RowPipe.Batch.columns(cells.columns()));
        List<List<Optional<Object>>> batch = new ArrayList<>();
        long sent = 0;
        boolean truncated = false;
        while (result.next()) {
            if (sent == rows) {
                truncated = true;
                break;
            }
            batch.add(cells.row(result));
            sent++;
            // The first rows go at once: somebody may be waiting to see something.
            if (batch.size() >= Math.min(RowPipe.BATCH_ROWS, sent)) {
                pipe.put(RowPipe.Batch.rows(batch));
                batch = new ArrayList<>();
            }
        }
        pipe.put(RowPipe.Batch.end(batch, truncated));
    }

    /// Where a result goes.
    ///
    /// @param whole of at most one row more than allowed, which tells whether there were more
    /// @param cut the same without that row, if there is one
    private record Copy(Path whole, Path cut) {}

    private void copy(TableView view, SourceText source, SqlLimits limits, Copy files, RowPipe pipe)
            throws SQLException {
        try (Session session = new Session(view)) {
            String query = session.rewrite(source, false).sql();
            try {
                long more = Math.min(limits.rows(), Long.MAX_VALUE - 1) + 1;
                boolean truncated =
                        copy(session, "(" + query + ")", more, files.whole(), pipe) == more;
                if (truncated) {
                    String rows = SqlText.literal(files.whole().toString());
                    copy(session, "read_parquet(" + rows + ")", limits.rows(), files.cut(), pipe);
                }
                pipe.put(RowPipe.Batch.end(List.of(), truncated));
            } catch (SQLException e) {
                throw session.context.failure().orElseGet(() -> DuckProblems.of(e, limits, source));
            }
        }
    }

    /// @return rows written
    private static long copy(Session session, String from, long rows, Path target, RowPipe pipe)
            throws SQLException {
        String copy =
                "COPY (SELECT * FROM %s LIMIT %d) TO %s (FORMAT parquet, COMPRESSION zstd)"
                        .formatted(from, rows, SqlText.literal(target.toString()));
        try (Statement statement = session.connection.createStatement();
                RowPipe.Cancellable _ = pipe.cancelWith(statement)) {
            return statement.executeLargeUpdate(copy);
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
