package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
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

/// `POST /api/v1/sql {"query":…}`: the result as one JSON object, as one object a line (`Accept:
/// application/x-ndjson`) or as a Parquet file (`Accept: application/vnd.apache.parquet`).
final class SqlApi {
    private static final String PARQUET = "application/vnd.apache.parquet";

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
        String query = Bodies.read(exchange, List.of("query")).requiredText("query");
        if (exchange.accepts(PARQUET)) {
            parquet(caller, exchange, query);
            return;
        }
        boolean lines = exchange.accepts(RowStream.NDJSON);
        exchange.header("Content-Type", lines ? RowStream.NDJSON : "application/json");
        OutputStream out = new BufferedOutputStream(exchange.output(), 8 << 10);
        try {
            store.sql(caller.project(), query, limits, lines ? new Lines(out) : new Table(out));
        } catch (UncheckedIOException gone) {
            throw gone.getCause();
        }
        out.flush();
    }

    private void parquet(Caller caller, Exchange exchange, String query) throws IOException {
        Files.createDirectories(temporary);
        Path directory = Files.createTempDirectory(temporary, "sql-");
        Path file = directory.resolve("result.parquet");
        try {
            store.sqlToParquet(caller.project(), query, limits, file);
            exchange.header("Content-Type", PARQUET);
            exchange.header("Content-Length", Long.toString(Files.size(file)));
            Files.copy(file, exchange.output());
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }

    /// Writes cells as JSON.
    private abstract static class Cells implements SqlSink {
        final OutputStream out;

        Cells(OutputStream out) {
            this.out = out;
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

        Table(OutputStream out) {
            super(out);
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
        private List<Column> columns = List.of();

        Lines(OutputStream out) {
            super(out);
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
            });
            return true;
        }

        @Override
        public void end(boolean truncated) {
            if (truncated) {
                write(() -> raw("{\"truncated\":true}\n"));
            }
        }
    }
}
