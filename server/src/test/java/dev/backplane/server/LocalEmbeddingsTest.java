package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A local model for embeddings behind OpenAI's and Ollama's surfaces.
class LocalEmbeddingsTest {
    @TempDir static Path folder;
    private static TestServer server;

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 64);
        server =
                new TestServer(
                        folder.resolve("data"),
                        """
                        models:
                          vectors: {path: "%1$s", pooling: mean}
                          answers: {path: "%1$s"}
                        local: {threads: 1, memory: 1GiB}
                        gateway: {discover: "off"}
                        """
                                .formatted(file));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonTree.Fields json(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return (JsonTree.Fields) JsonTree.parse(response.body(), "answer");
    }

    private static HttpResponse<String> embed(String input, String more) throws Exception {
        return server.post(
                "/v1/embeddings",
                "{\"model\": \"vectors\", \"input\": %s%s}".formatted(input, more));
    }

    private static JsonTree vector(JsonTree.Fields answer, int index) {
        JsonTree.Items data = (JsonTree.Items) answer.find("data").orElseThrow();
        return ((JsonTree.Fields) data.values().get(index)).find("embedding").orElseThrow();
    }

    private static float[] numbers(JsonTree json) {
        List<JsonTree> values = ((JsonTree.Items) json).values();
        float[] numbers = new float[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) ((JsonTree.Number) values.get(i)).real();
        }
        return numbers;
    }

    @Test
    void answersBothDialectsAlike() throws Exception {
        JsonTree.Fields openAi = json(embed("[\"The sky\", \"Cats purr\"]", ""));
        float[] first = numbers(vector(openAi, 0));
        assertThat(first).hasSize(64).isNotEqualTo(numbers(vector(openAi, 1)));
        assertThat(numbers(vector(json(embed("\"The sky\"", "")), 0))).containsExactly(first);
        JsonTree usage = openAi.find("usage").orElseThrow();
        assertThat(((JsonTree.Fields) usage).find("prompt_tokens")).isPresent();

        JsonTree.Fields ollama =
                json(
                        server.post(
                                "/api/embed",
                                "{\"model\": \"vectors\", \"input\": [\"The sky\"]}"));
        JsonTree.Items all = (JsonTree.Items) ollama.find("embeddings").orElseThrow();
        assertThat(numbers(all.values().getFirst())).containsExactly(first);

        String text =
                ((JsonTree.Text)
                                vector(
                                        json(
                                                embed(
                                                        "\"The sky\"",
                                                        ", \"encoding_format\": \"base64\"")),
                                        0))
                        .value();
        ByteBuffer bytes =
                ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : first) {
            assertThat(bytes.getFloat()).isEqualTo(number);
        }
        float[] less = numbers(vector(json(embed("\"The sky\"", ", \"dimensions\": 16")), 0));
        assertThat(less).hasSize(16);
        assertThat(less[1] / less[0]).isCloseTo(first[1] / first[0], within(1e-3f));
    }

    @Test
    void cutsNothingUnlessItIsAskedTo() throws Exception {
        String text = "\"" + "sky ".repeat(200) + "\"";
        HttpResponse<String> refused = embed(text, "");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body())
                .contains("context_length_exceeded")
                .contains("holds 64")
                .contains("input[0]");
        HttpResponse<String> cut = embed(text, ", \"truncate\": true");
        assertThat(numbers(vector(json(cut), 0))).hasSize(64);
        assertThat(cut.headers().firstValue("X-Backplane-Ignored").orElse(""))
                .isEqualTo("input.tokens_beyond_64_in_1_of_1");
        assertThat(embed("\"sky\"", ", \"truncate\": true").headers().map())
                .doesNotContainKey("x-backplane-ignored");
        float[] few = numbers(vector(json(embed(text, ", \"truncate_prompt_tokens\": 3")), 0));
        assertThat(few).isNotEqualTo(numbers(vector(json(embed(text, ", \"truncate\": true")), 0)));
        assertThat(embed(text, ", \"truncate_prompt_tokens\": 65").statusCode()).isEqualTo(400);
    }

    @Test
    void saysWhatAModelIsFor() throws Exception {
        HttpResponse<String> chat =
                server.post(
                        "/v1/chat/completions",
                        """
                        {"model": "vectors", "messages": [{"role": "user", "content": "Hi"}]}
                        """);
        assertThat(chat.statusCode()).isEqualTo(400);
        assertThat(chat.body()).contains("makes embeddings");
        HttpResponse<String> vectors =
                server.post("/v1/embeddings", "{\"model\": \"answers\", \"input\": \"Hi\"}");
        assertThat(vectors.statusCode()).isEqualTo(400);
        assertThat(vectors.body()).contains("pooling");
        assertThat(embed("\"a\"", ", \"dimensions\": 65").body()).contains("64");
        assertThat(embed("\"\"", "").statusCode()).isEqualTo(400);
    }
}
