package dev.backplane.ingest.dialect;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.util.Optional;

/// Attributes that share a prefix, as one JSON object.
final class Prefixed {
    private Prefixed() {}

    static Optional<Slice> object(SpanView span, String... prefixes) {
        JsonOut out = new JsonOut().beginObject();
        boolean any = false;
        for (String prefix : prefixes) {
            for (Value.Attribute attribute : span.attributes()) {
                if (attribute.name().startsWith(prefix)) {
                    out.name(attribute.name().substring(prefix.length()));
                    value(Values.payload(attribute.value()), out);
                    any = true;
                }
            }
        }
        return any ? Optional.of(out.endObject().slice()) : Optional.empty();
    }

    private static void value(Value value, JsonOut out) {
        switch (value) {
            case Value.Json _ -> out.json(Values.slice(value));
            case Value.Text _ -> out.text(Values.slice(value));
            case Value.Int _, Value.Real _, Value.Flag _ -> out.literal(Values.text(value));
            case Value.Binary(dev.backplane.core.Content content) ->
                    out.base64(content.read(Integer.MAX_VALUE));
            case Value.Attributes _, Value.Events _ -> out.literal("null");
        }
    }
}
