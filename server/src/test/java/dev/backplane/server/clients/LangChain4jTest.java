package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.anthropic.AnthropicModelCatalog;
import dev.langchain4j.model.anthropic.AnthropicTokenCountEstimator;
import dev.langchain4j.model.catalog.ModelCatalog;
import dev.langchain4j.model.catalog.ModelDescription;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiModelCatalog;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// LangChain4j, which has a client for each language that is spoken here, in front of each
/// provider.
@Timeout(60)
class LangChain4jTest {
    private static final List<String> PROVIDERS = List.of("on-openai", "on-anthropic", "on-gemini");

    @TempDir static Path data;
    private static ModelServer server;

    @BeforeAll
    static void start() throws Exception {
        server = new ModelServer(data);
    }

    @AfterAll
    static void close() {
        server.close();
    }

    static Stream<Arguments> everyPair() {
        return Stream.of(LangChain4jClient.values())
                .flatMap(client -> PROVIDERS.stream().map(model -> Arguments.of(client, model)));
    }

    private static ChatModel chat(LangChain4jClient client, String model) {
        return client.chat(server.root(), ModelServer.KEY, model);
    }

    private static StreamingChatModel streaming(LangChain4jClient client, String model) {
        return client.streaming(server.root(), ModelServer.KEY, model);
    }

    /// What a stream told.
    private static class Told implements StreamingChatResponseHandler {
        final List<String> pieces = new CopyOnWriteArrayList<>();
        final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();

        ChatResponse whole() throws Exception {
            return whole.get(30, TimeUnit.SECONDS);
        }

