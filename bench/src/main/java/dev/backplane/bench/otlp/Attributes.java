package dev.backplane.bench.otlp;

import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.AgentTurn;
import dev.backplane.bench.runs.AgentSpan.Embedding;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.Retrieval;
import dev.backplane.bench.runs.AgentSpan.Step;
import dev.backplane.bench.runs.AgentSpan.Tokens;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import dev.backplane.bench.runs.JsonString;
import dev.backplane.bench.runs.Message;
import dev.backplane.bench.runs.Message.Part;
import dev.backplane.bench.runs.OpenAiChat;
import java.util.ArrayList;
import java.util.List;

/// Puts a span's work into attributes and events of a [Dialect]. Sources: OpenTelemetry
/// semantic-conventions-genai (and semantic-conventions 1.36 for the older form), Arize
/// OpenInference spec/semantic_conventions.md, Traceloop openllmetry, Vercel AI SDK telemetry.
final class Attributes {
    private final AgentRun run;
    private final AgentSpan span;
    private final long endNanos;
    private final SpanWriter out;

    private Attributes(AgentRun run, AgentSpan span, long endNanos, SpanWriter out) {
        this.run = run;
        this.span = span;
        this.endNanos = endNanos;
        this.out = out;
    }

    static void write(
            AgentRun run, AgentSpan span, Dialect dialect, long endNanos, SpanWriter out) {
        Attributes attributes = new Attributes(run, span, endNanos, out);
        span.error().ifPresent(error -> out.text("error.type", errorType(error)));
        switch (dialect) {
            case GEN_AI -> attributes.genAi();
            case GEN_AI_LEGACY -> attributes.genAiLegacy();
            case OPENINFERENCE -> attributes.openInference();
            case OPENLLMETRY -> attributes.openLlmetry();
            case VERCEL -> attributes.vercel();
        }
    }

    private static String errorType(String error) {
        int colon = error.indexOf(':');
        return (colon < 0 ? error : error.substring(0, colon)).replace(' ', '_');
    }

    private void genAi() {
        out.text("gen_ai.conversation.id", run.sessionId());
        out.text("user.id", run.userId());
        switch (span.work()) {
            case ModelCall call -> {
                out.text("gen_ai.operation.name", "chat");
                out.text("gen_ai.provider.name", call.provider());
                request(call);
                if (call.compacted()) {
                    out.flag("gen_ai.conversation.compacted", true);
                }
                if (!call.tools().isEmpty()) {
                    out.text("gen_ai.tool.definitions", call.tools());
                }
                out.jsonArray("gen_ai.input.messages", json(call.input()));
                call.output()
                        .ifPresent(answer ->
                                out.jsonArray("gen_ai.output.messages", List.of(answer.json())));
            }
            case ToolUse use -> genAiTool(use);
            case AgentTurn turn -> {
                out.text("gen_ai.operation.name", "invoke_agent");
                out.text("gen_ai.provider.name", "backplane.demo");
                out.text("gen_ai.agent.name", turn.agent());
                exchange(turn.input(), turn.output());
            }
            case Retrieval retrieval -> {
                out.text("gen_ai.operation.name", "retrieval");
                out.text("gen_ai.data_source.id", retrieval.source());
                out.text("gen_ai.retrieval.query.text", retrieval.query());
                out.text("gen_ai.retrieval.documents", retrieval.documents());
            }
            case Embedding embedding -> {
                out.text("gen_ai.operation.name", "embeddings");
                out.text("gen_ai.provider.name", "openai");
                out.text("gen_ai.request.model", embedding.model());
                out.number("gen_ai.usage.input_tokens", embedding.tokens());
                out.jsonArray(
                        "gen_ai.input.messages", json(List.of(Message.user(embedding.text()))));
            }
            case Step step -> {
                out.text("gen_ai.operation.name", "invoke_workflow");
                exchange(step.input(), step.output());
            }
        }
    }

    private void exchange(String input, String output) {
        out.jsonArray("gen_ai.input.messages", json(List.of(Message.user(input))));
        if (!output.isEmpty()) {
            out.jsonArray("gen_ai.output.messages", json(List.of(Message.assistant(output))));
        }
    }

    private static List<byte[]> json(List<Message> messages) {
        List<byte[]> elements = new ArrayList<>(messages.size());
        messages.forEach(message -> elements.add(message.json()));
        return elements;
    }

    private void genAiTool(ToolUse use) {
        out.text("gen_ai.operation.name", "execute_tool");
        out.text("gen_ai.tool.name", use.tool());
        out.text("gen_ai.tool.type", "function");
        out.text("gen_ai.tool.call.id", use.callId());
        out.text("gen_ai.tool.call.arguments", use.arguments());
        if (!use.result().isEmpty()) {
            out.text("gen_ai.tool.call.result", use.result());
        }
    }

