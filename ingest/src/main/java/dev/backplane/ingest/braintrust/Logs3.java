package dev.backplane.ingest.braintrust;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.IngestContext;
import java.util.List;
import java.util.Optional;

/// Reads Braintrust `logs3` requests.
public final class Logs3 {
    private Logs3() {}

    /// Finds the span that an earlier row with this `id` made: feedback names only the row.
    @FunctionalInterface
    public interface RowLocator {
        Optional<SpanKey> locate(String rowId);
    }

    /// @param ids of the rows in their order, made up where a row had none
    /// @param overflowKey the key under which the real body was uploaded, where the request only
    ///   refers to it
    public record Batch(Decoded decoded, List<String> ids, Optional<String> overflowKey) {
        public Batch {
            ids = List.copyOf(ids);
        }
    }

    /// @throws Problem `INVALID` if the body is not a `logs3` request at all
    public static Batch decode(Slice body, IngestContext context, RowLocator locator) {
        throw Problem.of(Problem.Kind.NOT_IMPLEMENTED, "logs3", context.project());
    }
}
