package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;
import java.util.OptionalDouble;

/// OpenTelemetry's GenAI conventions since 1.37: structured messages in attributes
/// (open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-spans.md). [#shared] is what the
/// older form has in common with it.
final class GenAi implements Dialect {
    private static final String DETAILS = "gen_ai.client.inference.operation.details";
    private static final String EVALUATION = "gen_ai.evaluation.result";

    @Override
    public String id() {
        return "gen_ai";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasAny(
                        "gen_ai.provider.name", "gen_ai.input.messages", "gen_ai.output.messages")
                || (span.has("gen_ai.operation.name") && !span.has("gen_ai.system"));
    }

    @Override
    public void read(SpanView span, Fields fields) {
        shared(span, fields);
        boolean model = fields.kind() == SpanKind.LLM;
        Optional<Value> system = span.get("gen_ai.system_instructions");
        messages(span.get("gen_ai.input.messages"), system, fields);
        fields.payload(Field.OUTPUT, span.get("gen_ai.output.messages"));
        fields.payload(Field.TOOLS, span.get("gen_ai.tool.definitions"));
        for (Value.Event event : span.events()) {
            if (event.name().equals(DETAILS) && model) {
                messages(
                        attribute(event, "gen_ai.input.messages"),
                        attribute(event, "gen_ai.system_instructions"),
                        fields);
                fields.payload(Field.OUTPUT, attribute(event, "gen_ai.output.messages"));
            }
        }
    }

    private static void messages(Optional<Value> messages, Optional<Value> system, Fields fields) {
        Optional<Slice> instructions = system.flatMap(Values::json).filter(JsonBytes::isArray);
        if (fields.has(Field.INPUT) || instructions.isEmpty()) {
            fields.payload(Field.INPUT, messages);
            return;
        }
        Optional<Slice> array = messages.flatMap(Values::json).filter(JsonBytes::isArray);
        if (array.isEmpty()) {
            fields.payload(Field.INPUT, messages);
            return;
        }
        ChatMessages all = new ChatMessages();
        all.message(
                new JsonOut()
                        .beginObject()
                        .name("role")
                        .text("system")
                        .name("parts")
                        .json(instructions.get())
                        .endObject()
                        .slice());
        JsonBytes.elements(array.get(), all::message);
        fields.json(Field.INPUT, Optional.of(all.slice()));
    }

    static Optional<Value> attribute(Value.Event event, String name) {
        Optional<Value> found = Optional.empty();
        for (Value.Attribute attribute : event.attributes()) {
            if (attribute.name().equals(name)) {
                found = Optional.of(attribute.value());
            }
        }
        return found;
    }

    /// Kind, model, provider, tokens, tool, agent and ids: the same names old and new.
    static void shared(SpanView span, Fields fields) {
        kind(span, fields);
        fields.text(Field.MODEL, span.text("gen_ai.response.model", "gen_ai.request.model"));
        fields.text(Field.PROVIDER, span.word("gen_ai.provider.name", "gen_ai.system"));
        fields.text(Field.AGENT, span.text("gen_ai.agent.name"));
        fields.text(Field.SESSION_ID, span.text("gen_ai.conversation.id"));
        fields.usage(usage(span));
        fields.cost(span.real("gen_ai.usage.cost", "gen_ai.usage.total_cost", "operation.cost"));
        fields.millisToFirstToken(firstToken(span));
        if (fields.kind() == SpanKind.TOOL) {
            fields.payload(Field.INPUT, span.get("gen_ai.tool.call.arguments"));
            fields.payload(Field.OUTPUT, span.get("gen_ai.tool.call.result"));
        }
        if (fields.kind() == SpanKind.RETRIEVER) {
            fields.payload(Field.INPUT, span.get("gen_ai.retrieval.query.text"));
            fields.payload(Field.OUTPUT, span.get("gen_ai.retrieval.documents"));
        }
        scores(span, fields);
    }

    private static void kind(SpanView span, Fields fields) {
        switch (span.word("gen_ai.operation.name")) {
            case "chat", "generate_content", "text_completion", "completion" ->
                    fields.kind(SpanKind.LLM);
            case "embeddings", "embedding" -> fields.kind(SpanKind.EMBEDDING);
            case "retrieval", "rerank" -> fields.kind(SpanKind.RETRIEVER);
            case "create_agent", "invoke_agent" -> fields.kind(SpanKind.AGENT);
            case "invoke_workflow", "plan" -> fields.kind(SpanKind.CHAIN);
            case "execute_tool" -> fields.kind(SpanKind.TOOL);
            default -> {
                if (span.has("gen_ai.tool.name")) {
                    fields.kind(SpanKind.TOOL);
                } else if (span.hasAny("gen_ai.request.model", "gen_ai.response.model")) {
                    fields.kind(SpanKind.LLM);
                }
            }
        }
    }

    private static Usage usage(SpanView span) {
        return new Usage(
                span.number("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
                span.number("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
                span.number(
                        "gen_ai.usage.cache_read.input_tokens",
                        "gen_ai.usage.cache_read_input_tokens",
                        "gen_ai.usage.cached_input_tokens",
                        "gen_ai.usage.details.cache_read_tokens"),
                span.number(
                        "gen_ai.usage.cache_write.input_tokens",
                        "gen_ai.usage.cache_creation.input_tokens",
                        "gen_ai.usage.cache_creation_input_tokens",
                        "gen_ai.usage.details.cache_write_tokens"),
                span.number(
                        "gen_ai.usage.reasoning.output_tokens",
                        "gen_ai.usage.reasoning_tokens",
                        "gen_ai.usage.details.reasoning_tokens"),
                span.number("gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
                false);
    }

    /// The conventions count seconds.
    private static OptionalDouble firstToken(SpanView span) {
        OptionalDouble seconds =
                span.real(
                        "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token");
        return seconds.isPresent() ? OptionalDouble.of(seconds.getAsDouble() * 1e3) : seconds;
    }

    private static void scores(SpanView span, Fields fields) {
        JsonOut out = new JsonOut().beginObject();
        boolean any = false;
        for (Value.Event event : span.events()) {
            if (event.name().equals(EVALUATION)) {
                Optional<Value> score = attribute(event, "gen_ai.evaluation.score.value");
                String name =
                        attribute(event, "gen_ai.evaluation.name").map(Values::text).orElse("");
                OptionalDouble number = score.map(Values::real).orElse(OptionalDouble.empty());
                if (number.isPresent() && !name.isEmpty()) {
                    out.name(name).real(number.getAsDouble());
                    any = true;
                }
            }
        }
        if (any) {
            fields.json(Field.SCORES, Optional.of(out.endObject().slice()));
        }
    }
}
