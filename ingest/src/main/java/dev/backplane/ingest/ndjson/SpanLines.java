package dev.backplane.ingest.ndjson;

import dev.backplane.core.Lines;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import dev.backplane.ingest.EventBatch;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Ingested;
import dev.backplane.ingest.Rejection;
import java.io.InputStream;
import java.util.Optional;

/// Reads a stream of native events, see the package.
public final class SpanLines {
    public static final int LINE_LENGTH_MAX = 64 << 20;

    private SpanLines() {}

    /// Reads `body` to its end and appends what it says to `sink` in bounded batches. Lines that
    /// are refused do not keep others from being stored.
    ///
    /// @throws Problem whatever `sink` throws; earlier batches are stored and are recognised when
    ///   the sender repeats the request
    public static Ingested read(InputStream body, IngestContext context, SpanSink sink) {
        EventBatch batch = new EventBatch(sink, () -> {});
        Lines lines = new Lines(body, LINE_LENGTH_MAX);
        for (Optional<Slice> line = lines.next(); line.isPresent(); line = lines.next()) {
            read(line.get(), lines, context, batch);
        }
        batch.flush();
        return batch.result();
    }

    /// Reads one line into the batch.
    public static void read(Slice line, Lines lines, IngestContext context, EventBatch batch) {
        if (lines.tooLong()) {
            batch.reject(new Rejection(lines.number(), tooLong(lines.number())));
            return;
        }
        SpanEvent event;
        try {
            event = SpanLine.event(line, lines.number(), context);
        } catch (Problem problem) {
            batch.reject(new Rejection(lines.number(), problem));
            return;
        }
        batch.add(event, line.size());
    }

    private static Problem tooLong(long number) {
        return Problem.tooLarge(
                        "line of more than " + (LINE_LENGTH_MAX >> 20) + " MiB", "line " + number)
                .fix(
                        "send the span without its large values, then each of them with PUT"
                                + " /api/v1/spans/{trace}/{span}/{field}");
    }
}
