package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.http.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import tools.jackson.core.JsonGenerator;

/// A list answer that leaves as its rows are found: one JSON object with an array, or with `Accept:
/// application/x-ndjson` one object a line. The cursor of the next page follows the rows: as the
/// member `cursor` (null when there is none), or as a last line `{"cursor":"…"}` (none when there
/// is none).
///
/// @param <T> the type of a row
final class RowStream<T> {
    static final String NDJSON = "application/x-ndjson";
    private static final long FLUSH_NANOS = 50_000_000;

    /// Finds rows until the sink says stop, and returns the cursor.
    interface Source<T> {
        String rows(Predicate<T> sink);
    }

    private final Exchange exchange;
    private final BiConsumer<JsonGenerator, T> writer;
    private final boolean lines;
    private final OutputStream out;
    private long rows;
    private long flushed = System.nanoTime();
    private IOException failure = new IOException("none");
    private boolean failed;

    private RowStream(Exchange exchange, BiConsumer<JsonGenerator, T> writer) {
        this.exchange = exchange;
        this.writer = writer;
        this.lines = exchange.accepts(NDJSON);
        this.out = exchange.output();
    }

    /// @param name of the array
    static <T> void send(
            Exchange exchange, String name, BiConsumer<JsonGenerator, T> writer, Source<T> source)
            throws IOException {
        new RowStream<>(exchange, writer).send(name, source);
    }

    private void send(String name, Source<T> source) throws IOException {
        exchange.header("Content-Type", lines ? NDJSON : "application/json");
        if (!lines) {
            write("{\"" + name + "\":[");
        }
        String cursor = source.rows(this::row);
        if (failed) {
            throw failure;
        }
        String text = cursor.isEmpty() ? "null" : Json.write(json -> json.writeString(cursor));
        if (!lines) {
            write("],\"cursor\":" + text + "}\n");
        } else if (!cursor.isEmpty()) {
            write("{\"cursor\":" + text + "}\n");
        }
    }

    private boolean row(T row) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
            try (JsonGenerator json = Json.generator(bytes)) {
                writer.accept(json, row);
            }
            if (!lines && rows > 0) {
                out.write(',');
            }
            bytes.writeTo(out);
            rows++;
            if (lines) {
                out.write('\n');
                flushNowAndThen();
            }
            return true;
        } catch (IOException e) {
            failure = e;
            failed = true;
            return false;
        }
    }

    /// The first row at once, then in small groups.
    private void flushNowAndThen() throws IOException {
        long now = System.nanoTime();
        if (rows == 1 || now - flushed > FLUSH_NANOS) {
            out.flush();
            flushed = now;
        }
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
