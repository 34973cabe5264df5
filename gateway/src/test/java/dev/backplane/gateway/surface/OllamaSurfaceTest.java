package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.json.Members;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Ollama's paths with a provider behind them that speaks OpenAI's language, and vLLM's.
@Timeout(60)
class OllamaSurfaceTest {
    private static final String CHUNK =
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\","
                    + "\"choices\":[";

    private final Harness harness = new Harness();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        harness.close();
    }

    private HttpResponse<String> send(String method, String path, String body) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(harness.root() + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private HttpResponse<String> post(String path, String body) {
        return send("POST", path, body);
    }

    private static List<Members> lines(HttpResponse<String> response) {
        return response.body().lines().map(line -> Members.of(Slice.of(line), "line")).toList();
    }

    @Test
    void chatsAsAStreamUnlessToldOtherwise() {
        harness.one.thenStream(
                CHUNK + "{\"index\":0,\"delta\":{\"content\":\"hé\"}}]}",
                CHUNK
                        + "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t-1\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": 1}\"}}]}}]}",
                CHUNK + "{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}",
                CHUNK + "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}",
                "[DONE]");

        HttpResponse<String> response =
                post(
                        "/api/chat",
                        "{\"model\":\"m:latest\",\"messages\":[{\"role\":\"user\","
                                + "\"content\":\"hi\"}]}");

        List<Members> lines = lines(response);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/x-ndjson");
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0).object("message").text("content")).isEqualTo("hé");
        assertThat(lines.get(1).object("message").raw("tool_calls").text())
                .isEqualTo(
                        "[{\"id\":\"t-1\",\"function\":{\"index\":0,\"name\":\"f\","
                                + "\"arguments\":{\"a\": 1}}}]");
        assertThat(lines.get(2).flag("done")).isTrue();
        assertThat(lines.get(2).integer("eval_count")).hasValue(2);
        assertThat(lines.get(2).text("model")).isEqualTo("m:latest");
    }

    @Test
    void answersPromptsWhole() {
        harness.one.thenJson(
                200,
                "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"yes\","
                        + "\"reasoning_content\":\"hm\"},\"finish_reason\":\"length\"}]}");

        HttpResponse<String> response =
                post("/api/generate", "{\"model\":\"m\",\"prompt\":\"p\",\"stream\":false}");

        Members answer = lines(response).getFirst();
        assertThat(answer.text("response")).isEqualTo("yes");
        assertThat(answer.text("thinking")).isEqualTo("hm");
        assertThat(answer.text("done_reason")).isEqualTo("length");
    }

    @Test
    void aRequestThatAsksNothingReachesNobody() {
        assertThat(lines(post("/api/generate", "{\"model\":\"m\"}")).getFirst().text("done_reason"))
                .isEqualTo("load");
        assertThat(
                        lines(post("/api/chat", "{\"model\":\"m\",\"keep_alive\":0}"))
                                .getFirst()
                                .text("done_reason"))
                .isEqualTo("unload");
        assertThat(harness.one.received()).isEmpty();
    }

    @Test
    void errorsAreThoseOfTheDialectInTheMiddleOfAStreamToo() {
        harness.one.thenStream(CHUNK + "{\"index\":0,\"delta\":{\"content\":\"a\"}}]}");

        List<Members> lines =
                lines(
                        post(
                                "/api/chat",
                                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                                        + "\"content\":\"hi\"}]}"));
        HttpResponse<String> unknown = post("/api/generate", "{\"model\":\"x\",\"prompt\":\"p\"}");

        assertThat(lines.getLast().text("error")).contains("ended before it was complete");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(lines(unknown).getFirst().text("error")).contains("'x' is not configured");
    }

    @Test
    void embeds() {
        harness.one.thenJson(
                200,
                "{\"data\":[{\"index\":0,\"embedding\":[0.10,-2E-3]}],\"model\":\"e\","
                        + "\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}");

        Members all = lines(post("/api/embed", "{\"model\":\"m\",\"input\":[\"a\"]}")).getFirst();
        String one = post("/api/embeddings", "{\"model\":\"m\",\"prompt\":\"a\"}").body();

        assertThat(all.raw("embeddings").text()).isEqualTo("[[0.10,-2E-3]]");
        assertThat(all.integer("prompt_eval_count")).hasValue(3);
        assertThat(one).isEqualTo("{\"embedding\":[0.10,-2E-3]}");
    }

    @Test
    void listsWhatIsConfigured() {
        Members model =
                Members.of(
                        lines(send("GET", "/api/tags", "")).getFirst().array("models").getFirst(),
                        "model");
        Members shown = lines(post("/api/show", "{\"model\":\"m\"}")).getFirst();

        assertThat(model.text("name")).isEqualTo("m");
        assertThat(model.text("digest")).hasSize(64);
        assertThat(shown.array("capabilities")).contains(Slice.of("\"tools\""));
        assertThat(post("/api/show", "{\"model\":\"x\"}").statusCode()).isEqualTo(404);
        assertThat(send("GET", "/api/ps", "").body()).isEqualTo("{\"models\":[]}");
        assertThat(lines(send("GET", "/api/version", "")).getFirst().text("version"))
                .matches("\\d+\\.\\d+\\.\\d+");
    }

    @Test
    void whatNeedsAnEngineSaysSo() {
        for (String path : List.of("pull", "push", "create", "copy")) {
            HttpResponse<String> response = post("/api/" + path, "{\"model\":\"m\"}");
            assertThat(response.statusCode()).isEqualTo(501);
            assertThat(response.body()).startsWith("{\"error\":\"no local engine runs here");
        }
        assertThat(send("DELETE", "/api/delete", "{}").statusCode()).isEqualTo(501);
        HttpResponse<String> adapter =
                post("/v1/load_lora_adapter", "{\"lora_name\":\"a\",\"lora_path\":\"/a.gguf\"}");
        assertThat(adapter.statusCode()).isEqualTo(501);
        assertThat(adapter.body()).contains("\"code\":\"not_implemented\"");
    }
}
