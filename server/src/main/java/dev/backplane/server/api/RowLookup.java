package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.TraceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Finds the span that a Braintrust row became, by the row's id: feedback names nothing else.
///
/// A row without span ids became the span of its own id; one with them keeps its id in
/// [Field#EXTRA], where the full-text index finds it: as the JSON path `id` if the field is long
/// enough to be a content, else among the span's words.
final class RowLookup {
    /// What can stand in a filter and in a query as it is; ids of SDKs are UUIDs.
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,63}");

    private static final int EXTRA_BYTES_MAX = 1 << 20;
    private static final int CANDIDATES_MAX = 20;

    private final TraceStore store;

    RowLookup(TraceStore store) {
        this.store = store;
    }

    Optional<SpanKey> locate(String project, String row) {
        if (!PLAIN.matcher(row).matches()) {
            return Optional.empty();
        }
        SpanKey own = new SpanKey(project, row, row);
        if (store.span(own).isPresent()) {
            return Optional.of(own);
        }
        List<SpanKey> found = new ArrayList<>();
        store.spans(
                query(project, "span_id = '" + row + "'", 1),
                span -> {
                    found.add(span.key());
                    return false;
                });
        if (found.isEmpty()) {
            store.search(
                    query(project, "id:\"" + row + "\" OR \"" + row + "\"", CANDIDATES_MAX),
                    hit -> {
                        if (isRow(hit.span().key(), row)) {
                            found.add(hit.span().key());
                        }
                        return found.isEmpty();
                    });
        }
        return found.stream().findFirst();
    }

    private static ListQuery query(String project, String filter, int limit) {
        return new ListQuery(
                project, filter, OptionalLong.empty(), OptionalLong.empty(), "", limit);
    }

    /// Other JSON may have a member `id` with this value, too.
    private boolean isRow(SpanKey key, String row) {
        return store.span(key)
                .flatMap(span -> span.data().get(Field.EXTRA))
                .filter(extra -> extra instanceof Value.Json(Content json) && holds(json, row))
                .isPresent();
    }

    private static boolean holds(Content json, String row) {
        try (JsonParser parser = Json.parser(json.read(EXTRA_BYTES_MAX))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean id = parser.currentName().equals("id");
                if (parser.nextToken() == JsonToken.VALUE_STRING && id) {
                    return parser.getString().equals(row);
                }
                parser.skipChildren();
            }
            return false;
        } catch (StreamReadException | Problem unreadable) {
            return false;
        }
    }
}
