package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import java.util.List;
import java.util.Optional;

/// OpenInference (Arize-ai/openinference, spec/semantic_conventions.md): messages flattened to
/// `llm.input_messages.N.message.…`, one attribute per leaf.
final class OpenInference implements Dialect {
    @Override
    public String id() {
        return "openinference";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.has("openinference.span.kind")
                || span.hasPrefix("llm.input_messages.")
                || span.hasPrefix("llm.output_messages.");
    }

    @Override
    public void read(SpanView span, Fields fields) {
        kind(span.word("openinference.span.kind"), fields);
        fields.text(
                Field.MODEL,
                span.text(
                        "llm.response.model_name",
                        "llm.model_name",
                        "llm.request.model_name",
                        "embedding.model_name",
                        "reranker.model_name"));
        fields.text(Field.PROVIDER, span.word("llm.provider", "llm.system"));
        fields.text(Field.AGENT, span.text("agent.name"));
        fields.text(Field.SESSION_ID, span.text("session.id"));
        fields.text(Field.USER_ID, span.text("user.id"));
        fields.json(Field.TAGS, span.json("tag.tags"));
        fields.json(Field.METADATA, span.json("metadata"));
        fields.usage(usage(span));
        fields.cost(span.real("llm.cost.total"));
        fields.json(Field.INPUT, messages(span, "llm.input_messages."));
        fields.json(Field.OUTPUT, messages(span, "llm.output_messages."));
        fields.payload(Field.INPUT, span.get("input.value"));
        fields.payload(Field.OUTPUT, span.get("output.value"));
        fields.json(Field.OUTPUT, documents(span));
        if (fields.kind() == SpanKind.TOOL) {
            fields.payload(Field.INPUT, span.get("tool.parameters"));
        }
        fields.json(Field.TOOLS, tools(span));
    }

    private static void kind(String kind, Fields fields) {
        switch (kind) {
            case "llm" -> fields.kind(SpanKind.LLM);
            case "embedding" -> fields.kind(SpanKind.EMBEDDING);
            case "chain", "prompt" -> fields.kind(SpanKind.CHAIN);
            case "retriever", "reranker" -> fields.kind(SpanKind.RETRIEVER);
            case "tool" -> fields.kind(SpanKind.TOOL);
            case "agent" -> fields.kind(SpanKind.AGENT);
            case "guardrail" -> fields.kind(SpanKind.GUARD);
            case "evaluator" -> fields.kind(SpanKind.EVAL);
            case "" -> fields.kind(SpanKind.LLM);
            default -> {}
        }
    }

    private static Usage usage(SpanView span) {
        return new Usage(
                span.number("llm.token_count.prompt"),
                span.number("llm.token_count.completion"),
                span.number(
                        "llm.token_count.prompt_details.cache_read",
                        "llm.token_count.prompt_details.cache_input"),
                span.number("llm.token_count.prompt_details.cache_write"),
                span.number("llm.token_count.completion_details.reasoning"),
                span.number("llm.token_count.total"),
                false);
    }

    private static Optional<Slice> messages(SpanView span, String prefix) {
        if (!span.hasPrefix(prefix)) {
            return Optional.empty();
        }
        ChatMessages out = new ChatMessages();
        for (Flattened element : Flattened.of(span.attributes(), prefix).elements()) {
            message(element.at("message"), out);
        }
        return out.count() == 0 ? Optional.empty() : Optional.of(out.slice());
    }

    private static void message(Flattened message, ChatMessages out) {
        out.begin(message.value("role").map(Values::text).orElse(""));
        List<Flattened> parts = message.at("contents").elements();
        if (parts.isEmpty()) {
            out.content(message.value("content"));
        } else {
            JsonOut json = out.contentParts().beginArray();
            parts.forEach(part -> part(part.at("message_content"), json));
            json.endArray();
        }
        out.member("name", message.value("name"));
        for (Flattened element : message.at("tool_calls").elements()) {
            Flattened call = element.at("tool_call");
            out.toolCall(
                    call.value("id"),
                    call.value("function", "name"),
                    call.value("function", "arguments"));
        }
        if (message.value("function_call_name").isPresent()) {
            out.toolCall(
                    Optional.empty(),
                    message.value("function_call_name"),
                    message.value("function_call_arguments_json"));
        }
        out.member("tool_call_id", message.value("tool_call_id"));
        out.end();
    }

    private static void part(Flattened content, JsonOut out) {
        Optional<Value> image = content.value("image", "image", "url");
        Optional<Value> text = content.value("text");
        out.beginObject();
        if (image.isPresent()) {
            out.name("type").text("image_url").name("image_url").beginObject();
            out.name("url").text(Values.slice(image.get())).endObject();
        } else {
            out.name("type").text(content.value("type").map(Values::text).orElse("text"));
            text.ifPresent(value -> out.name("text").text(Values.slice(value)));
        }
        out.endObject();
    }

    private static Optional<Slice> documents(SpanView span) {
        return objects(
                span,
                "retrieval.documents.",
                "document",
                new String[] {"id", "content", "score", "metadata"});
    }

    private static Optional<Slice> objects(
            SpanView span, String prefix, String inner, String[] names) {
        if (!span.hasPrefix(prefix)) {
            return Optional.empty();
        }
        JsonOut out = new JsonOut().beginArray();
        for (Flattened element : Flattened.of(span.attributes(), prefix).elements()) {
            out.beginObject();
            for (String name : names) {
                Optional<Value> value = element.value(inner, name).map(Values::payload);
                if (value.isPresent()) {
                    out.name(name);
                    if (value.get() instanceof Value.Json) {
                        out.json(Values.slice(value.get()));
                    } else {
                        out.text(Values.slice(value.get()));
                    }
                }
            }
            out.endObject();
        }
        return Optional.of(out.endArray().slice());
    }

    private static Optional<Slice> tools(SpanView span) {
        if (!span.hasPrefix("llm.tools.")) {
            return Optional.empty();
        }
        JsonOut out = new JsonOut().beginArray();
        for (Flattened element : Flattened.of(span.attributes(), "llm.tools.").elements()) {
            element.value("tool", "json_schema").flatMap(Values::json).ifPresent(out::json);
        }
        return Optional.of(out.endArray().slice());
    }
}
