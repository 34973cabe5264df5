package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Langfuse SDKs from version 3 (langfuse/langfuse, packages/shared/src/server/otel/attributes.ts):
/// `langfuse.observation.…` and `langfuse.trace.…`.
///
/// In its usage details `input` and `output` are what is left beside the keys that start with
/// `input_`, `cache_` or `output_`; only in OpenAI's names (`prompt_tokens`) are the parts inside.
final class Langfuse implements Dialect {
    private static final String OBSERVATION = "langfuse.observation.";

    @Override
    public String id() {
        return "langfuse";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasPrefix(OBSERVATION) || span.hasPrefix("langfuse.trace.");
    }

    @Override
    public void read(SpanView span, Fields fields) {
        kind(span.word(OBSERVATION + "type"), fields);
        fields.text(Field.MODEL, span.text(OBSERVATION + "model.name"));
        fields.decoded(Field.INPUT, span.any(OBSERVATION + "input", "langfuse.trace.input"));
        fields.decoded(Field.OUTPUT, span.any(OBSERVATION + "output", "langfuse.trace.output"));
        fields.decoded(Field.EXPECTED, span.get("langfuse.experiment.item.expected_output"));
        fields.text(Field.SESSION_ID, span.text("langfuse.session.id", "session.id"));
        fields.text(Field.USER_ID, span.text("langfuse.user.id", "user.id"));
        fields.json(Field.TAGS, span.json("langfuse.trace.tags"));
        fields.json(Field.METADATA, span.json(OBSERVATION + "metadata"));
        fields.json(
                Field.METADATA,
                Prefixed.object(span, OBSERVATION + "metadata.", "langfuse.trace.metadata."));
        span.json(OBSERVATION + "usage_details").ifPresent(usage -> fields.usage(usage(usage)));
        span.json(OBSERVATION + "cost_details").ifPresent(cost -> fields.cost(cost(cost)));
        fields.millisToFirstToken(firstToken(span));
        if (span.word(OBSERVATION + "level").equals("error")) {
            fields.text(Field.STATUS, "error");
            fields.payload(Field.ERROR, span.get(OBSERVATION + "status_message"));
        }
    }

    private static void kind(String type, Fields fields) {
        switch (type) {
            case "generation" -> fields.kind(SpanKind.LLM);
            case "embedding" -> fields.kind(SpanKind.EMBEDDING);
            case "agent" -> fields.kind(SpanKind.AGENT);
            case "tool" -> fields.kind(SpanKind.TOOL);
            case "chain" -> fields.kind(SpanKind.CHAIN);
            case "retriever" -> fields.kind(SpanKind.RETRIEVER);
            case "evaluator" -> fields.kind(SpanKind.EVAL);
            case "guardrail" -> fields.kind(SpanKind.GUARD);
            default -> {}
        }
    }

    private static Usage usage(Slice details) {
        if (JsonBytes.member(details, "prompt_tokens").isPresent()) {
            return openAi(details);
        }
        long[] parts = new long[4]; // other input, cache read, cache write, reasoning
        boolean[] seen = new boolean[4];
        JsonBytes.members(
                details,
                (name, value) -> {
                    OptionalLong number = Values.number(Value.json(value));
                    int part = part(name);
                    if (part >= 0 && number.isPresent()) {
                        parts[part] += number.getAsLong();
                        seen[part] = true;
                    }
                });
        OptionalLong input = BraintrustOtel.number(details, "input");
        if (seen[0]) {
            input = OptionalLong.of(input.orElse(0) + parts[0]);
        }
        OptionalLong output = BraintrustOtel.number(details, "output");
        if (seen[3]) {
            output = OptionalLong.of(output.orElse(0) + parts[3]);
        }
        return new Usage(
                input,
                output,
                seen[1] ? OptionalLong.of(parts[1]) : OptionalLong.empty(),
                seen[2] ? OptionalLong.of(parts[2]) : OptionalLong.empty(),
                seen[3] ? OptionalLong.of(parts[3]) : OptionalLong.empty(),
                OptionalLong.empty(),
                true);
    }

    /// Which part a key counts, or -1.
    private static int part(String name) {
        boolean cache = name.contains("cache");
        boolean write = name.contains("creation") || name.contains("write");
        if (cache) {
            return write ? 2 : 1;
        }
        if (name.contains("reasoning") || name.contains("thought")) {
            return 3;
        }
        return name.startsWith("input_") ? 0 : -1;
    }

    private static Usage openAi(Slice details) {
        Optional<Slice> prompt = JsonBytes.member(details, "prompt_tokens_details");
        Optional<Slice> completion = JsonBytes.member(details, "completion_tokens_details");
        return new Usage(
                BraintrustOtel.number(details, "prompt_tokens"),
                BraintrustOtel.number(details, "completion_tokens"),
                prompt.map(object -> BraintrustOtel.number(object, "cached_tokens"))
                        .orElse(OptionalLong.empty()),
                OptionalLong.empty(),
                completion
                        .map(object -> BraintrustOtel.number(object, "reasoning_tokens"))
                        .orElse(OptionalLong.empty()),
                BraintrustOtel.number(details, "total_tokens"),
                false);
    }

    private static OptionalDouble cost(Slice details) {
        OptionalDouble total = BraintrustOtel.real(details, "total");
        if (total.isPresent()) {
            return total;
        }
        double[] sum = new double[1];
        JsonBytes.members(
                details, (_, value) -> sum[0] += Values.real(Value.json(value)).orElse(0));
        return OptionalDouble.of(sum[0]);
    }

    private static OptionalDouble firstToken(SpanView span) {
        String text = span.text(OBSERVATION + "completion_start_time").replace("\"", "");
        if (text.isEmpty() || span.startNanos() == 0) {
            return OptionalDouble.empty();
        }
        try {
            Instant first = Instant.parse(text);
            double nanos =
                    (first.getEpochSecond() - span.startNanos() / 1_000_000_000L) * 1e9
                            + first.getNano()
                            - span.startNanos() % 1_000_000_000L;
            return OptionalDouble.of(nanos / 1e6);
        } catch (DateTimeParseException _) {
            return OptionalDouble.empty();
        }
    }
}
