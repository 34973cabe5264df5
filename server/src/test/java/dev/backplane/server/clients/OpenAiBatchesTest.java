package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import dev.backplane.server.TestServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// OpenAI's own Java client and batches, over the whole process.
@Timeout(120)
class OpenAiBatchesTest {
    private static final String KEY = "a-key-of-more-than-20-characters";
    private static final String FOREIGN = KEY + "-of-others";
    private static final String POOR = KEY + "-that-is-poor";

    @TempDir Path data;

    private final FakeModel model = new FakeModel();
    private TestServer server;
    private OpenAIClient client;

    @BeforeEach
    void start() throws IOException {
        server =
                new TestServer(
                        data,
                        """
                        providers:
                          openai: {type: openai, base_url: "%1$s/v1"}
                          anthropic: {type: anthropic, base_url: "%1$s/v1", api_key: sk-a}
                        models:
                          on-openai: {provider: openai, model: m-1}
                          on-anthropic: {provider: anthropic, model: m-1}
                        keys:
                          - {name: caller, key: %2$s, scopes: [call, read], project: team}
                          - {name: other, key: %3$s, scopes: [call, read], project: other}
                          - name: poor
                            key: %4$s
                            scopes: [call]
                            project: team
                            budget: [1 tokens/day]
                        """
                                .formatted(model.root(), KEY, FOREIGN, POOR));
        client = client(KEY);
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + server.backplane.port() + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        model.close();
    }

