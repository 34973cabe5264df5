package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;

/// Pydantic AI and Logfire, beside their gen_ai attributes: messages of a request in `events`, of
/// an agent run in `all_messages_events` or `pydantic_ai.all_messages`, tool calls in
/// `tool_arguments` and `tool_response`.
final class Logfire implements Dialect {
    @Override
    public String id() {
        return "gen_ai_legacy";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasAny(
                        "pydantic_ai.all_messages",
                        "all_messages_events",
                        "model_request_parameters")
                || (span.hasPrefix("logfire.")
                        && span.hasAny("tool_arguments", "agent_name", "final_result"));
    }

    @Override
    public void read(SpanView span, Fields fields) {
        if (span.hasAny("all_messages_events", "pydantic_ai.all_messages")) {
            fields.kind(SpanKind.AGENT);
        }
        fields.text(Field.AGENT, span.text("agent_name"));
        span.json("events").ifPresent(events -> events(events, fields));
        fields.json(Field.INPUT, span.json("pydantic_ai.all_messages"));
        fields.json(Field.INPUT, span.json("all_messages_events"));
        fields.payload(Field.OUTPUT, span.get("final_result"));
        if (span.hasAny("tool_arguments", "tool_response")) {
            fields.kind(SpanKind.TOOL);
            fields.payload(Field.INPUT, span.get("tool_arguments"));
            fields.payload(Field.OUTPUT, span.get("tool_response"));
        }
        fields.json(
                Field.TOOLS,
                span.json("model_request_parameters")
                        .flatMap(parameters -> JsonBytes.member(parameters, "function_tools"))
                        .filter(JsonBytes::isArray));
    }

    /// One array holds the prompt's messages and the choice that answered them.
    private static void events(Slice events, Fields fields) {
        ChatMessages input = new ChatMessages();
        ChatMessages output = new ChatMessages();
        JsonBytes.elements(
                events,
                event -> {
                    Optional<Slice> choice = JsonBytes.member(event, "message");
                    if (BraintrustOtel.string(event, "event.name").equals("gen_ai.choice")) {
                        choice.ifPresent(output::message);
                    } else {
                        input.message(event);
                    }
                });
        if (input.count() > 0) {
            fields.json(Field.INPUT, Optional.of(input.slice()));
        }
        if (output.count() > 0) {
            fields.json(Field.OUTPUT, Optional.of(output.slice()));
        }
    }
}
