package dev.backplane.ingest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import dev.backplane.ingest.Otlp;
import dev.backplane.ingest.otlp.OtlpDecoder;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialectTest {
    private static SpanData read(Span.Builder span) {
        return OtlpDecoder.protobuf(Otlp.request(span), Otlp.CONTEXT).events().getFirst().data();
    }

    private static SpanData read(Object... attributes) {
        return read(Otlp.span(attributes));
    }

    @Test
    void aSpanOfNoDialectIsOther() {
        SpanData data = read("http.route", "/x", "user.id", "ann", "session.id", "s1");

        assertThat(data.text(Field.KIND)).isEqualTo("other");
        assertThat(data.text(Field.DIALECT)).isEqualTo("other");
        assertThat(data.text(Field.USER_ID)).isEqualTo("ann");
        assertThat(data.text(Field.SESSION_ID)).isEqualTo("s1");
        assertThat(data.has(Field.INPUT)).isFalse();
    }

    @Test
    void cachedTokensOutsideTheInputAreAddedOnce() {
        SpanData apart =
                read(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.usage.input_tokens", 2,
                        "gen_ai.usage.output_tokens", 5,
                        "gen_ai.usage.cache_read.input_tokens", 47_105,
                        "gen_ai.usage.cache_creation.input_tokens", 1_076);
        SpanData inside =
                read(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.usage.input_tokens", 48_183,
                        "gen_ai.usage.output_tokens", 5,
                        "gen_ai.usage.cache_read.input_tokens", 47_105,
                        "gen_ai.usage.cache_creation.input_tokens", 1_076);

        assertThat(apart.number(Field.INPUT_TOKENS, 0)).isEqualTo(48_183);
        assertThat(inside.number(Field.INPUT_TOKENS, 0)).isEqualTo(48_183);
        assertThat(inside.number(Field.CACHE_WRITE_TOKENS, 0)).isEqualTo(1_076);
    }

    @Test
    void reasoningOutsideTheOutputIsSeenByTheTotal() {
        SpanData data =
                read(
                        "openinference.span.kind", "LLM",
                        "llm.token_count.prompt", 100,
                        "llm.token_count.completion", 50,
                        "llm.token_count.completion_details.reasoning", 30,
                        "llm.token_count.total", 180);

        assertThat(data.number(Field.OUTPUT_TOKENS, 0)).isEqualTo(80);
        assertThat(data.number(Field.REASONING_TOKENS, 0)).isEqualTo(30);
    }

    @Test
    void theSendersCostCounts() {
        SpanData data =
                read(
                        "openinference.span.kind",
                        "LLM",
                        "llm.model_name",
                        "gpt-4o",
                        "llm.token_count.prompt",
                        100,
                        "llm.cost.total",
                        0.25);

        assertThat(data.get(Field.COST)).contains(Value.of(0.25));
    }

    @Test
    void anUnknownModelHasNoCost() {
        SpanData data =
                read(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.request.model", "gpt-4o-new-variant",
                        "gen_ai.usage.input_tokens", 100);

        assertThat(data.has(Field.COST)).isFalse();
    }

    @Test
    void anAgentsTotalsAreKeptAsMetrics() {
        SpanData data =
                read(
                        "gen_ai.operation.name", "invoke_agent",
                        "gen_ai.agent.name", "helper",
                        "gen_ai.usage.input_tokens", 100);

        assertThat(data.text(Field.AGENT)).isEqualTo("helper");
        assertThat(data.has(Field.INPUT_TOKENS)).isFalse();
        assertThat(data.get(Field.METRICS)).contains(Value.json("{\"input_tokens\":100}"));
    }

    @Test
    void errorsComeFromStatusThenException() {
        SpanData status =
                read(
                        Otlp.span()
                                .setStatus(
                                        Status.newBuilder()
                                                .setCode(Status.StatusCode.STATUS_CODE_ERROR)
                                                .setMessage("rate limited")));
        SpanData exception =
                read(
                        Otlp.span()
                                .setStatus(
                                        Status.newBuilder()
                                                .setCode(Status.StatusCode.STATUS_CODE_ERROR))
                                .addEvents(
                                        Span.Event.newBuilder()
                                                .setName("exception")
                                                .addAttributes(
                                                        Otlp.attribute(
                                                                "exception.message", "boom"))));

        assertThat(status.text(Field.STATUS)).isEqualTo("error");
        assertThat(status.text(Field.ERROR)).isEqualTo("rate limited");
        assertThat(exception.text(Field.ERROR)).isEqualTo("boom");
    }

    @Test
    void openInferencePartsToolsAndDocumentsAreRebuilt() {
        String in = "llm.input_messages.0.message.";
        SpanData data =
                read(
                        "openinference.span.kind",
                        "LLM",
                        in + "role",
                        "user",
                        in + "contents.0.message_content.type",
                        "text",
                        in + "contents.0.message_content.text",
                        "what is \"this\"?",
                        in + "contents.1.message_content.type",
                        "image",
                        in + "contents.1.message_content.image.image.url",
                        "https://x/y.png",
                        "llm.tools.0.tool.json_schema",
                        "{\"type\":\"function\"}",
                        "metadata",
                        "{\"a\":1}",
                        "tag.tags",
                        List.of("x", "y"));

        assertThat(data.get(Field.INPUT))
                .contains(
                        Value.json(
                                """
                                [{"role":"user","content":[\
                                {"type":"text","text":"what is \\"this\\"?"},\
                                {"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]\
                                """));
        assertThat(data.get(Field.TOOLS)).contains(Value.json("[{\"type\":\"function\"}]"));
        assertThat(data.get(Field.METADATA)).contains(Value.json("{\"a\":1}"));
        assertThat(data.get(Field.TAGS)).contains(Value.json("[\"x\",\"y\"]"));

        SpanData retriever =
                read(
                        "openinference.span.kind", "RETRIEVER",
                        "input.value", "query",
                        "retrieval.documents.0.document.id", "d1",
                        "retrieval.documents.0.document.score", 0.5);
        assertThat(retriever.text(Field.KIND)).isEqualTo("retriever");
        assertThat(retriever.text(Field.INPUT)).isEqualTo("query");
        assertThat(retriever.get(Field.OUTPUT))
                .contains(Value.json("[{\"id\":\"d1\",\"score\":0.5}]"));
    }

    @Test
    void messagesOfMoreThanTenKeepTheirOrder() {
        Object[] attributes = new Object[24];
        for (int i = 0; i < 12; i++) {
            attributes[2 * i] = "gen_ai.prompt.%d.content".formatted(11 - i);
            attributes[2 * i + 1] = "m" + (11 - i);
        }

        String input = Values.text(read(attributes).get(Field.INPUT).orElseThrow());

        assertThat(input.indexOf("m9")).isBetween(input.indexOf("m2"), input.indexOf("m10"));
    }

    @Test
    void langfuseErrorsFirstTokenAndCost() {
        String o = "langfuse.observation.";
        SpanData data =
                read(
                        o + "type",
                        "generation",
                        o + "level",
                        "ERROR",
                        o + "status_message",
                        "too long",
                        o + "completion_start_time",
                        "\"2025-10-09T08:53:20.250Z\"",
                        o + "cost_details",
                        "{\"input\":0.5,\"output\":0.25}",
                        o + "metadata.team",
                        "red",
                        "langfuse.trace.tags",
                        List.of("a"));

        assertThat(data.text(Field.STATUS)).isEqualTo("error");
        assertThat(data.text(Field.ERROR)).isEqualTo("too long");
        assertThat(data.get(Field.TIME_TO_FIRST_TOKEN_MS)).contains(Value.of(250.0));
        assertThat(data.get(Field.COST)).contains(Value.of(0.75));
        assertThat(data.get(Field.METADATA)).contains(Value.json("{\"team\":\"red\"}"));
    }

    @Test
    void langfuseInOpenAisNamesHoldsCachedTokensInside() {
        SpanData data =
                read(
                        "langfuse.observation.type", "generation",
                        "langfuse.observation.usage_details",
                                """
                                {"prompt_tokens":100,"completion_tokens":20,\
                                "prompt_tokens_details":{"cached_tokens":60}}\
                                """);

        assertThat(data.number(Field.INPUT_TOKENS, 0)).isEqualTo(100);
        assertThat(data.number(Field.CACHED_TOKENS, 0)).isEqualTo(60);
    }

    @Test
    void aBraintrustParentAloneIsNotBraintrust() {
        SpanData data = read("braintrust.parent", "project_name:x", "gen_ai.system", "openai");

        assertThat(data.text(Field.DIALECT)).isEqualTo("gen_ai_legacy");
        assertThat(data.text(Field.PROVIDER)).isEqualTo("openai");
    }

    @Test
    void pydanticAiEventsBecomeMessages() {
        SpanData data =
                read(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.system", "openai",
                        "model_request_parameters", "{\"function_tools\":[{\"name\":\"t\"}]}",
                        "events",
                                """
                                [{"content":"hi","role":"user","event.name":"gen_ai.user.message"},\
                                {"event.name":"gen_ai.choice","index":0,\
                                "message":{"role":"assistant","content":"yo"}}]\
                                """);

        assertThat(data.get(Field.OUTPUT))
                .contains(Value.json("[{\"role\":\"assistant\",\"content\":\"yo\"}]"));
        assertThat(Values.text(data.get(Field.INPUT).orElseThrow())).contains("\"hi\"");
        assertThat(data.get(Field.TOOLS)).contains(Value.json("[{\"name\":\"t\"}]"));
    }

    @Test
    void textThatOnlyLooksLikeJsonStaysText() {
        SpanData data =
                read(
                        "openinference.span.kind", "CHAIN",
                        "input.value", "[INST] hello",
                        "output.value", "{\"a\":1}");

        assertThat(data.get(Field.INPUT)).contains(Value.text("[INST] hello"));
        assertThat(data.get(Field.OUTPUT)).contains(Value.json("{\"a\":1}"));
    }

    @Test
    void evaluationsBecomeScores() {
        SpanData data =
                read(
                        Otlp.span("gen_ai.operation.name", "chat")
                                .addEvents(
                                        Span.Event.newBuilder()
                                                .setName("gen_ai.evaluation.result")
                                                .addAttributes(
                                                        Otlp.attribute(
                                                                "gen_ai.evaluation.name",
                                                                "relevance"))
                                                .addAttributes(
                                                        Otlp.attribute(
                                                                "gen_ai.evaluation.score.value",
                                                                0.5))));

        assertThat(data.get(Field.SCORES)).contains(Value.json("{\"relevance\":0.5}"));
    }
}
