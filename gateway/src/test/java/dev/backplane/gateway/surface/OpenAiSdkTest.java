package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.backplane.core.Field;
import dev.backplane.gateway.Harness;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OpenAI's own Java client against the surface.
@Timeout(60)
class OpenAiSdkTest {
    private final Harness harness = new Harness();
    private final OpenAIClient client =
            OpenAIOkHttpClient.builder().baseUrl(harness.url()).apiKey("any").maxRetries(0).build();

    @AfterEach
    void close() {
        client.close();
        harness.close();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("m").addUserMessage("hi");
    }

    @Test
    void chats() {
        harness.one.thenJson(
                200,
                "{\"id\":\"c-9\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m-1\","
                        + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                        + "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"t-1\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"f\","
                        + "\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":"
                        + "\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,"
                        + "\"completion_tokens\":4,\"total_tokens\":13}}");

        ChatCompletion answer = client.chat().completions().create(chat().build());
        answer.validate();

        assertThat(answer.id()).isEqualTo("c-9");
        assertThat(answer.choices().getFirst().finishReason().asString()).isEqualTo("tool_calls");
        assertThat(
                        answer.choices()
                                .getFirst()
                                .message()
                                .toolCalls()
                                .orElseThrow()
                                .getFirst()
                                .asFunction()
                                .function()
                                .name())
                .isEqualTo("f");
        assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(13);
        assertThat(harness.span().text(Field.AGENT)).isNotEmpty();
    }

    @Test
    void streams() {
        String head =
                "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":"
                        + "\"m-1\",\"choices\":[";
        harness.one.thenStream(
                head
                        + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"he\"},"
                        + "\"finish_reason\":null}]}",
                head + "{\"index\":0,\"delta\":{\"content\":\"llo\"},\"finish_reason\":null}]}",
                head + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                head
                        + "],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
                        + "\"total_tokens\":3}}",
                "[DONE]");
        ChatCompletionCreateParams params =
                chat().streamOptions(
                                ChatCompletionStreamOptions.builder().includeUsage(true).build())
                        .build();

        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks = stream.stream().toList();
            chunks.forEach(ChatCompletionChunk::validate);

            assertThat(
                            chunks.stream()
                                    .flatMap(chunk -> chunk.choices().stream())
                                    .map(choice -> choice.delta().content().orElse(""))
                                    .toList())
                    .containsExactly("he", "llo", "");
            assertThat(chunks.getLast().usage().orElseThrow().totalTokens()).isEqualTo(3);
        }
        assertThat(harness.span().text(Field.STATUS)).isEqualTo("ok");
    }

    @Test
    void errorsAreThoseOfTheDialect() {
        harness.one.thenJson(429, "{\"error\":{\"message\":\"slow down\"}}");
        harness.two.thenJson(429, "{\"error\":{\"message\":\"slow down, too\"}}");

        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow down, too");
        assertThatThrownBy(() -> client.chat().completions().create(chat().model("other").build()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("'other' is not configured");
    }

    @Test
    void embedsAndLists() {
        harness.one.thenJson(
                200,
                "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                        + "\"embedding\":[0.5,-1.5]}],\"model\":\"m-1\",\"usage\":"
                        + "{\"prompt_tokens\":3,\"total_tokens\":3}}");

        CreateEmbeddingResponse vectors =
                client.embeddings()
                        .create(
                                EmbeddingCreateParams.builder()
                                        .model("m")
                                        .input("a")
                                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                                        .build());

        assertThat(vectors.data().getFirst().embedding()).containsExactly(0.5f, -1.5f);
        assertThat(client.models().list().data())
                .singleElement()
                .satisfies(model -> assertThat(model.id()).isEqualTo("m"));
        assertThat(harness.span().text(Field.KIND)).isEqualTo("embedding");
    }
}
