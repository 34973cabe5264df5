package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.IngestContext;
import java.util.List;
import java.util.Optional;

/// Turns an OpenTelemetry span into the event that is stored: its own fields as they are, and what
/// its attributes mean.
public final class Normalizer {
    private static final List<Dialect> DIALECTS =
            List.of(
                    new BraintrustOtel(),
                    new Langfuse(),
                    new OpenInference(),
                    new Vercel(),
                    new OpenLlmetry(),
                    new GenAi(),
                    new Logfire(),
                    new GenAiLegacy());

    private static final String[] KINDS = {
        "", "internal", "server", "client", "producer", "consumer"
    };

    private Normalizer() {}

    /// @throws dev.backplane.core.Problem `INVALID` if the ids make no key
    public static SpanEvent event(OtelSpan span, OtelSpan.Origin origin, IngestContext context) {
        SpanData.Builder data = SpanData.builder();
        put(data, Field.PARENT_ID, span.parentId());
        data.put(Field.NAME, Value.text(span.name()));
        if (span.startNanos() != 0) {
            data.put(Field.START_TIME, span.startNanos());
        }
        if (span.endNanos() != 0) {
            data.put(Field.END_TIME, span.endNanos());
        }
        status(span, data);
        raw(span, origin, data);
        meaning(span, origin, context, data);
        SpanKey key = new SpanKey(context.project(), span.traceId(), span.spanId());
        return SpanEvent.insert(key, data.build());
    }

    private static void put(SpanData.Builder data, Field field, String text) {
        if (!text.isEmpty()) {
            data.put(field, text);
        }
    }

    private static void status(OtelSpan span, SpanData.Builder data) {
        switch (span.statusCode()) {
            case 1 -> data.put(Field.STATUS, "ok");
            case 2 -> {
                data.put(Field.STATUS, "error");
                error(span).ifPresent(error -> data.put(Field.ERROR, error));
            }
            default -> {}
        }
    }

    /// The status message, else what an exception event or `error.type` says.
    private static Optional<Value> error(OtelSpan span) {
        if (!span.statusMessage().isEmpty()) {
            return Optional.of(Value.text(span.statusMessage()));
        }
        for (Value.Event event : span.events().reversed()) {
            if (event.name().equals("exception")) {
                Optional<Value> message = GenAi.attribute(event, "exception.message");
                return message.isPresent() ? message : GenAi.attribute(event, "exception.type");
            }
        }
        for (Value.Attribute attribute : span.attributes()) {
            if (attribute.name().equals("error.type")) {
                return Optional.of(attribute.value());
            }
        }
        return Optional.empty();
    }

    private static void raw(OtelSpan span, OtelSpan.Origin origin, SpanData.Builder data) {
        if (!span.attributes().isEmpty()) {
            data.put(Field.ATTRIBUTES, new Value.Attributes(span.attributes()));
        }
        if (!origin.resource().list().isEmpty()) {
            data.put(Field.RESOURCE, origin.resource());
        }
        if (!origin.scope().isEmpty()) {
            data.put(Field.SCOPE, Value.json(origin.scope()));
        }
        if (!span.events().isEmpty()) {
            data.put(Field.EVENTS, new Value.Events(span.events()));
        }
        if (!span.links().isEmpty()) {
            data.put(Field.LINKS, Value.json(span.links()));
        }
        String kind = span.kind() > 0 && span.kind() < KINDS.length ? KINDS[span.kind()] : "";
        if (!kind.isEmpty() || !span.traceState().isEmpty() || span.dropped() > 0) {
            data.put(Field.EXTRA, Value.json(extra(span, kind)));
        }
    }

    /// `{"otel_kind":"client","trace_state":"…","dropped":3}`: what has no field of its own.
    private static Slice extra(OtelSpan span, String kind) {
        JsonOut out = new JsonOut().beginObject();
        if (!kind.isEmpty()) {
            out.name("otel_kind").text(kind);
        }
        if (!span.traceState().isEmpty()) {
            out.name("trace_state").text(span.traceState());
        }
        if (span.dropped() > 0) {
            out.name("dropped").literal(Long.toString(span.dropped()));
        }
        return out.endObject().slice();
    }

    private static void meaning(
            OtelSpan span, OtelSpan.Origin origin, IngestContext context, SpanData.Builder data) {
        SpanView view = new SpanView(span, origin.scopeName());
        Fields fields = new Fields(data);
        String spoken = "other";
        for (Dialect dialect : DIALECTS) {
            if (dialect.speaks(view)) {
                dialect.read(view, fields);
                spoken = spoken.equals("other") ? dialect.id() : spoken;
            }
        }
        data.put(Field.DIALECT, spoken);
        fields.text(Field.SESSION_ID, view.text("session.id", "session_id"));
        fields.text(Field.USER_ID, view.text("user.id", "enduser.id", "user_id"));
        fields.finish(context, span.startNanos());
    }
}