    /// What the older and the newer GenAI conventions name alike.
    private void request(ModelCall call) {
        out.text("gen_ai.request.model", call.model());
        out.real("gen_ai.request.temperature", 0.7);
        out.number("gen_ai.request.max_tokens", 8_192);
        if (call.output().isPresent()) {
            Message answer = call.output().get();
            out.text("gen_ai.response.model", call.model());
            out.text("gen_ai.response.id", "resp_" + AgentRun.hex(span.id()));
            out.texts("gen_ai.response.finish_reasons", List.of(finishReason(answer)));
            usage(call.tokens());
        }
    }

    private static String finishReason(Message answer) {
        return answer.parts().getLast() instanceof Part.ToolCall ? "tool_calls" : "stop";
    }

    private void usage(Tokens tokens) {
        out.number("gen_ai.usage.input_tokens", tokens.input());
        out.number("gen_ai.usage.output_tokens", tokens.output());
        out.number("gen_ai.usage.cache_read.input_tokens", tokens.cached());
        out.number("gen_ai.usage.cache_write.input_tokens", tokens.cacheWrite());
        if (tokens.reasoning() > 0) {
            out.number("gen_ai.usage.reasoning.output_tokens", tokens.reasoning());
        }
    }

    private void genAiLegacy() {
        if (!(span.work() instanceof ModelCall call)) {
            genAi();
            return;
        }
        out.text("gen_ai.system", call.provider());
        out.text("gen_ai.operation.name", "chat");
        request(call);
        out.text("gen_ai.conversation.id", run.sessionId());
        out.text("user.id", run.userId());
        for (Message message : call.input()) {
            out.event(
                    "gen_ai." + message.role().id() + ".message",
                    endNanos,
                    () -> legacyMessage(message));
        }
        call.output()
                .ifPresent(answer -> out.event("gen_ai.choice", endNanos, () -> choice(answer)));
    }

    private void legacyMessage(Message message) {
        if (!message.text().isEmpty()) {
            out.text("content", message.text());
        }
        String calls = OpenAiChat.calls(message);
        if (!calls.isEmpty()) {
            out.text("tool_calls", calls);
        }
        if (message.parts().getFirst() instanceof Part.ToolResult(String id, _)) {
            out.text("id", id);
        }
    }

    private void choice(Message answer) {
        StringBuilder json = new StringBuilder("{\"role\":\"assistant\",\"content\":");
        JsonString.append(json, answer.text());
        String calls = OpenAiChat.calls(answer);
        if (!calls.isEmpty()) {
            json.append(",\"tool_calls\":").append(calls);
        }
        out.number("index", 0);
        out.text("finish_reason", finishReason(answer));
        out.text("message", json.append('}').toString());
    }

    private void openInference() {
        out.text("session.id", run.sessionId());
        out.text("user.id", run.userId());
        switch (span.work()) {
            case ModelCall call -> {
                out.text("openinference.span.kind", "LLM");
                out.text("llm.model_name", call.model());
                out.text("llm.provider", call.provider());
                for (int i = 0; i < call.input().size(); i++) {
                    openInferenceMessage("llm.input_messages." + i, call.input().get(i));
                }
                if (call.output().isPresent()) {
                    openInferenceMessage("llm.output_messages.0", call.output().get());
                    Tokens tokens = call.tokens();
                    out.number("llm.token_count.prompt", tokens.input());
                    out.number("llm.token_count.completion", tokens.output());
                    out.number("llm.token_count.prompt_details.cache_read", tokens.cached());
                }
            }
            case ToolUse use -> {
                openInferenceValues("TOOL", use.arguments(), use.result());
                out.text("tool.name", use.tool());
            }
            case AgentTurn turn -> openInferenceValues("AGENT", turn.input(), turn.output());
            case Retrieval retrieval ->
                    openInferenceValues("RETRIEVER", retrieval.query(), retrieval.documents());
            case Embedding embedding -> {
                openInferenceValues("EMBEDDING", embedding.text(), "");
                out.text("embedding.model_name", embedding.model());
            }
            case Step step -> openInferenceValues("CHAIN", step.input(), step.output());
        }
    }

    private void openInferenceValues(String kind, String input, String output) {
        out.text("openinference.span.kind", kind);
        out.text("input.value", input);
        if (!output.isEmpty()) {
            out.text("output.value", output);
        }
    }

