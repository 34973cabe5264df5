package dev.backplane.ingest.trajectory;

import dev.backplane.core.Problem;
import dev.backplane.core.SpanSink;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Rejection;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;

/// Imports a file of a format that it finds out itself.
public final class FileImport {
    private FileImport() {}

    /// @param bytes read so far, after decompression
    /// @param rejections the first [dev.backplane.ingest.Ingested#REJECTIONS_MAX] of those refused
    public record Report(
            long traces, long spans, long rejected, long bytes, List<Rejection> rejections) {
        public Report {
            rejections = List.copyOf(rejections);
        }
    }

    /// Reads `body` to its end and appends its spans to `sink` in bounded batches.
    ///
    /// @param fileName part of the identity of what is imported: the same file under the same name
    ///   is the same spans
    /// @param progress called after each batch
    /// @throws Problem `INVALID` if the format is none we know; whatever `sink` throws
    public static Report read(
            InputStream body,
            String fileName,
            IngestContext context,
            SpanSink sink,
            Consumer<Report> progress) {
        throw Problem.of(Problem.Kind.NOT_IMPLEMENTED, "import", fileName);
    }
}
