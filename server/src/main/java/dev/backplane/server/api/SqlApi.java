package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.http.Presence;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.TraceStore;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// `POST /api/v1/sql {"query":…}`: the result as one JSON object, as one object a line or as a
/// Parquet file. `"format"` (`json`, `ndjson`, `parquet`) says which, or else `Accept`.
///
/// A query ends when its client goes.
final class SqlApi {
    private static final String PARQUET = "application/vnd.apache.parquet";
    private static final String TRUNCATED = "X-Backplane-Truncated";

    private final TraceStore store;
    private final SqlLimits limits;
    private final Path temporary;

    /// @param temporary directory for Parquet files on their way out
    SqlApi(TraceStore store, SqlLimits limits, Path temporary) {
        this.store = store;
        this.limits = limits;
        this.temporary = temporary;
    }

    void run(Caller caller, Exchange exchange) throws IOException {
        Bodies body = Bodies.read(exchange, List.of("query", "format"));
        String query = body.requiredText("query");
        switch (body.text("format").orElseGet(() -> accepted(exchange))) {
            case "json" -> rows(caller, exchange, query, "application/json", Table::new);
            case "ndjson" -> rows(caller, exchange, query, RowStream.NDJSON, Lines::new);
            case "parquet" -> parquet(store, caller, exchange, query, limits, temporary);
            case String _ ->
                    throw Problem.invalid("format is unknown", exchange.path())
                            .fix("use json, ndjson or parquet");
        }
    }

    private static String accepted(Exchange exchange) {
        if (exchange.accepts(PARQUET)) {
            return "parquet";
        }
        return exchange.accepts(RowStream.NDJSON) ? "ndjson" : "json";
    }

    private interface Format {
        SqlSink sink(OutputStream out, BooleanSupplier wanted);
    }

    private void rows(
            Caller caller, Exchange exchange, String query, String contentType, Format format)
            throws IOException {
        exchange.header("Content-Type", contentType);
        OutputStream out = new BufferedOutputStream(exchange.output(), 8 << 10);
        try {
            Presence client = exchange.presence();
            store.sql(caller.project(), query, limits, format.sink(out, () -> !client.gone()));
        } catch (UncheckedIOException gone) {
            throw gone.getCause();
        }
        out.flush();
    }

    /// Answers with the result as a file, which says so in a header when rows were left out: there
    /// is no place for it in Parquet.
    static void parquet(
            TraceStore store,
            Caller caller,
            Exchange exchange,
            String query,
            SqlLimits limits,
            Path temporary)
            throws IOException {
        Files.createDirectories(temporary);
        Path directory = Files.createTempDirectory(temporary, "sql-");
        Path file = directory.resolve("result.parquet");
        Presence client = exchange.presence();
        try {
            boolean truncated =
                    store.sqlToParquet(caller.project(), query, limits, file, () -> !client.gone());
            exchange.header("Content-Type", PARQUET);
            exchange.header("Content-Length", Long.toString(Files.size(file)));
            if (truncated) {
                exchange.header(TRUNCATED, "true");
            }
            Files.copy(file, exchange.output());
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }

    /// Writes cells as JSON.
    private abstract static class Cells implements SqlSink {
        final OutputStream out;
        private final BooleanSupplier wanted;

        Cells(OutputStream out, BooleanSupplier wanted) {
            this.out = out;
            this.wanted = wanted;
        }

        @Override
        public boolean wanted() {
            return wanted.getAsBoolean();
        }

        /// Columns and rows come by methods that cannot throw I/O exceptions; one that occurs (the
        /// client is gone) ends the query and is unwrapped above.
        interface Writing {
            void run() throws IOException;
        }

        static void write(Writing writing) {
            try {
                writing.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void raw(String ascii) throws IOException {
            out.write(ascii.getBytes(StandardCharsets.US_ASCII));
        }

        void text(String text) throws IOException {
            Json.writeText(dev.backplane.core.Slice.of(text), out);
        }

        void cell(Object cell) throws IOException {
            switch (cell) {
                case String text -> text(text);
                case Double real -> raw(Double.isFinite(real) ? real.toString() : "null");
                case Long _, Integer _, Boolean _ -> raw(cell.toString());
                case BigDecimal number -> raw(number.toString());
                case Instant time -> text(time.toString());
                case Content content -> Json.writeText(content, out);
                case List<?> list -> list(list);
                case Map<?, ?> map -> map(map);
                case Optional<?> optional -> optional(optional);
                default ->
                        throw Problem.internal(
                                "cell is of unknown type " + cell.getClass().getName(), "sql");
            }
        }

        void optional(Optional<?> cell) throws IOException {
            if (cell.isPresent()) {
                cell(cell.get());
            } else {
                raw("null");
            }
        }

        private void nullable(Object cell) throws IOException {
            optional(Optional.ofNullable(cell));
        }

        private void list(List<?> list) throws IOException {
            raw("[");
            for (int i = 0; i < list.size(); i++) {
                raw(i == 0 ? "" : ",");
                nullable(list.get(i));
            }
            raw("]");
        }

        private void map(Map<?, ?> map) throws IOException {
            raw("{");
            boolean first = true;
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                raw(first ? "" : ",");
                first = false;
                text(String.valueOf(entry.getKey()));
                raw(":");
                nullable(entry.getValue());
            }
            raw("}");
        }
    }

    private static final class Table extends Cells {
        private long rows;

        Table(OutputStream out, BooleanSupplier wanted) {
            super(out, wanted);
        }

        @Override
        public void columns(List<Column> columns) {
            write(() -> {
                raw("{\"columns\":[");
                for (int i = 0; i < columns.size(); i++) {
                    raw(i == 0 ? "{\"name\":" : ",{\"name\":");
                    text(columns.get(i).name());
                    raw(",\"type\":");
                    text(columns.get(i).type());
                    raw("}");
                }
                raw("],\"rows\":[");
            });
        }

        @Override
        public boolean row(List<Optional<Object>> cells) {
            write(() -> {
                raw(rows++ == 0 ? "[" : ",[");
                for (int i = 0; i < cells.size(); i++) {
                    raw(i == 0 ? "" : ",");
                    optional(cells.get(i));
                }
                raw("]");
            });
            return true;
        }

        @Override
        public void end(boolean truncated) {
            write(() -> raw("],\"truncated\":" + truncated + "}\n"));
        }
    }

    private static final class Lines extends Cells {
        private static final long FLUSH_NANOS = 50_000_000;

        private List<Column> columns = List.of();
        private long flushed;

        Lines(OutputStream out, BooleanSupplier wanted) {
            super(out, wanted);
        }

        @Override
        public void columns(List<Column> columns) {
            this.columns = columns;
        }

        @Override
        public boolean row(List<Optional<Object>> cells) {
            write(() -> {
                for (int i = 0; i < cells.size(); i++) {
                    raw(i == 0 ? "{" : ",");
                    text(columns.get(i).name());
                    raw(":");
                    optional(cells.get(i));
                }
                raw("}\n");
                flushNowAndThen();
            });
            return true;
        }

        /// The first row at once, then in groups: somebody may be reading along.
        private void flushNowAndThen() throws IOException {
            long now = System.nanoTime();
            if (flushed == 0 || now - flushed > FLUSH_NANOS) {
                out.flush();
                flushed = now;
            }
        }

        @Override
        public void end(boolean truncated) {
            if (truncated) {
                write(() -> raw("{\"truncated\":true}\n"));
            }
        }
    }
}
