package dev.backplane.ingest.ndjson;

import dev.backplane.core.Problem;
import dev.backplane.core.SpanSink;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Ingested;
import java.io.InputStream;

/// The native format: one span event a line.
public final class SpanLines {
    private SpanLines() {}

    /// Reads `body` to its end and appends what it says to `sink` in bounded batches. Lines that
    /// are refused do not keep others from being stored.
    ///
    /// @throws Problem whatever `sink` throws; earlier batches are stored and are recognised when
    ///   the sender repeats the request
    public static Ingested read(InputStream body, IngestContext context, SpanSink sink) {
        throw Problem.of(Problem.Kind.NOT_IMPLEMENTED, "NDJSON", context.project());
    }
}