    private void openInferenceMessage(String prefix, Message message) {
        out.text(prefix + ".message.role", message.role().id());
        if (!message.text().isEmpty()) {
            out.text(prefix + ".message.content", message.text());
        }
        int calls = 0;
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolCall(String id, String tool, String arguments)) {
                String at = prefix + ".message.tool_calls." + calls++ + ".tool_call.";
                out.text(at + "id", id);
                out.text(at + "function.name", tool);
                out.text(at + "function.arguments", arguments);
            } else if (part instanceof Part.ToolResult(String id, _)) {
                out.text(prefix + ".message.tool_call_id", id);
            }
        }
    }

    private void openLlmetry() {
        out.text("traceloop.association.properties.session_id", run.sessionId());
        out.text("traceloop.association.properties.user_id", run.userId());
        switch (span.work()) {
            case ModelCall call -> {
                out.text("llm.request.type", "chat");
                out.text("gen_ai.system", call.provider());
                request(call);
                for (int i = 0; i < call.input().size(); i++) {
                    openLlmetryMessage("gen_ai.prompt." + i, call.input().get(i));
                }
                call.output()
                        .ifPresent(answer -> openLlmetryMessage("gen_ai.completion.0", answer));
            }
            case ToolUse use -> entity("tool", use.tool(), use.arguments(), use.result());
            case AgentTurn turn -> entity("agent", turn.agent(), turn.input(), turn.output());
            case Retrieval retrieval ->
                    entity("task", "retrieval", retrieval.query(), retrieval.documents());
            case Embedding embedding -> {
                out.text("llm.request.type", "embedding");
                out.text("gen_ai.request.model", embedding.model());
                out.number("gen_ai.usage.prompt_tokens", embedding.tokens());
                out.text("gen_ai.prompt.0.content", embedding.text());
            }
            case Step step -> entity("workflow", span.name(), step.input(), step.output());
        }
    }

    private void entity(String kind, String name, String input, String output) {
        out.text("traceloop.span.kind", kind);
        out.text("traceloop.entity.name", name);
        out.text("traceloop.entity.input", input);
        if (!output.isEmpty()) {
            out.text("traceloop.entity.output", output);
        }
    }

    private void openLlmetryMessage(String prefix, Message message) {
        out.text(prefix + ".role", message.role().id());
        if (!message.text().isEmpty()) {
            out.text(prefix + ".content", message.text());
        }
        int calls = 0;
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolCall(String id, String tool, String arguments)) {
                String at = prefix + ".tool_calls." + calls++;
                out.text(at + ".id", id);
                out.text(at + ".name", tool);
                out.text(at + ".arguments", arguments);
            } else if (part instanceof Part.ToolResult(String id, _)) {
                out.text(prefix + ".tool_call_id", id);
            }
        }
    }

    private void vercel() {
        switch (span.work()) {
            case ModelCall call -> {
                out.text("operation.name", "ai.generateText.doGenerate");
                out.text("ai.operationId", "ai.generateText.doGenerate");
                out.text("ai.model.id", call.model());
                out.text("ai.model.provider", call.provider());
                out.text("ai.telemetry.metadata.sessionId", run.sessionId());
                out.text("ai.telemetry.metadata.userId", run.userId());
                out.text("ai.prompt.messages", vercelMessages(call.input()));
                if (call.output().isPresent()) {
                    out.text("ai.response.text", call.output().get().text());
                    String calls = vercelCalls(call.output().get());
                    if (!calls.isEmpty()) {
                        out.text("ai.response.toolCalls", calls);
                    }
                    out.number("ai.usage.promptTokens", call.tokens().input());
                    out.number("ai.usage.completionTokens", call.tokens().output());
                }
            }
            case ToolUse use -> {
                out.text("operation.name", "ai.toolCall");
                out.text("ai.operationId", "ai.toolCall");
                out.text("ai.toolCall.name", use.tool());
                out.text("ai.toolCall.id", use.callId());
                out.text("ai.toolCall.args", use.arguments());
                out.text("ai.toolCall.result", JsonString.of(use.result()));
            }
            case AgentTurn _, Retrieval _, Embedding _, Step _ -> genAi();
        }
    }

    private static String vercelMessages(List<Message> messages) {
        StringBuilder json = new StringBuilder("[");
        for (Message message : messages) {
            json.append(json.length() > 1 ? "," : "").append("{\"role\":\"");
            json.append(message.role().id()).append("\",\"content\":");
            if (message.parts().getFirst() instanceof Part.ToolResult(String id, String result)) {
                json.append("[{\"type\":\"tool-result\",\"toolCallId\":\"").append(id);
                JsonString.append(json.append("\",\"output\":"), result).append("}]");
            } else {
                JsonString.append(json, message.text());
            }
            json.append('}');
        }
        return json.append(']').toString();
    }

    private static String vercelCalls(Message message) {
        StringBuilder json = new StringBuilder();
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolCall(String id, String tool, String arguments)) {
                json.append(json.isEmpty() ? "[" : ",").append("{\"toolCallId\":\"").append(id);
                json.append("\",\"toolName\":\"").append(tool).append("\",\"args\":");
                JsonString.append(json, arguments).append('}');
            }
        }
        return json.isEmpty() ? "" : json.append(']').toString();
    }
}
