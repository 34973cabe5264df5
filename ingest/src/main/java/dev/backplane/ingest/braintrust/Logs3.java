package dev.backplane.ingest.braintrust;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.json.JsonBytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads Braintrust `logs3` requests: `{"rows":[…],"api_version":2}`, or
/// `{"rows":{"type":"logs3_overflow","key":"…"}}` where the rows were uploaded before.
public final class Logs3 {
    private static final int ROWS_MAX = 100_000;
    private static final int REJECTED_MAX = 10_000;

    private Logs3() {}

    /// Where rows belong, as far as they do not say it themselves.
    public interface Places {
        /// The project of ours that a row's `project_id` means, or the sender's own project where a
        /// row has none.
        ///
        /// @throws Problem when the sender may not write to it; that row is refused
        String project(String projectId);

        /// Finds the span that an earlier write of this row made.
        ///
        /// @param likely where it is unless the row changed its span ids
        Optional<SpanKey> locate(RowKey row, SpanKey likely);
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
    public static Batch decode(Slice body, IngestContext context, Places places) {
        Slice request = JsonBytes.checked(body, 1, "logs3 request");
        Slice rows =
                JsonBytes.member(request, "rows")
                        .orElseThrow(() -> malformed("rows are missing", "logs3 request"));
        if (JsonBytes.isObject(rows)) {
            String key =
                    JsonBytes.member(rows, "key")
                            .filter(JsonBytes::isString)
                            .map(JsonBytes::string)
                            .orElseThrow(() -> malformed("overflow key is missing", "rows"));
            return new Batch(new Decoded(List.of(), List.of()), List.of(), Optional.of(key));
        }
        if (!JsonBytes.isArray(rows)) {
            throw malformed("rows are not an array", "logs3 request");
        }
        return rows(rows, context, places);
    }

    private static Batch rows(Slice rows, IngestContext context, Places places) {
        List<SpanEvent> events = new ArrayList<>();
        List<Rejection> rejected = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        Map<RowKey, SpanKey> seen = new HashMap<>();
        Places here = new Earlier(seen, places);
        JsonBytes.elements(
                rows,
                row -> {
                    if (ids.size() == ROWS_MAX) {
                        throw Problem.tooLarge("more than " + ROWS_MAX + " rows", "logs3 request")
                                .fix("send smaller batches");
                    }
                    int index = ids.size();
                    ids.add(RowKey.id(row).orElseGet(() -> Row.madeUpId(row)));
                    try {
                        Row read = new Row(row, ids.get(index), here);
                        SpanEvent event = read.event(context);
                        events.add(event);
                        seen.put(read.identity(), event.key());
                    } catch (Problem problem) {
                        if (rejected.size() == REJECTED_MAX) {
                            throw malformed(
                                    "more than " + REJECTED_MAX + " malformed rows", "rows");
                        }
                        rejected.add(new Rejection(index, problem));
                    }
                });
        return new Batch(new Decoded(events, rejected), ids, Optional.empty());
    }

    /// Rows of this request come before what is stored.
    private record Earlier(Map<RowKey, SpanKey> seen, Places stored) implements Places {
        @Override
        public String project(String projectId) {
            return stored.project(projectId);
        }

        @Override
        public Optional<SpanKey> locate(RowKey row, SpanKey likely) {
            return Optional.ofNullable(seen.get(row)).or(() -> stored.locate(row, likely));
        }
    }

    private static Problem malformed(String what, String where) {
        return Problem.invalid(what, where)
                .fix("send {\"rows\":[…],\"api_version\":2} as Braintrust's SDKs do");
    }
}
