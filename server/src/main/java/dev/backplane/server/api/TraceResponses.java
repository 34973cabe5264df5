package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.response.ResponseStore;
import dev.backplane.store.TraceStore;
import java.util.List;
import java.util.Optional;

/// Keeps responses as spans, each above the span of its call:
///
/// | field | holds |
/// |---|---|
/// | trace, span | the digits of the response's id |
/// | `input` | the items of its request |
/// | `output` | the response object |
/// | `attributes` | `previous_response_id` |
/// | `session_id` | the session of all that go on from one another |
///
/// A response that was deleted leaves its span without these, so that its trace stays a tree. The
/// span of the call is another, and goes with its trace.
public final class TraceResponses implements ResponseStore {
    private static final String NAME = "response";
    private static final String PREVIOUS = "previous_response_id";

    private final TraceStore store;

    public TraceResponses(TraceStore store) {
        this.store = store;
    }

    @Override
    public boolean keeps() {
        return true;
    }

    @Override
    public void put(Origin origin, Kept kept) {
        SpanData.Builder data =
                SpanData.builder()
                        .put(Field.NAME, NAME)
                        .put(Field.KIND, SpanKind.CHAIN.id())
                        .put(Field.DIALECT, "native")
                        .put(Field.START_TIME, kept.startNanos())
                        .put(Field.ERROR, kept.error())
                        .put(Field.AGENT, origin.agent())
                        .put(Field.SESSION_ID, kept.session())
                        .put(Field.INPUT, Value.json(kept.items()))
                        .put(Field.OUTPUT, Value.json(kept.response()));
        if (kept.endNanos() > 0) {
            data.put(Field.END_TIME, kept.endNanos());
            data.put(Field.STATUS, kept.error().isEmpty() ? "ok" : "error");
        }
        origin.parent().ifPresent(parent -> data.put(Field.PARENT_ID, parent.span()));
        if (!kept.previous().isEmpty()) {
            data.put(
                    Field.ATTRIBUTES,
                    new Value.Attributes(
                            List.of(new Value.Attribute(PREVIOUS, Value.text(kept.previous())))));
        }
        store.append(List.of(SpanEvent.insert(key(origin.project(), kept.id()), data.build())));
    }

    private static SpanKey key(String project, ResponseId id) {
        return new SpanKey(project, id.trace(), id.span());
    }

    @Override
    public Optional<Kept> get(String project, ResponseId id) {
        return store.span(key(project, id))
                .map(span -> span.data())
                .filter(data -> data.text(Field.NAME).equals(NAME) && data.has(Field.OUTPUT))
                .map(data ->
                        new Kept(
                                id,
                                previous(data),
                                data.text(Field.SESSION_ID),
                                json(data, Field.INPUT),
                                json(data, Field.OUTPUT),
                                data.text(Field.ERROR),
                                data.number(Field.START_TIME, 0),
                                data.number(Field.END_TIME, 0)));
    }

    private static String previous(SpanData data) {
        if (data.get(Field.ATTRIBUTES).orElse(Value.of(0))
                instanceof Value.Attributes(List<Value.Attribute> all)) {
            for (Value.Attribute attribute : all) {
                if (attribute.name().equals(PREVIOUS)
                        && attribute.value() instanceof Value.Text(Content text)) {
                    return text.read(SpanKey.ID_LENGTH_MAX).text();
                }
            }
        }
        return "";
    }

    private static Slice json(SpanData data, Field field) {
        if (data.get(field).orElse(Value.of(0)) instanceof Value.Json(Content json)) {
            return json.read(Math.toIntExact(json.size()));
        }
        throw Problem.internal(field.id() + " of a response is not JSON", NAME);
    }

    @Override
    public boolean delete(String project, ResponseId id) {
        SpanKey key = key(project, id);
        Optional<SpanData> found =
                get(project, id).flatMap(_ -> store.span(key)).map(span -> span.data());
        found.ifPresent(data ->
                store.append(
                        List.of(
                                SpanEvent.insert(
                                        key,
                                        data.toBuilder()
                                                .remove(Field.INPUT)
                                                .remove(Field.OUTPUT)
                                                .remove(Field.ERROR)
                                                .remove(Field.ATTRIBUTES)
                                                .build()))));
        return found.isPresent();
    }
}
