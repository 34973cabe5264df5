package dev.backplane.ingest.dialect;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.IngestContext;
import java.util.Optional;
import java.util.OptionalDouble;

/// Collects the fields of one span from several dialects: the first that sets a field wins. Token
/// counts are one thing, taken from one dialect only.
final class Fields {
    private static final int TEXT_LENGTH_MAX = 64 << 10;

    private final SpanData.Builder data;
    private Optional<Usage> usage = Optional.empty();
    private OptionalDouble cost = OptionalDouble.empty();
    private SpanKind kind = SpanKind.OTHER;

    Fields(SpanData.Builder data) {
        this.data = data;
    }

    void kind(SpanKind kind) {
        if (this.kind == SpanKind.OTHER) {
            this.kind = kind;
        }
    }

    SpanKind kind() {
        return kind;
    }

    boolean has(Field field) {
        return data.has(field);
    }

    /// A short text; one too long for its field is left to the attributes.
    void text(Field field, String text) {
        if (!text.isEmpty() && text.length() <= TEXT_LENGTH_MAX && !data.has(field)) {
            data.put(field, text);
        }
    }

    void payload(Field field, Optional<Value> value) {
        if (value.isPresent() && !data.has(field)) {
            data.put(field, Values.payload(value.get()));
        }
    }

    /// A value that its sender promises to be JSON.
    void decoded(Field field, Optional<Value> value) {
        if (value.isPresent() && !data.has(field)) {
            data.put(field, Values.decoded(value.get()));
        }
    }

    void json(Field field, Optional<Slice> json) {
        if (json.isPresent() && !data.has(field)) {
            data.put(field, Value.json(json.get()));
        }
    }

    void usage(Usage stated) {
        if (usage.isEmpty() && !stated.isEmpty()) {
            usage = Optional.of(stated);
        }
    }

    /// US dollars, as the sender states them.
    void cost(OptionalDouble dollars) {
        if (cost.isEmpty()) {
            cost = dollars;
        }
    }

    void millisToFirstToken(OptionalDouble millis) {
        if (millis.isPresent() && millis.getAsDouble() >= 0) {
            if (!data.has(Field.TIME_TO_FIRST_TOKEN_MS)) {
                data.put(Field.TIME_TO_FIRST_TOKEN_MS, Value.of(millis.getAsDouble()));
            }
        }
    }

    /// Sets what depends on the span as a whole, when all dialects have spoken.
    void finish(IngestContext context, long startNanos) {
        data.put(Field.KIND, kind.id());
        boolean around = kind == SpanKind.AGENT || kind == SpanKind.CHAIN;
        if (around) {
            metrics();
            return;
        }
        usage.ifPresent(stated -> stated.put(data));
        if (cost.isPresent()) {
            data.put(Field.COST, Value.of(cost.getAsDouble()));
        } else {
            context.prices()
                    .cost(data, startNanos)
                    .ifPresent(dollars -> data.put(Field.COST, Value.of(dollars)));
        }
    }

    /// What an agent or chain says of the calls inside it: kept, but not as this span's own.
    private void metrics() {
        SpanData.Builder own = SpanData.builder();
        usage.ifPresent(stated -> stated.put(own));
        cost.ifPresent(dollars -> own.put(Field.COST, Value.of(dollars)));
        SpanData stated = own.build();
        if (stated.isEmpty()) {
            return;
        }
        JsonOut out = new JsonOut().beginObject();
        data.get(Field.METRICS).ifPresent(earlier -> append(earlier, out));
        stated.forEach((field, value) -> {
            switch (value) {
                case Value.Int(long number) -> out.name(field.id()).literal(Long.toString(number));
                case Value.Real(double number) -> out.name(field.id()).real(number);
                case Value.Text _, Value.Json _, Value.Binary _, Value.Flag _ -> {}
                case Value.Attributes _, Value.Events _ -> {}
            }
        });
        data.put(Field.METRICS, Value.json(out.endObject().slice()));
    }

    private static void append(Value earlier, JsonOut out) {
        if (earlier instanceof Value.Json(Content content) && content instanceof Slice slice) {
            dev.backplane.ingest.json.JsonBytes.members(
                    slice, (name, value) -> out.name(name).json(value));
        }
    }
}