        @Override
        public void onPartialResponse(String piece) {
            pieces.add(piece);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            whole.completeExceptionally(error);
        }
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void chats(LangChain4jClient client, String model) {
        ChatResponse answer = chat(client, model).chat(UserMessage.from("hi"));

        assertThat(answer.aiMessage().text()).isEqualTo("you said hi");
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(9);
        assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(4);
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void streams(LangChain4jClient client, String model) throws Exception {
        Told told = new Told();

        streaming(client, model).chat("hi", told);

        ChatResponse answer = told.whole();
        assertThat(told.pieces).hasSizeGreaterThan(1);
        assertThat(String.join("", told.pieces)).isEqualTo("you said hi");
        assertThat(answer.aiMessage().text()).isEqualTo("you said hi");
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(4);
    }

    /// A tool as users write them.
    static final class Weather {
        final List<String> asked = new CopyOnWriteArrayList<>();

        @Tool("Tells the weather.")
        String weather(String city, int days) {
            asked.add(city + " " + days);
            return "sun in " + city;
        }
    }

    interface Guide {
        String ask(String question);
    }

    interface StreamingGuide {
        TokenStream ask(String question);
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void callsTools(LangChain4jClient client, String model) {
        Weather weather = new Weather();
        Guide guide =
                AiServices.builder(Guide.class)
                        .chatModel(chat(client, model))
                        .tools(weather)
                        .build();

        assertThat(guide.ask("weather?")).isEqualTo("tools say sun in Oslo");
        assertThat(weather.asked).containsExactly("Oslo 21");
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void callsToolsInStreams(LangChain4jClient client, String model) throws Exception {
        Weather weather = new Weather();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        List<String> pieces = new CopyOnWriteArrayList<>();

        AiServices.builder(StreamingGuide.class)
                .streamingChatModel(streaming(client, model))
                .tools(weather)
                .build()
                .ask("weather?")
                .onPartialResponse(pieces::add)
                .onCompleteResponse(whole::complete)
                .onError(whole::completeExceptionally)
                .start();

        whole.get(30, TimeUnit.SECONDS);
        assertThat(String.join("", pieces)).isEqualTo("tools say sun in Oslo");
        assertThat(weather.asked).containsExactly("Oslo 21");
    }

    record City(String name, int people) {}

    interface Atlas {
        City find(String about);
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void answersInAForm(LangChain4jClient client, String model) {
        Atlas atlas = AiServices.create(Atlas.class, chat(client, model));

        assertThat(atlas.find("a city")).isEqualTo(new City("Oslo", 21));
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void seesImages(LangChain4jClient client, String model) {
        UserMessage message =
                UserMessage.from(
                        TextContent.from("what is it?"),
                        ImageContent.from("iVBORw0KGgo=", "image/png"));

        String seen = chat(client, model).chat(message).aiMessage().text();

        // Ollama's form has no place for what kind of image it is.
        assertThat(seen).isEqualTo("I see image/png");
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void stopsTheModelWhenTold(LangChain4jClient client, String model) throws Exception {
        Told told =
                new Told() {
                    @Override
                    public void onPartialResponse(
                            PartialResponse piece, PartialResponseContext context) {
                        context.streamingHandle().cancel();
                    }
                };

        streaming(client, model).chat("stall", told);

        assertThat(server.model.wasLeft()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void failuresAreWhatTheyAre(LangChain4jClient client, String model) {
        ChatModel chat = chat(client, model);
        // A target that fails too often in a row is left alone for a while.
        assertThat(chat.chat("hi")).isEqualTo("you said hi");

        assertThatThrownBy(() -> chat.chat("fail 429"))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("told to fail with 429");
        assertThatThrownBy(() -> chat.chat("fail 400"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("told to fail with 400");
        assertThatThrownBy(() -> client.chat(server.root(), "wrong", model).chat("hi"))
                .isInstanceOf(AuthenticationException.class)
                .hasMessageContaining("key is not known");
        assertThatThrownBy(() -> chat(client, "nobody").chat("hi"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("'nobody' is not configured");
    }

    @ParameterizedTest
    @EnumSource
    void failuresOfStreamsAreWhatTheyAre(LangChain4jClient client) {
        Told told = new Told();

        streaming(client, "on-openai").chat("fail 400", told);

        assertThatThrownBy(told::whole)
                .hasCauseInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("told to fail with 400");
    }

    @Test
    void embeds() {
        List<EmbeddingModel> clients =
                List.of(
                        OpenAiEmbeddingModel.builder()
                                .baseUrl(server.root() + "/v1")
                                .apiKey(ModelServer.KEY)
                                .modelName("on-openai")
                                .build(),
                        OllamaEmbeddingModel.builder()
                                .baseUrl(server.root())
                                .customHeaders(Map.of("Authorization", "Bearer " + ModelServer.KEY))
                                .modelName("on-openai")
                                .build());
        for (EmbeddingModel client : clients) {
            List<float[]> vectors = new ArrayList<>();
            client
                    .embedAll(List.of(TextSegment.from("a"), TextSegment.from("b")))
                    .content()
                    .stream()
                    .map(Embedding::vector)
                    .forEach(vectors::add);

            assertThat(vectors).containsExactly(new float[] {0, -0.5f}, new float[] {1, -0.5f});
        }
    }

    @Test
    void listsModels() {
        List<ModelCatalog> catalogs =
                List.of(
                        OpenAiModelCatalog.builder()
                                .baseUrl(server.root() + "/v1")
                                .apiKey(ModelServer.KEY)
                                .build(),
                        AnthropicModelCatalog.builder()
                                .baseUrl(server.root() + "/v1/")
                                .apiKey(ModelServer.KEY)
                                .build());
        for (ModelCatalog catalog : catalogs) {
            assertThat(catalog.listModels().stream().map(ModelDescription::name))
                    .containsExactlyElementsOf(PROVIDERS);
        }
    }

    @Test
    void countsTokensWhereTheProviderDoes() {
        AnthropicTokenCountEstimator counter =
                AnthropicTokenCountEstimator.builder()
                        .baseUrl(server.root() + "/v1/")
                        .apiKey(ModelServer.KEY)
                        .modelName("on-anthropic")
                        .build();

        assertThat(counter.estimateTokenCountInText("hi")).isEqualTo(7);
    }
}
