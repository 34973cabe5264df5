package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.Span;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.braintrust.RowKey;
import dev.backplane.store.ListQuery;
import dev.backplane.store.TraceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Finds the span that a Braintrust row became: later writes and feedback name the row.
///
/// A row without span ids became the span of its own id; one with them keeps its id and container
/// in [Field#EXTRA], where the full-text index finds it: as the JSON path `id` if the field is long
/// enough to be a content, else among the span's words. A span that came another way has no row's
/// id; its own stands for it.
final class RowLookup {
    /// What can stand in a filter and in a query as it is; ids of SDKs are UUIDs.
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,63}");

    private static final Slice NOTHING = Slice.of("{}");
    private static final int EXTRA_BYTES_MAX = 1 << 20;
    private static final int CANDIDATES_MAX = 20;

    private final TraceStore store;

    RowLookup(TraceStore store) {
        this.store = store;
    }

    /// @param likely looked at first: a row hardly ever changes its span ids
    Optional<SpanKey> locate(RowKey row, SpanKey likely) {
        SpanKey own = new SpanKey(row.project(), row.spanId(), row.spanId());
        if (isRow(likely, row)) {
            return Optional.of(likely);
        }
        if (!own.equals(likely) && isRow(own, row)) {
            return Optional.of(own);
        }
        if (!PLAIN.matcher(row.id()).matches()) {
            return Optional.empty();
        }
        List<SpanKey> found = new ArrayList<>();
        // The index first: most rows come with span ids of their own, and it is the faster one.
        store.search(
                query(row.project(), "id:\"" + row.id() + "\" OR \"" + row.id() + "\""),
                hit -> keep(hit.span().key(), row, found));
        if (found.isEmpty()) {
            store.spans(
                    query(row.project(), "span_id = '" + row.id() + "'"),
                    span -> keep(span.key(), row, found));
        }
        return found.stream().findFirst();
    }

    /// Whether to go on.
    private boolean keep(SpanKey key, RowKey row, List<SpanKey> found) {
        if (isRow(key, row)) {
            found.add(key);
        }
        return found.isEmpty();
    }

    private static ListQuery query(String project, String filter) {
        return new ListQuery(
                project, filter, OptionalLong.empty(), OptionalLong.empty(), "", CANDIDATES_MAX);
    }

    /// Other JSON may have a member `id` with this value, too.
    private boolean isRow(SpanKey key, RowKey row) {
        return store.span(key).filter(span -> row.equals(row(span))).isPresent();
    }

    private static RowKey row(Span span) {
        Slice extra =
                span.data()
                        .get(Field.EXTRA)
                        .filter(value -> value instanceof Value.Json)
                        .map(value -> ((Value.Json) value).content())
                        .filter(content -> content.size() <= EXTRA_BYTES_MAX)
                        .map(content -> content.read(EXTRA_BYTES_MAX))
                        .orElse(NOTHING);
        return new RowKey(
                span.key().project(),
                RowKey.container(name -> RowKey.text(extra, name)),
                RowKey.id(extra).orElse(span.key().span()));
    }
}
