package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import dev.backplane.engine.model.SyntheticAdapter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters of a local model, asked for as if they were models.
class LocalAdaptersTest {
    @TempDir static Path folder;
    private static TestServer server;

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 1_024);
        server =
                new TestServer(
                        folder.resolve("data"),
                        """
                        models:
                          tiny: {path: "%s"}
                          formal: {adapter: "%s", of: tiny}
                        local: {threads: 1, memory: 1GiB}
                        gateway: {discover: "off"}
                        """
                                .formatted(file, adapter("formal", 1)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Path adapter(String name, long seed) {
        Path file = folder.resolve(name + ".gguf");
        SyntheticAdapter.write(
                folder.resolve("tiny.gguf"),
                List.of("attn_q", "attn_v", "ffn_down"),
                8,
                16,
                seed,
                Map.of(),
                file);
        return file;
    }

    private static HttpResponse<String> ask(String model) throws Exception {
        return server.post(
                "/v1/completions",
                """
                {"model": "%s", "temperature": 0, "max_tokens": 16,
                 "prompt": "Why is the sky blue, and why do cats purr at night?"}
                """
                        .formatted(model));
    }

    private static String said(String model) throws Exception {
        HttpResponse<String> response = ask(model);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonTree.Fields answer = (JsonTree.Fields) JsonTree.parse(response.body(), "answer");
        JsonTree.Items choices = (JsonTree.Items) answer.find("choices").orElseThrow();
        JsonTree.Fields choice = (JsonTree.Fields) choices.values().getFirst();
        return ((JsonTree.Text) choice.find("text").orElseThrow()).value();
    }

    private static HttpResponse<String> load(String name, Path path) throws Exception {
        return server.post(
                "/v1/load_lora_adapter",
                "{\"lora_name\": \"%s\", \"lora_path\": \"%s\"}".formatted(name, path));
    }

    private static HttpResponse<String> unload(String name) throws Exception {
        return server.post("/v1/unload_lora_adapter", "{\"lora_name\": \"%s\"}".formatted(name));
    }

    @Test
    void anAdapterOfTheConfigurationIsAModel() throws Exception {
        assertThat(server.get("/v1/models").body()).contains("\"formal\"");
        assertThat(said("formal")).isNotEqualTo(said("tiny")).isEqualTo(said("formal"));
        assertThat(unload("formal").statusCode()).isEqualTo(404);
    }

    @Test
    void adaptersComeAndGoWhileTheServerRuns() throws Exception {
        HttpResponse<String> loaded = load("second", adapter("second", 2));
        assertThat(loaded.body()).isEqualTo("Success: LoRA adapter 'second' added successfully.");
        assertThat(server.get("/v1/models").body()).contains("\"second\"");
        String first = said("second");
        assertThat(first).isNotEqualTo(said("tiny")).isNotEqualTo(said("formal"));
        assertThat(load("second", adapter("third", 3)).statusCode()).isEqualTo(409);
        assertThat(load("tiny", adapter("third", 3)).statusCode()).isEqualTo(409);
        assertThat(unload("second").body())
                .isEqualTo("Success: LoRA adapter 'second' removed successfully.");
        assertThat(unload("second").statusCode()).isEqualTo(404);
        assertThat(ask("backplane/second").statusCode()).isEqualTo(404);
        // Under a name that was used before, nothing of what was computed then is found.
        assertThat(load("second", adapter("third", 3)).statusCode()).isEqualTo(200);
        assertThat(said("second")).isNotEqualTo(first);
        unload("second");
    }

    @Test
    void manyAdaptersAnswerTogetherAsEachAlone() throws Exception {
        load("left", adapter("left", 4));
        load("right", adapter("right", 5));
        List<String> names = List.of("tiny", "formal", "left", "right");
        List<String> alone = new ArrayList<>();
        for (String name : names) {
            alone.add(said(name));
        }
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int which = i % names.size();
            threads.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    String said = said(names.get(which));
                                    if (!said.equals(alone.get(which))) {
                                        wrong.add(names.get(which) + ": " + said);
                                    }
                                } catch (Exception | AssertionError e) {
                                    wrong.add(e.toString());
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isEmpty();
        unload("left");
        unload("right");
    }

    @Test
    void saysWhyAnAdapterCannotBeLoaded() throws Exception {
        HttpResponse<String> absent = load("none", folder.resolve("absent.gguf"));
        assertThat(absent.statusCode()).isEqualTo(404);
        assertThat(absent.body()).contains("absent.gguf");
        HttpResponse<String> model = load("none", folder.resolve("tiny.gguf"));
        assertThat(model.statusCode()).isEqualTo(400);
        assertThat(model.body()).contains("general.type");
        HttpResponse<String> base =
                server.post(
                        "/v1/load_lora_adapter",
                        "{\"lora_name\": \"a\", \"lora_path\": \"/\", \"base_model_name\": \"b\"}");
        assertThat(base.statusCode()).isEqualTo(404);
        assertThat(server.post("/v1/load_lora_adapter", "{}").body()).contains("lora_name");
        assertThat(server.get("/v1/models").body()).doesNotContain("\"none\"");
    }

    @Test
    void onlyAdminsChangeAdapters() throws Exception {
        String caller = "sk-caller-0123456789-0123456789";
        String yaml =
                """
                keys: [{name: caller, key: %s, scopes: [call]}]
                gateway: {discover: "off"}
                """
                        .formatted(caller);
        try (TestServer guarded = new TestServer(folder.resolve("guarded"), yaml)) {
            for (String path :
                    List.of(
                            "/v1/load_lora_adapter",
                            "/v1/unload_lora_adapter",
                            "/api/v1/models/open",
                            "/api/v1/models/close")) {
                HttpRequest.Builder request =
                        guarded.request(path)
                                .header("Authorization", "Bearer " + caller)
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"lora_name\": \"a\", \"lora_path\": \"/\"}"));
                assertThat(guarded.send(request).statusCode()).as(path).isEqualTo(403);
            }
        }
    }
}
