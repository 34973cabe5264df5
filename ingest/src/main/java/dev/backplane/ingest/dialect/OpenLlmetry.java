package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import java.util.Optional;

/// OpenLLMetry by Traceloop (traceloop/openllmetry, opentelemetry-semantic-conventions-ai):
/// `gen_ai.prompt.N.…` and `gen_ai.completion.N.…`, one attribute per leaf, `traceloop.…` around
/// them.
final class OpenLlmetry implements Dialect {
    private static final String PROPERTIES = "traceloop.association.properties.";

    @Override
    public String id() {
        return "openllmetry";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasPrefix("traceloop.")
                || span.has("llm.request.type")
                || span.hasPrefix("gen_ai.prompt.0.")
                || span.hasPrefix("gen_ai.completion.0.");
    }

    @Override
    public void read(SpanView span, Fields fields) {
        kind(span, fields);
        GenAi.shared(span, fields);
        fields.json(Field.INPUT, messages(span, "gen_ai.prompt."));
        fields.json(Field.OUTPUT, messages(span, "gen_ai.completion."));
        fields.payload(Field.INPUT, span.get("traceloop.entity.input"));
        fields.payload(Field.OUTPUT, span.get("traceloop.entity.output"));
        fields.json(Field.TOOLS, functions(span));
        if (fields.kind() == SpanKind.AGENT) {
            fields.text(Field.AGENT, span.text("traceloop.entity.name"));
        }
        fields.text(
                Field.SESSION_ID,
                span.text(
                        PROPERTIES + "session_id",
                        PROPERTIES + "chat_id",
                        PROPERTIES + "thread_id"));
        fields.text(Field.USER_ID, span.text(PROPERTIES + "user_id", "llm.user"));
        fields.json(Field.METADATA, Prefixed.object(span, PROPERTIES));
    }

    private static void kind(SpanView span, Fields fields) {
        switch (span.word("traceloop.span.kind")) {
            case "workflow", "task" -> fields.kind(SpanKind.CHAIN);
            case "agent" -> fields.kind(SpanKind.AGENT);
            case "tool" -> fields.kind(SpanKind.TOOL);
            default -> {}
        }
        switch (span.word("llm.request.type")) {
            case "chat", "completion" -> fields.kind(SpanKind.LLM);
            case "embedding" -> fields.kind(SpanKind.EMBEDDING);
            case "rerank" -> fields.kind(SpanKind.RETRIEVER);
            default -> {}
        }
    }

    private static Optional<Slice> messages(SpanView span, String prefix) {
        if (!span.hasPrefix(prefix)) {
            return Optional.empty();
        }
        ChatMessages out = new ChatMessages();
        for (Flattened message : Flattened.of(span.attributes(), prefix).elements()) {
            out.begin(message.value("role").map(Values::text).orElse("assistant"));
            out.content(message.value("content"));
            for (Flattened call : message.at("tool_calls").elements()) {
                out.toolCall(call.value("id"), call.value("name"), call.value("arguments"));
            }
            out.member("tool_call_id", message.value("tool_call_id"));
            out.end();
        }
        return out.count() == 0 ? Optional.empty() : Optional.of(out.slice());
    }

    private static Optional<Slice> functions(SpanView span) {
        String prefix = "llm.request.functions.";
        if (!span.hasPrefix(prefix)) {
            return Optional.empty();
        }
        JsonOut out = new JsonOut().beginArray();
        for (Flattened tool : Flattened.of(span.attributes(), prefix).elements()) {
            out.beginObject().name("type").text("function").name("function").beginObject();
            member(out, "name", tool.value("name"));
            member(out, "description", tool.value("description"));
            tool.value("parameters")
                    .flatMap(Values::json)
                    .ifPresent(json -> out.name("parameters").json(json));
            out.endObject().endObject();
        }
        return Optional.of(out.endArray().slice());
    }

    private static void member(JsonOut out, String name, Optional<Value> value) {
        value.ifPresent(text -> out.name(name).text(Values.slice(text)));
    }
}