    private static String line(String id, String path, String body) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}\n"
                .formatted(id, path, body);
    }

    private static String chat(String id, String name, String said) {
        return line(
                id,
                "/v1/chat/completions",
                "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                        .formatted(name, said));
    }

    private BatchCreateParams params(OpenAIClient owner, String lines, String endpoint) {
        String file =
                owner.files()
                        .create(
                                FileCreateParams.builder()
                                        .file(lines.getBytes(StandardCharsets.UTF_8))
                                        .purpose(FilePurpose.BATCH)
                                        .build())
                        .id();
        return BatchCreateParams.builder()
                .inputFileId(file)
                .endpoint(BatchCreateParams.Endpoint.of(endpoint))
                .completionWindow(BatchCreateParams.CompletionWindow._24H)
                .metadata(
                        BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("job", JsonValue.from("nightly"))
                                .build())
                .build();
    }

    private Batch ended(OpenAIClient owner, Batch batch) throws InterruptedException {
        List<Batch.Status> open =
                List.of(
                        Batch.Status.VALIDATING,
                        Batch.Status.IN_PROGRESS,
                        Batch.Status.FINALIZING,
                        Batch.Status.CANCELLING);
        Batch now = owner.batches().retrieve(batch.id());
        while (open.contains(now.status())) {
            TimeUnit.MILLISECONDS.sleep(20);
            now = owner.batches().retrieve(batch.id());
        }
        now.validate();
        return now;
    }

    private Batch run(String lines, String endpoint) throws InterruptedException {
        Batch batch = client.batches().create(params(client, lines, endpoint));
        batch.validate();
        return ended(client, batch);
    }

    private Map<String, JsonNode> lines(OpenAIClient owner, String file) throws IOException {
        Map<String, JsonNode> found = new TreeMap<>();
        try (HttpResponse content = owner.files().content(file)) {
            String text = new String(content.body().readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.split("\n")) {
                JsonNode json = FakeModel.JSON.readTree(line);
                found.put(json.path("custom_id").asString(), json);
            }
        }
        return found;
    }

    @Test
    void chatsOverAnyProvider() throws Exception {
        for (String name : List.of("on-openai", "on-anthropic")) {
            Batch batch =
                    run(
                            chat("a", name, "one")
                                    + chat("b", name, "two")
                                    + chat("c", name, "fail 400"),
                            "/v1/chat/completions");

            assertThat(batch.status()).isEqualTo(Batch.Status.COMPLETED);
            assertThat(batch.requestCounts().orElseThrow().total()).isEqualTo(3);
            assertThat(batch.requestCounts().orElseThrow().completed()).isEqualTo(2);
            assertThat(batch.requestCounts().orElseThrow().failed()).isEqualTo(1);
            assertThat(batch.model()).hasValue(name);
            assertThat(batch.usage().orElseThrow().totalTokens()).isEqualTo(26);
            assertThat(batch.completedAt()).isPresent();
            assertThat(batch.metadata().orElseThrow().toString()).contains("job=nightly");
            Map<String, JsonNode> answers = lines(client, batch.outputFileId().orElseThrow());
            assertThat(answers).containsOnlyKeys("a", "b");
            JsonNode response = answers.get("b").path("response");
            assertThat(response.path("status_code").asInt()).isEqualTo(200);
            assertThat(response.at("/body/choices/0/message/content").asString())
                    .isEqualTo("you said two");
            JsonNode failed = lines(client, batch.errorFileId().orElseThrow()).get("c");
            assertThat(failed.at("/response/status_code").asInt()).isEqualTo(400);
            assertThat(failed.at("/response/body/error/message").asString())
                    .contains("told to fail with 400");
        }
    }

    @Test
    void responsesAndEmbeddings() throws Exception {
        Batch responses =
                run(
                        line("a", "/v1/responses", "{\"model\":\"on-openai\",\"input\":\"hi\"}"),
                        "/v1/responses");
        Batch embeddings =
                run(
                        line(
                                "a",
                                "/v1/embeddings",
                                "{\"model\":\"on-openai\",\"input\":[\"x\",\"y\"]}"),
                        "/v1/embeddings");

        JsonNode response = lines(client, responses.outputFileId().orElseThrow()).get("a");
        assertThat(response.at("/response/body/object").asString()).isEqualTo("response");
        assertThat(client.responses().retrieve(response.at("/response/body/id").asString()).id())
                .startsWith("resp_");
        JsonNode vectors = lines(client, embeddings.outputFileId().orElseThrow()).get("a");
        assertThat(vectors.at("/response/body/data").size()).isEqualTo(2);
    }

    @Test
    void eachRequestIsATraceOfTheBatchsSession() throws Exception {
        Batch batch = run(chat("my-id", "on-openai", "hello"), "/v1/chat/completions");

        String filter = "session_id%20%3D%20'" + batch.id() + "'";
        String spans = get("/api/v1/spans?filter=" + filter, KEY);
        assertThat(spans).contains("chat on-openai").doesNotContain("\"spans\":[]");
        JsonNode span = FakeModel.JSON.readTree(spans).at("/spans/0");
        String whole =
                get(
                        "/api/v1/spans/%s/%s"
                                .formatted(
                                        span.path("trace_id").asString(),
                                        span.path("span_id").asString()),
                        KEY);
        assertThat(whole).contains("backplane.batch_custom_id", "my-id", "backplane.batch_line");
        assertThat(get("/metrics", KEY))
                .contains("backplane_gateway_batch_requests_total{result=\"completed\"} 1");
    }

    private String get(String path, String key) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.backplane.port() + path);
            return http.send(
                            HttpRequest.newBuilder(uri)
                                    .header("Authorization", "Bearer " + key)
                                    .build(),
                            java.net.http.HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void whatIsWrongWithAFileIsToldByLine() throws Exception {
        Batch batch =
                run(
                        chat("a", "on-openai", "x") + chat("a", "on-openai", "x") + "{\n",
                        "/v1/chat/completions");

        assertThat(batch.status()).isEqualTo(Batch.Status.FAILED);
        assertThat(batch.errors().orElseThrow().data().orElseThrow())
                .extracting(error -> error.line().orElse(0L) + " " + error.code().orElse(""))
                .containsExactly("2 duplicate_custom_id", "3 invalid_json_line");
        assertThat(batch.failedAt()).isPresent();
        assertThat(model.seen()).isEmpty();
    }

    @Test
    void requestsThatAreWrongAreRefused() {
        BatchCreateParams params = params(client, "x", "/v1/chat/completions");

        assertThatThrownBy(() ->
                        client.batches()
                                .create(
                                        params.toBuilder()
                                                .endpoint(
                                                        BatchCreateParams.Endpoint.of(
                                                                "/v1/moderations"))
                                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("/v1/chat/completions, /v1/responses, /v1/embeddings");
        assertThatThrownBy(() ->
                        client.batches().create(params.toBuilder().inputFileId("file-1").build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("no file of this id");
        assertThatThrownBy(() -> client.batches().retrieve("batch_1"))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void anotherProjectHasNoneOfIt() throws Exception {
        Batch batch = run(chat("a", "on-openai", "x"), "/v1/chat/completions");
        OpenAIClient other = client(FOREIGN);
        try {
            assertThat(other.batches().list().data()).isEmpty();
            assertThatThrownBy(() -> other.batches().retrieve(batch.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> other.batches().cancel(batch.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() ->
                            other.batches()
                                    .create(
                                            BatchCreateParams.builder()
                                                    .inputFileId(batch.inputFileId())
                                                    .endpoint(
                                                            BatchCreateParams.Endpoint
                                                                    .V1_CHAT_COMPLETIONS)
                                                    .completionWindow(
                                                            BatchCreateParams.CompletionWindow._24H)
                                                    .build()))
                    .hasMessageContaining("no file of this id");
        } finally {
            other.close();
        }
        assertThat(
                        client
                                .batches()
                                .list(BatchListParams.builder().limit(1).build())
                                .autoPager()
                                .stream()
                                .map(Batch::id))
                .containsExactly(batch.id());
    }

    @Test
    void theKeysBudgetHolds() throws Exception {
        OpenAIClient poor = client(POOR);
        try {
            Batch batch =
                    ended(
                            poor,
                            poor.batches()
                                    .create(
                                            params(
                                                    poor,
                                                    chat("a", "on-openai", "x"),
                                                    "/v1/chat/completions")));

            JsonNode failed = lines(poor, batch.errorFileId().orElseThrow()).get("a");
            assertThat(failed.at("/response/status_code").asInt()).isEqualTo(429);
            assertThat(failed.at("/response/body/error/code").asString())
                    .isEqualTo("insufficient_quota");
            assertThat(model.seen()).isEmpty();
        } finally {
            poor.close();
        }
    }
}
