package dev.backplane.ingest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.Otlp;
import dev.backplane.ingest.braintrust.Logs3;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.otlp.OtlpDecoder;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Acceptance test 12: an agent that asks a model, which calls a tool, told in each dialect, is the
/// same tree with the same kinds, tokens, cost and messages.
class FiveDialectsTest {
    private static final String TRACE = "00000000000000000000000000000001";
    private static final String ROOT = "0000000000000001";
    private static final String MODEL = "0000000000000002";
    private static final String TOOL = "0000000000000003";
    private static final long START = 1_760_000_000_000_000_000L;

    private static final String CHAT =
            """
            [{"role":"system","content":"be kind"},{"role":"user","content":"weather?"}]\
            """;
    private static final String PARTS =
            """
            [{"role":"user","parts":[{"type":"text","content":"weather?"}]}]\
            """;
    private static final String ANSWER =
            """
            [{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",\
            "function":{"name":"weather","arguments":"{\\"city\\":\\"Paris\\"}"}}]}]\
            """;

    enum Dialects {
        GEN_AI,
        GEN_AI_LEGACY,
        OPENINFERENCE,
        OPENLLMETRY,
        VERCEL,
        LANGFUSE,
        BRAINTRUST_OTEL,
        LOGS3;

        List<SpanEvent> events() {
            return switch (this) {
                case GEN_AI -> decode(genAi());
                case GEN_AI_LEGACY -> decode(genAiLegacy());
                case OPENINFERENCE -> decode(openInference());
                case OPENLLMETRY -> decode(openLlmetry());
                case VERCEL -> decode(vercel());
                case LANGFUSE -> decode(langfuse());
                case BRAINTRUST_OTEL -> decode(braintrust());
                case LOGS3 -> logs3();
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyDialectTellsTheSameStory(Dialects dialect) {
        Map<String, SpanData> spans = new LinkedHashMap<>();
        for (SpanEvent event : dialect.events()) {
            assertThat(event.key()).isEqualTo(new SpanKey("default", TRACE, event.key().span()));
            spans.put(event.key().span(), event.data());
        }

        assertThat(spans).containsOnlyKeys(ROOT, MODEL, TOOL);
        assertThat(spans.get(ROOT).has(Field.PARENT_ID)).isFalse();
        assertThat(spans.get(MODEL).text(Field.PARENT_ID)).isEqualTo(ROOT);
        assertThat(spans.get(TOOL).text(Field.PARENT_ID)).isEqualTo(ROOT);
        assertThat(spans.get(ROOT).text(Field.KIND)).isEqualTo("agent");
        assertThat(spans.get(TOOL).text(Field.KIND)).isEqualTo("tool");
        assertThat(text(spans.get(TOOL), Field.INPUT)).isEqualTo("{\"city\":\"Paris\"}");
        assertThat(text(spans.get(TOOL), Field.OUTPUT)).isEqualTo("sunny");
        model(spans.get(MODEL));
        // A trace's totals are those of its calls: the agent must not add them again.
        assertThat(spans.get(ROOT).has(Field.INPUT_TOKENS)).isFalse();
        assertThat(spans.get(ROOT).has(Field.COST)).isFalse();
    }

    private static void model(SpanData data) {
        assertThat(data.text(Field.KIND)).isEqualTo("llm");
        assertThat(data.text(Field.MODEL)).isEqualTo("claude-sonnet-4-5-20250929");
        assertThat(data.number(Field.INPUT_TOKENS, -1)).isEqualTo(1_000);
        assertThat(data.number(Field.OUTPUT_TOKENS, -1)).isEqualTo(200);
        assertThat(data.number(Field.CACHED_TOKENS, -1)).isEqualTo(600);
        // 400 at 3 $, 600 at 0.30 $ and 200 at 15 $ a million.
        assertThat(data.get(Field.COST))
                .contains(Value.of((400 * 3.0 + 600 * .3 + 200 * 15) / 1e6));
        assertThat(messages(json(data, Field.INPUT)))
                .containsExactly("system: be kind", "user: weather?");
        assertThat(messages(json(data, Field.OUTPUT)))
                .containsExactly("assistant: weather({\"city\":\"Paris\"})#c1");
    }

    /// Messages of either form as text that can be compared.
    private static List<String> messages(Slice array) {
        List<String> list = new ArrayList<>();
        JsonBytes.elements(array, message -> list.add(message(message)));
        return list;
    }

    private static String message(Slice message) {
        StringBuilder text = new StringBuilder(string(message, "role")).append(": ");
        text.append(string(message, "content"));
        JsonBytes.member(message, "parts")
                .ifPresent(parts ->
                        JsonBytes.elements(
                                parts,
                                part -> {
                                    text.append(string(part, "content"));
                                    if (string(part, "type").equals("tool_call")) {
                                        call(part, part, text);
                                    }
                                }));
        JsonBytes.member(message, "tool_calls")
                .ifPresent(calls ->
                        JsonBytes.elements(
                                calls,
                                call ->
                                        call(
                                                JsonBytes.member(call, "function").orElseThrow(),
                                                call,
                                                text)));
        return text.toString();
    }

    private static void call(Slice function, Slice call, StringBuilder text) {
        Slice arguments = JsonBytes.member(function, "arguments").orElseThrow();
        text.append(string(function, "name")).append('(');
        text.append(JsonBytes.isString(arguments) ? JsonBytes.string(arguments) : arguments.text());
        text.append(")#").append(string(call, "id"));
    }

    private static String string(Slice object, String name) {
        return JsonBytes.member(object, name)
                .filter(JsonBytes::isString)
                .map(JsonBytes::string)
                .orElse("");
    }

    private static Slice json(SpanData data, Field field) {
        assertThat(data.get(field)).containsInstanceOf(Value.Json.class);
        return (Slice) ((Value.Json) data.get(field).orElseThrow()).content();
    }

    private static String text(SpanData data, Field field) {
        return Values.text(data.get(field).orElseThrow());
    }

    private static List<SpanEvent> decode(Span.Builder[] spans) {
        Slice request = Otlp.request(spans);
        return OtlpDecoder.protobuf(request, Otlp.CONTEXT).events();
    }

    private static Span.Builder[] spans(Span.Builder root, Span.Builder model, Span.Builder tool) {
        root.setSpanId(Otlp.id(8, 1));
        model.setSpanId(Otlp.id(8, 2)).setParentSpanId(Otlp.id(8, 1));
        tool.setSpanId(Otlp.id(8, 3)).setParentSpanId(Otlp.id(8, 1));
        return new Span.Builder[] {root, model, tool};
    }

    private static Span.Builder[] genAi() {
        return spans(
                Otlp.span(
                        "gen_ai.operation.name", "invoke_agent",
                        "gen_ai.usage.input_tokens", 1_000,
                        "gen_ai.usage.output_tokens", 200),
                Otlp.span(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.provider.name", "anthropic",
                        "gen_ai.request.model", "claude-sonnet-4-5",
                        "gen_ai.response.model", "claude-sonnet-4-5-20250929",
                        "gen_ai.usage.input_tokens", 1_000,
                        "gen_ai.usage.output_tokens", 200,
                        "gen_ai.usage.cache_read.input_tokens", 600,
                        "gen_ai.system_instructions",
                                "[{\"type\":\"text\",\"content\":\"be kind\"}]",
                        "gen_ai.input.messages", PARTS,
                        "gen_ai.output.messages",
                                """
                                [{"role":"assistant","parts":[{"type":"tool_call","id":"c1",\
                                "name":"weather","arguments":{"city":"Paris"}}]}]\
                                """),
                Otlp.span(
                        "gen_ai.operation.name", "execute_tool",
                        "gen_ai.tool.name", "weather",
                        "gen_ai.tool.call.arguments", "{\"city\":\"Paris\"}",
                        "gen_ai.tool.call.result", "sunny"));
    }

    private static Span.Builder[] genAiLegacy() {
        Span.Builder model =
                Otlp.span(
                        "gen_ai.operation.name",
                        "chat",
                        "gen_ai.system",
                        "anthropic",
                        "gen_ai.response.model",
                        "claude-sonnet-4-5-20250929",
                        "gen_ai.usage.input_tokens",
                        1_000,
                        "gen_ai.usage.output_tokens",
                        200,
                        "gen_ai.usage.cache_read_input_tokens",
                        600);
        model.addEvents(event("gen_ai.system.message", "content", "be kind"));
        model.addEvents(event("gen_ai.user.message", "content", "weather?"));
        model.addEvents(
                event("gen_ai.choice", "message", ANSWER.substring(1, ANSWER.length() - 1)));
        return spans(
                Otlp.span("gen_ai.operation.name", "invoke_agent", "gen_ai.system", "anthropic"),
                model,
                Otlp.span(
                        "gen_ai.operation.name", "execute_tool",
                        "gen_ai.system", "anthropic",
                        "gen_ai.tool.call.arguments", "{\"city\":\"Paris\"}",
                        "gen_ai.tool.call.result", "sunny"));
    }

    private static Span.Event.Builder event(String name, String key, String value) {
        return Span.Event.newBuilder().setName(name).addAttributes(Otlp.attribute(key, value));
    }

    private static Span.Builder[] openInference() {
        String in = "llm.input_messages.";
        String call = "llm.output_messages.0.message.tool_calls.0.tool_call.";
        return spans(
                Otlp.span("openinference.span.kind", "AGENT"),
                Otlp.span(
                        "openinference.span.kind",
                        "LLM",
                        "llm.provider",
                        "anthropic",
                        "llm.model_name",
                        "claude-sonnet-4-5-20250929",
                        "llm.token_count.prompt",
                        1_000,
                        "llm.token_count.completion",
                        200,
                        "llm.token_count.total",
                        1_200,
                        "llm.token_count.prompt_details.cache_read",
                        600,
                        in + "1.message.role",
                        "user",
                        in + "0.message.role",
                        "system",
                        in + "0.message.content",
                        "be kind",
                        "llm.output_messages.0.message.role",
                        "assistant",
                        call + "id",
                        "c1",
                        call + "function.name",
                        "weather",
                        call + "function.arguments",
                        "{\"city\":\"Paris\"}",
                        in + "1.message.content",
                        "weather?",
                        "input.value",
                        "{\"messages\":[]}"),
                Otlp.span(
                        "openinference.span.kind", "TOOL",
                        "input.value", "{\"city\":\"Paris\"}",
                        "input.mime_type", "application/json",
                        "output.value", "sunny"));
    }

    private static Span.Builder[] openLlmetry() {
        return spans(
                Otlp.span("traceloop.span.kind", "agent", "traceloop.entity.name", "helper"),
                Otlp.span(
                        "llm.request.type", "chat",
                        "gen_ai.system", "Anthropic",
                        "gen_ai.response.model", "claude-sonnet-4-5-20250929",
                        "gen_ai.usage.input_tokens", 1_000,
                        "gen_ai.usage.output_tokens", 200,
                        "llm.usage.total_tokens", 1_200,
                        "gen_ai.usage.cache_read_input_tokens", 600,
                        "gen_ai.prompt.0.role", "system",
                        "gen_ai.prompt.0.content", "be kind",
                        "gen_ai.prompt.1.role", "user",
                        "gen_ai.prompt.1.content", "weather?",
                        "gen_ai.completion.0.role", "assistant",
                        "gen_ai.completion.0.tool_calls.0.id", "c1",
                        "gen_ai.completion.0.tool_calls.0.name", "weather",
                        "gen_ai.completion.0.tool_calls.0.arguments", "{\"city\":\"Paris\"}"),
                Otlp.span(
                        "traceloop.span.kind", "tool",
                        "traceloop.entity.input", "{\"city\":\"Paris\"}",
                        "traceloop.entity.output", "sunny"));
    }

    private static Span.Builder[] vercel() {
        return spans(
                Otlp.span(
                        "ai.operationId",
                        "ai.generateText",
                        "ai.model.id",
                        "claude-sonnet-4-5",
                        "ai.usage.promptTokens",
                        1_000,
                        "ai.usage.completionTokens",
                        200),
                Otlp.span(
                        "ai.operationId",
                        "ai.generateText.doGenerate",
                        "ai.model.id",
                        "claude-sonnet-4-5",
                        "ai.model.provider",
                        "anthropic.messages",
                        "ai.response.model",
                        "claude-sonnet-4-5-20250929",
                        // Version 5 leaves cached tokens out of the input and in the total.
                        "ai.usage.inputTokens",
                        400,
                        "ai.usage.cachedInputTokens",
                        600,
                        "ai.usage.outputTokens",
                        200,
                        "ai.usage.totalTokens",
                        1_200,
                        "gen_ai.usage.input_tokens",
                        400,
                        "gen_ai.request.model",
                        "claude-sonnet-4-5",
                        "ai.prompt.messages",
                        CHAT,
                        "ai.response.toolCalls",
                        """
                        [{"toolCallId":"c1","toolName":"weather",\
                        "input":"{\\"city\\":\\"Paris\\"}"}]\
                        """),
                Otlp.span(
                        "ai.operationId", "ai.toolCall",
                        "ai.toolCall.name", "weather",
                        "ai.toolCall.args", "{\"city\":\"Paris\"}",
                        "ai.toolCall.result", "sunny"));
    }

    private static Span.Builder[] langfuse() {
        String o = "langfuse.observation.";
        return spans(
                Otlp.span(o + "type", "agent"),
                Otlp.span(
                        o + "type", "generation",
                        o + "model.name", "claude-sonnet-4-5-20250929",
                        o + "input", CHAT,
                        o + "output", ANSWER,
                        o + "usage_details",
                                "{\"input\":400,\"cache_read_input_tokens\":600,\"output\":200}"),
                Otlp.span(
                        o + "type", "tool",
                        o + "input", "{\"city\":\"Paris\"}",
                        o + "output", "\"sunny\""));
    }

    private static Span.Builder[] braintrust() {
        return spans(
                Otlp.span("braintrust.span_attributes", "{\"type\":\"agent\"}"),
                Otlp.span(
                        "braintrust.span_attributes", "{\"type\":\"llm\"}",
                        "braintrust.metadata", "{\"model\":\"claude-sonnet-4-5-20250929\"}",
                        "braintrust.metrics",
                                """
                                {"prompt_tokens":1000,"completion_tokens":200,"tokens":1200,\
                                "prompt_cached_tokens":600}\
                                """,
                        "braintrust.input_json", CHAT,
                        "braintrust.output_json", ANSWER),
                Otlp.span(
                        "braintrust.span_attributes", "{\"type\":\"tool\"}",
                        "braintrust.input_json", "{\"city\":\"Paris\"}",
                        "braintrust.output_json", "\"sunny\""));
    }

    private static List<SpanEvent> logs3() {
        JsonOut out = new JsonOut().beginObject().name("rows").beginArray();
        row(out, ROOT, "agent", "{}");
        row(
                out,
                MODEL,
                "llm",
                """
                {"input":%s,"output":%s,"metadata":{"model":"claude-sonnet-4-5-20250929"},
                 "metrics":{"start":1760000000,"prompt_tokens":1000,"completion_tokens":200,
                 "prompt_cached_tokens":600}}\
                """
                        .formatted(CHAT, ANSWER));
        row(out, TOOL, "tool", "{\"input\":{\"city\":\"Paris\"},\"output\":\"sunny\"}");
        out.endArray().endObject();
        Logs3.Batch batch = Logs3.decode(out.slice(), Otlp.CONTEXT, Otlp.NO_ROWS);
        assertThat(batch.decoded().rejected()).isEmpty();
        assertThat(batch.decoded().events().get(1).data().number(Field.START_TIME, 0))
                .isEqualTo(START);
        return batch.decoded().events();
    }

    private static void row(JsonOut out, String span, String type, String fields) {
        out.beginObject().name("id").text("row-" + span).name("span_id").text(span);
        out.name("root_span_id").text(TRACE).name("span_attributes").beginObject();
        out.name("type").text(type).endObject().name("span_parents").beginArray();
        if (!span.equals(ROOT)) {
            out.text(ROOT);
        }
        out.endArray();
        JsonBytes.members(Slice.of(fields), (name, value) -> out.name(name).json(value));
        out.endObject();
    }
}
