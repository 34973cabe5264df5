package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.SseException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.models.ModelInfo;
import com.anthropic.models.models.ModelListPage;
import com.anthropic.models.models.ModelListParams;
import dev.backplane.core.Field;
import dev.backplane.gateway.Harness;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Anthropic's own Java client against the surface, with a provider behind it that speaks OpenAI's
/// language.
@Timeout(60)
class AnthropicSdkTest {
    private static final String CHUNK =
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\","
                    + "\"choices\":[";

    private final Harness harness = new Harness();
    private final AnthropicClient client =
            AnthropicOkHttpClient.builder()
                    .baseUrl(harness.root())
                    .apiKey("any")
                    .maxRetries(0)
                    .build();

    @AfterEach
    void close() {
        client.close();
        harness.close();
    }

    private static MessageCreateParams.Builder message() {
        return MessageCreateParams.builder().model("m").maxTokens(100).addUserMessage("hi");
    }

    private static Tool tool() {
        return Tool.builder()
                .name("f")
                .inputSchema(
                        Tool.InputSchema.builder()
                                .putAdditionalProperty(
                                        "properties",
                                        JsonValue.from(Map.of("a", Map.of("type", "integer"))))
                                .build())
                .build();
    }

    /// What a provider keeps of a conversation is not here, and an answer without it would be
    /// wrong.
    @Test
    void threadsAreRefusedInTheWordsThatLibrariesKnow() {
        MessageCreateParams params =
                message()
                        .putAdditionalBodyProperty(
                                "thread",
                                JsonValue.from(
                                        Map.of("type", "continue", "previous_message_id", "m")))
                        .build();

        assertThatThrownBy(() -> client.messages().create(params))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        refused ->
                                assertThat(refused.body().toString())
                                        .contains("error_code=thread_unsupported_request"));
        assertThat(harness.one.received()).isEmpty();
    }

    @Test
    void answersWhole() {
        harness.one.thenJson(
                200,
                "{\"id\":\"c-9\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m-1\","
                        + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                        + "\"reasoning_content\":\"hm\",\"content\":\"see\",\"tool_calls\":["
                        + "{\"id\":\"t-1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                        + "\"arguments\":\"{\\\"a\\\": 1}\"}}]},\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":6}}}");

        Message answer =
                client.messages().create(message().system("be short").addTool(tool()).build());
        answer.validate();

        assertThat(answer.id()).isEqualTo("c-9");
        assertThat(answer.content()).hasSize(3);
        assertThat(answer.content().get(0).asThinking().thinking()).isEqualTo("hm");
        assertThat(answer.content().get(1).asText().text()).isEqualTo("see");
        assertThat(answer.content().get(2).asToolUse().name()).isEqualTo("f");
        assertThat(answer.stopReason().orElseThrow().asString()).isEqualTo("tool_use");
        assertThat(answer.usage().inputTokens()).isEqualTo(3);
        assertThat(answer.usage().cacheReadInputTokens()).hasValue(6L);
        assertThat(harness.one.received().getFirst().body().text())
                .startsWith(
                        "{\"model\":\"m-1\",\"messages\":[{\"role\":\"system\",\"content\":"
                                + "\"be short\"},{\"role\":\"user\",\"content\":\"hi\"}],"
                                + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"");
        assertThat(harness.span().text(Field.STATUS)).isEqualTo("ok");
    }

    @Test
    void streamsWithTools() {
        harness.one.thenStream(
                CHUNK + "{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}",
                CHUNK + "{\"index\":0,\"delta\":{\"content\":\"hel\"}}]}",
                CHUNK + "{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}",
                CHUNK
                        + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t-1\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"f\","
                        + "\"arguments\":\"\"}}]}}]}",
                CHUNK
                        + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
                        + "{\"arguments\":\"{\\\"a\\\":\"}}]}}]}",
                CHUNK
                        + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
                        + "{\"arguments\":\" 1}\"}}]}}]}",
                CHUNK
                        + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"t-2\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"g\","
                        + "\"arguments\":\"{}\"}}]}}]}",
                CHUNK + "{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}",
                CHUNK + "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}",
                "[DONE]");
        MessageAccumulator whole = MessageAccumulator.create();

        try (StreamResponse<RawMessageStreamEvent> stream =
                client.messages().createStreaming(message().addTool(tool()).build())) {
            stream.stream().forEach(event -> whole.accumulate(event.validate()));
        }

        Message answer = whole.message();
        assertThat(answer.content()).hasSize(4);
        assertThat(answer.content().get(0).asThinking().thinking()).isEqualTo("hm");
        assertThat(answer.content().get(1).asText().text()).isEqualTo("hello");
        assertThat(answer.content().get(2).asToolUse()._input())
                .isEqualTo(JsonValue.from(Map.of("a", 1)));
        assertThat(answer.content().get(3).asToolUse().id()).isEqualTo("t-2");
        assertThat(answer.stopReason().orElseThrow().asString()).isEqualTo("tool_use");
        assertThat(answer.usage().outputTokens()).isEqualTo(2);
    }

    @Test
    void errorsAreThoseOfTheDialect() {
        harness.one.thenJson(429, "{\"error\":{\"message\":\"slow down\"}}");
        harness.two.thenJson(429, "{\"error\":{\"message\":\"slow down, too\"}}");

        assertThatThrownBy(() -> client.messages().create(message().build()))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow down, too");
        assertThatThrownBy(() -> client.messages().create(message().model("other").build()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("'other' is not configured");
        assertThatThrownBy(() ->
                        client.messages()
                                .create(
                                        message()
                                                .putAdditionalHeader(
                                                        "anthropic-version", "2023-01-01")
                                                .build()))
                .hasMessageContaining("anthropic-version 2023-01-01 is not supported");
        assertThatThrownBy(() ->
                        client.messages()
                                .countTokens(
                                        MessageCountTokensParams.builder()
                                                .model("m")
                                                .addUserMessage("hi")
                                                .build()))
                .isInstanceOfSatisfying(
                        AnthropicServiceException.class,
                        refused -> assertThat(refused.statusCode()).isEqualTo(501))
                .hasMessageContaining("tokens cannot be counted by this provider");
    }

    @Test
    void listsModelsAsItsOwnServiceDoes() {
        ModelListPage page = client.models().list(ModelListParams.builder().limit(1).build());

        ModelInfo model = page.autoPager().stream().toList().getFirst().validate();
        assertThat(model.id()).isEqualTo("m");
        assertThat(client.models().retrieve("m").validate()).isEqualTo(model);
        assertThatThrownBy(() -> client.models().retrieve("other"))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("'other' is not configured");
        assertThatThrownBy(() -> client.models().list(ModelListParams.builder().limit(0).build()))
                .hasMessageContaining("limit is no number from 1 to 1000");
    }

    /// The client asks again after any status of 500 and above unless it is told not to.
    @Test
    void whatNobodyCanAnswerIsAskedOnce() {
        AnthropicClient persistent =
                AnthropicOkHttpClient.builder().baseUrl(harness.root()).apiKey("any").build();

        assertThatThrownBy(() ->
                        persistent
                                .messages()
                                .countTokens(
                                        MessageCountTokensParams.builder()
                                                .model("m")
                                                .addUserMessage("hi")
                                                .build()))
                .isInstanceOfSatisfying(
                        AnthropicServiceException.class,
                        refused ->
                                assertThat(refused.headers().values("x-should-retry"))
                                        .containsExactly("false"));
        persistent.close();
    }

    @Test
    void anAnswerThatBreaksOffEndsWithAnError() {
        harness.one.thenStream(CHUNK + "{\"index\":0,\"delta\":{\"content\":\"hel\"}}]}");
        StringBuilder text = new StringBuilder();

        assertThatThrownBy(
                        () -> {
                            try (StreamResponse<RawMessageStreamEvent> stream =
                                    client.messages().createStreaming(message().build())) {
                                stream.stream()
                                        .flatMap(event -> event.contentBlockDelta().stream())
                                        .forEach(delta ->
                                                text.append(delta.delta().asText().text()));
                            }
                        })
                .isInstanceOf(SseException.class)
                .hasMessageContaining("answer ended before it was complete");
        assertThat(text.toString()).isEqualTo("hel");
    }
}
