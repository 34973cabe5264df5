package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Braintrust's OpenTelemetry bridge (braintrust.dev, "OpenTelemetry attributes and events"): its
/// own fields as JSON strings. `braintrust.parent` alone says nothing: its processor sets that on
/// every span.
final class BraintrustOtel implements Dialect {
    @Override
    public String id() {
        return "braintrust";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasAny(
                "braintrust.input_json",
                "braintrust.output_json",
                "braintrust.input",
                "braintrust.output",
                "braintrust.span_attributes",
                "braintrust.metadata",
                "braintrust.metrics",
                "braintrust.expected",
                "braintrust.expected_json",
                "braintrust.scores");
    }

    @Override
    public void read(SpanView span, Fields fields) {
        span.json("braintrust.span_attributes")
                .flatMap(attributes -> JsonBytes.member(attributes, "type"))
                .filter(JsonBytes::isString)
                .ifPresent(type -> fields.kind(kind(JsonBytes.string(type))));
        fields.decoded(Field.INPUT, span.any("braintrust.input_json", "braintrust.input"));
        fields.decoded(Field.OUTPUT, span.any("braintrust.output_json", "braintrust.output"));
        fields.decoded(Field.EXPECTED, span.any("braintrust.expected_json", "braintrust.expected"));
        fields.json(Field.SCORES, span.json("braintrust.scores"));
        fields.json(Field.TAGS, span.json("braintrust.tags"));
        Optional<Slice> metadata = span.json("braintrust.metadata");
        fields.json(Field.METADATA, metadata);
        if (metadata.isPresent()) {
            fields.text(Field.MODEL, string(metadata.get(), "model"));
            fields.text(Field.PROVIDER, string(metadata.get(), "provider"));
            fields.json(
                    Field.TOOLS,
                    JsonBytes.member(metadata.get(), "tools").filter(JsonBytes::isArray));
        }
        span.json("braintrust.metrics").ifPresent(metrics -> metrics(metrics, fields));
    }

    /// What Braintrust's span types are here.
    static SpanKind kind(String type) {
        return switch (type) {
            case "llm" -> SpanKind.LLM;
            case "tool" -> SpanKind.TOOL;
            case "eval", "score", "classifier", "review" -> SpanKind.EVAL;
            case "task", "function" -> SpanKind.CHAIN;
            case "agent" -> SpanKind.AGENT;
            case "retriever" -> SpanKind.RETRIEVER;
            default -> SpanKind.OTHER;
        };
    }

    /// Also for rows of `logs3`, whose metrics are the same.
    static void metrics(Slice metrics, Fields fields) {
        fields.json(Field.METRICS, Optional.of(metrics));
        OptionalLong written = number(metrics, "prompt_cache_creation_tokens");
        if (written.isEmpty()) {
            OptionalLong short5m = number(metrics, "prompt_cache_creation_5m_tokens");
            OptionalLong long1h = number(metrics, "prompt_cache_creation_1h_tokens");
            if (short5m.isPresent() || long1h.isPresent()) {
                written = OptionalLong.of(short5m.orElse(0) + long1h.orElse(0));
            }
        }
        fields.usage(
                new Usage(
                        number(metrics, "prompt_tokens"),
                        number(metrics, "completion_tokens"),
                        number(metrics, "prompt_cached_tokens"),
                        written,
                        number(metrics, "completion_reasoning_tokens"),
                        number(metrics, "tokens"),
                        false));
        fields.cost(real(metrics, "estimated_cost"));
        OptionalDouble seconds = real(metrics, "time_to_first_token");
        if (seconds.isPresent()) {
            fields.millisToFirstToken(OptionalDouble.of(seconds.getAsDouble() * 1e3));
        }
    }

    static String string(Slice object, String name) {
        return JsonBytes.member(object, name)
                .filter(JsonBytes::isString)
                .map(JsonBytes::string)
                .orElse("");
    }

    static OptionalLong number(Slice object, String name) {
        return JsonBytes.member(object, name)
                .map(value -> Values.number(Value.json(value)))
                .orElse(OptionalLong.empty());
    }

    static OptionalDouble real(Slice object, String name) {
        return JsonBytes.member(object, name)
                .map(value -> Values.real(Value.json(value)))
                .orElse(OptionalDouble.empty());
    }
}
