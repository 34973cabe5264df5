package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;

/// What `span_attributes`, `metadata` and `metrics` of a Braintrust row mean, by the same rules as
/// their OpenTelemetry form.
public final class BraintrustFields {
    private BraintrustFields() {}

    /// @param data with START_TIME, if the row has one
    /// @param whole whether the row is a span's first; of a later one only what it says counts
    public static void put(
            SpanData.Builder data,
            Optional<Slice> attributes,
            Optional<Slice> metadata,
            Optional<Slice> metrics,
            boolean whole,
            IngestContext context) {
        Fields fields = new Fields(data);
        if (attributes.isPresent()) {
            fields.text(Field.NAME, BraintrustOtel.string(attributes.get(), "name"));
            fields.kind(BraintrustOtel.kind(BraintrustOtel.string(attributes.get(), "type")));
        }
        if (metadata.isPresent()) {
            metadata(metadata.get(), fields);
        }
        metrics.filter(JsonBytes::isObject)
                .ifPresent(stated -> BraintrustOtel.metrics(stated, fields));
        long start =
                data.get(Field.START_TIME).orElse(Value.of(0)) instanceof Value.Int(long nanos)
                        ? nanos
                        : 0;
        fields.finish(context, start);
        if (whole) {
            data.put(Field.DIALECT, "braintrust");
        } else if (fields.kind() == SpanKind.OTHER) {
            data.remove(Field.KIND);
        }
    }

    private static void metadata(Slice metadata, Fields fields) {
        fields.text(Field.MODEL, BraintrustOtel.string(metadata, "model"));
        fields.text(Field.PROVIDER, BraintrustOtel.string(metadata, "provider"));
        fields.text(Field.SESSION_ID, BraintrustOtel.string(metadata, "session_id"));
        fields.text(Field.USER_ID, BraintrustOtel.string(metadata, "user_id"));
        fields.json(Field.TOOLS, JsonBytes.member(metadata, "tools").filter(JsonBytes::isArray));
    }
}
