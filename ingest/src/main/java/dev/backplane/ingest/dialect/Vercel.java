package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The Vercel AI SDK, versions 3 to 6 (ai-sdk.dev, "Telemetry"): `ai.…`. A call is two spans: the
/// outer (`ai.generateText`) is the loop around tool calls, the inner (`…doGenerate`) the request.
final class Vercel implements Dialect {
    private static final String METADATA = "ai.telemetry.metadata.";

    @Override
    public String id() {
        return "vercel";
    }

    @Override
    public boolean speaks(SpanView span) {
        return span.hasAny("ai.operationId", "ai.model.id", "ai.toolCall.name");
    }

    @Override
    public void read(SpanView span, Fields fields) {
        kind(span, fields);
        fields.text(Field.MODEL, span.text("ai.response.model", "ai.model.id"));
        fields.text(Field.PROVIDER, provider(span.word("ai.model.provider")));
        fields.text(Field.SESSION_ID, span.text(METADATA + "sessionId", METADATA + "threadId"));
        fields.text(Field.USER_ID, span.text(METADATA + "userId"));
        fields.json(Field.TAGS, span.json(METADATA + "tags"));
        fields.json(Field.METADATA, Prefixed.object(span, METADATA));
        fields.usage(usage(span));
        fields.millisToFirstToken(
                span.real("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"));
        if (fields.kind() == SpanKind.TOOL) {
            fields.payload(Field.INPUT, span.get("ai.toolCall.args"));
            fields.payload(Field.OUTPUT, span.get("ai.toolCall.result"));
        }
        fields.payload(
                Field.INPUT, span.any("ai.prompt.messages", "ai.prompt", "ai.values", "ai.value"));
        fields.json(Field.OUTPUT, answer(span));
        fields.payload(Field.OUTPUT, span.any("ai.embedding", "ai.embeddings"));
        fields.json(Field.TOOLS, tools(span));
    }

    private static void kind(SpanView span, Fields fields) {
        String operation = span.has("ai.operationId") ? span.text("ai.operationId") : span.name();
        if (operation.startsWith("ai.toolCall")) {
            fields.kind(SpanKind.TOOL);
        } else if (operation.endsWith(".doEmbed")) {
            fields.kind(SpanKind.EMBEDDING);
        } else if (operation.startsWith("ai.embed")) {
            fields.kind(SpanKind.CHAIN);
        } else if (operation.endsWith(".doGenerate") || operation.endsWith(".doStream")) {
            fields.kind(SpanKind.LLM);
        } else if (operation.startsWith("ai.")) {
            fields.kind(SpanKind.AGENT);
        }
    }

    /// `openai.chat` and `openai.responses` are both OpenAI.
    private static String provider(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static Usage usage(SpanView span) {
        return new Usage(
                span.number("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
                span.number("ai.usage.outputTokens", "ai.usage.completionTokens"),
                span.number(
                        "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
                span.number(
                        "ai.usage.inputTokenDetails.cacheWriteTokens",
                        "ai.usage.cacheCreationInputTokens"),
                span.number(
                        "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
                span.number("ai.usage.totalTokens"),
                false);
    }

    /// The assistant message, put together from text, object and tool calls.
    private static Optional<Slice> answer(SpanView span) {
        Optional<Value> text =
                span.any(
                        "ai.response.text",
                        "ai.result.text",
                        "ai.response.object",
                        "ai.result.object");
        Optional<Slice> calls = span.json("ai.response.toolCalls");
        if (calls.isEmpty()) {
            calls = span.json("ai.result.toolCalls");
        }
        if (text.isEmpty() && calls.isEmpty()) {
            return Optional.empty();
        }
        ChatMessages out = new ChatMessages();
        out.begin("assistant");
        out.content(text.filter(value -> !Values.text(value).isEmpty()));
        for (Slice call : calls.map(Vercel::elements).orElse(List.of())) {
            out.toolCall(
                    ChatMessages.value(JsonBytes.member(call, "toolCallId")),
                    ChatMessages.value(JsonBytes.member(call, "toolName")),
                    ChatMessages.value(
                            JsonBytes.member(call, "input")
                                    .or(() -> JsonBytes.member(call, "args"))));
        }
        return Optional.of(out.end().slice());
    }

    private static List<Slice> elements(Slice array) {
        List<Slice> elements = new ArrayList<>();
        JsonBytes.elements(array, elements::add);
        return elements;
    }

    /// An array of strings, each a tool definition as JSON.
    private static Optional<Slice> tools(SpanView span) {
        Optional<Slice> array = span.json("ai.prompt.tools");
        if (array.isEmpty()) {
            return array;
        }
        JsonOut out = new JsonOut().beginArray();
        for (Slice tool : elements(array.get())) {
            if (JsonBytes.isString(tool)) {
                Slice text = JsonBytes.text(tool);
                if (JsonBytes.valid(text)) {
                    out.json(text);
                }
            } else {
                out.json(tool);
            }
        }
        return Optional.of(out.endArray().slice());
    }
}
