package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;

/// OpenTelemetry's GenAI conventions up to 1.36, which most instrumentations still emit:
/// `gen_ai.system`, and one span event per message (`gen_ai.user.message`, `gen_ai.choice`…) or
/// whole prompts in `gen_ai.prompt` and `gen_ai.completion`, as attributes or as attributes of
/// `gen_ai.content.prompt` and `.completion` events.
final class GenAiLegacy implements Dialect {
    @Override
    public String id() {
        return "gen_ai_legacy";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasPrefix("gen_ai.")
                || span.events().stream().anyMatch(event -> event.name().startsWith("gen_ai."));
    }

    @Override
    public void read(SpanView span, Fields fields) {
        GenAi.shared(span, fields);
        if (span.has("gen_ai.system") && fields.kind() != SpanKind.TOOL) {
            fields.kind(SpanKind.LLM);
        }
        fields.payload(Field.INPUT, span.get("gen_ai.prompt"));
        fields.payload(Field.OUTPUT, span.get("gen_ai.completion"));
        messageEvents(span, fields);
    }

    private static void messageEvents(SpanView span, Fields fields) {
        ChatMessages input = new ChatMessages();
        ChatMessages output = new ChatMessages();
        for (Value.Event event : span.events()) {
            switch (event.name()) {
                case "gen_ai.system.message" -> message(event, "system", input);
                case "gen_ai.user.message" -> message(event, "user", input);
                case "gen_ai.assistant.message" -> message(event, "assistant", input);
                case "gen_ai.tool.message" -> message(event, "tool", input);
                case "gen_ai.choice" -> choice(event, output);
                case "gen_ai.content.prompt" ->
                        fields.payload(Field.INPUT, GenAi.attribute(event, "gen_ai.prompt"));
                case "gen_ai.content.completion" ->
                        fields.payload(Field.OUTPUT, GenAi.attribute(event, "gen_ai.completion"));
                default -> {}
            }
        }
        if (input.count() > 0) {
            fields.json(Field.INPUT, Optional.of(input.slice()));
        }
        if (output.count() > 0) {
            fields.json(Field.OUTPUT, Optional.of(output.slice()));
        }
    }

    private static void message(Value.Event event, String role, ChatMessages out) {
        out.begin(GenAi.attribute(event, "role").map(Values::text).orElse(role));
        out.content(GenAi.attribute(event, "content"));
        GenAi.attribute(event, "tool_calls").flatMap(Values::json).ifPresent(out::toolCalls);
        out.member("tool_call_id", GenAi.attribute(event, "id"));
        out.end();
    }

    /// The message of a choice stands in `message`, as a JSON object or as plain text; some senders
    /// put content and tool calls beside it instead.
    private static void choice(Value.Event event, ChatMessages out) {
        Optional<Value> message = GenAi.attribute(event, "message");
        Optional<Slice> object = message.flatMap(Values::json).filter(JsonBytes::isObject);
        out.begin("assistant");
        if (object.isPresent()) {
            out.content(ChatMessages.value(JsonBytes.member(object.get(), "content")));
            JsonBytes.member(object.get(), "tool_calls").ifPresent(out::toolCalls);
        } else {
            out.content(message.isPresent() ? message : GenAi.attribute(event, "content"));
            GenAi.attribute(event, "tool_calls").flatMap(Values::json).ifPresent(out::toolCalls);
        }
        out.end();
    }
}
