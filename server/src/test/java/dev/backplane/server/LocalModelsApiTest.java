package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A local model behind every surface. What it says is noise, but always the same noise.
class LocalModelsApiTest {
    @TempDir static Path folder;
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 2_048);
        server =
                new TestServer(
                        folder.resolve("data"),
                        """
                        models:
                          tiny: {path: "%1$s"}
                          spare: {path: "%1$s", context: 256, temperature: 0}
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

    /// The value at a path such as `choices.0.message.content`.
    private static JsonTree at(JsonTree json, String path) {
        JsonTree at = json;
        for (String step : path.split("\\.")) {
            at =
                    at instanceof JsonTree.Items(List<JsonTree> values)
                            ? values.get(Integer.parseInt(step))
                            : ((JsonTree.Fields) at).find(step).orElseThrow();
        }
        return at;
    }

    private static String text(JsonTree json, String path) {
        return ((JsonTree.Text) at(json, path)).value();
    }

    private static int number(JsonTree json, String path) {
        return Integer.parseInt(((JsonTree.Number) at(json, path)).digits());
    }

    private static JsonTree.Fields chat(String more) throws Exception {
        return json(
                server.post(
                        "/v1/chat/completions",
                        """
                        {"model": "tiny", "temperature": 0, "messages":
                          [{"role": "user", "content": "Why is the sky blue?"}]%s}
                        """
                                .formatted(more)));
    }

    /// The pieces of a stream of events, at a path.
    private static String streamed(String path, String body, String at) throws Exception {
        HttpResponse<String> response = server.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body()
                .lines()
                .map(line -> line.startsWith("data: ") ? line.substring(6) : line)
                .filter(line -> line.startsWith("{"))
                .map(line -> JsonTree.parse(line, "event"))
                .map(event -> {
                    try {
                        return at(event, at);
                    } catch (RuntimeException absent) {
                        return JsonTree.NOTHING;
                    }
                })
                .filter(value -> value instanceof JsonTree.Text)
                .map(value -> ((JsonTree.Text) value).value())
                .collect(Collectors.joining());
    }

    private String said() throws Exception {
        return text(chat(", \"max_tokens\": 24"), "choices.0.message.content");
    }

    @Test
    void answersOpenAisDialectsAlike() throws Exception {
        JsonTree answer = chat(", \"max_tokens\": 24");
        String said = text(answer, "choices.0.message.content");
        assertThat(said).isNotEmpty();
        assertThat(number(answer, "usage.completion_tokens")).isEqualTo(24);
        assertThat(text(answer, "choices.0.finish_reason")).isEqualTo("length");
        assertThat(text(answer, "model")).isEqualTo("tiny");

        assertThat(
                        streamed(
                                "/v1/chat/completions",
                                """
                                {"model": "tiny", "temperature": 0, "max_tokens": 24,
                                 "stream": true,
                                 "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
                                """,
                                "choices.0.delta.content"))
                .isEqualTo(said);
        assertThat(
                        text(
                                json(
                                        server.post(
                                                "/v1/responses",
                                                """
                                                {"model": "tiny", "max_output_tokens": 24,
                                                 "temperature": 0,
                                                 "input": "Why is the sky blue?"}
                                                """)),
                                "output.0.content.0.text"))
                .isEqualTo(said);
    }

    @Test
    void answersSeveralTimesIfAsked() throws Exception {
        JsonTree answer = chat(", \"max_tokens\": 8, \"n\": 3");
        assertThat(((JsonTree.Items) at(answer, "choices")).values()).hasSize(3);
        assertThat(text(answer, "choices.2.message.content"))
                .isEqualTo(text(answer, "choices.0.message.content"));
        assertThat(number(answer, "usage.completion_tokens")).isEqualTo(24);
    }

    @Test
    void answersAnthropicsDialectAlike() throws Exception {
        String said = said();
        assertThat(
                        text(
                                json(
                                        server.post(
                                                "/v1/messages",
                                                """
                                                {"model": "tiny", "max_tokens": 24,
                                                 "temperature": 0,
                                                 "messages": [{"role": "user",
                                                   "content": "Why is the sky blue?"}]}
                                                """)),
                                "content.0.text"))
                .isEqualTo(said);
        assertThat(
                        streamed(
                                "/v1/messages",
                                """
                                {"model": "tiny", "max_tokens": 24, "temperature": 0,
                                 "stream": true,
                                 "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
                                """,
                                "delta.text"))
                .isEqualTo(said);
    }

    @Test
    void answersOllamasDialectAlike() throws Exception {
        String said = said();
        String ollama =
                """
                {"model": "tiny:latest", "stream": %s,
                 "options": {"temperature": 0, "num_predict": 24},
                 "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
                """;
        JsonTree whole = json(server.post("/api/chat", ollama.formatted("false")));
        assertThat(text(whole, "message.content")).isEqualTo(said);
        assertThat(number(whole, "eval_count")).isEqualTo(24);
        assertThat(streamed("/api/chat", ollama.formatted("true"), "message.content"))
                .isEqualTo(said);
        JsonTree generated =
                json(
                        server.post(
                                "/api/generate",
                                """
                                {"model": "tiny", "stream": false, "prompt": "Why is the sky blue?",
                                 "options": {"temperature": 0, "num_predict": 24}}
                                """));
        assertThat(text(generated, "response")).isEqualTo(said);
    }

    @Test
    void completesRawPrompts() throws Exception {
        JsonTree answer =
                json(
                        server.post(
                                "/v1/completions",
                                """
                                {"model": "tiny", "prompt": ["The sky", "Cats"], "max_tokens": 6,
                                 "temperature": 0, "n": 2, "logprobs": 2}
                                """));
        assertThat(((JsonTree.Items) at(answer, "choices")).values()).hasSize(4);
        assertThat(text(answer, "choices.0.text")).isEqualTo(text(answer, "choices.1.text"));
        assertThat(((JsonTree.Items) at(answer, "choices.0.logprobs.tokens")).values()).hasSize(6);
        assertThat(number(answer, "usage.completion_tokens")).isEqualTo(24);
        JsonTree raw =
                json(
                        server.post(
                                "/api/generate",
                                """
                                {"model": "tiny", "stream": false, "raw": true, "prompt": "The sky",
                                 "options": {"temperature": 0, "num_predict": 6}}
                                """));
        assertThat(text(raw, "response")).isEqualTo(text(answer, "choices.0.text"));
    }

    @Test
    void endsAtStopTextsWhereverTokensCutThem() throws Exception {
        String said = text(chat(", \"max_tokens\": 40"), "choices.0.message.content");
        for (int at = 4; at < said.length() - 5; at += 3) {
            String stop = said.substring(at, at + 5);
            JsonTree answer = chat(", \"max_tokens\": 40, \"stop\": [" + quoted(stop) + "]");
            assertThat(text(answer, "choices.0.message.content"))
                    .isEqualTo(said.substring(0, said.indexOf(stop)));
            assertThat(text(answer, "choices.0.finish_reason")).isEqualTo("stop");
        }
    }

    private static String quoted(String text) {
        return new dev.backplane.core.JsonOut().text(text).slice().text();
    }

    @Test
    void holdsAnswersToASchema() throws Exception {
        String schema =
                """
                {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12},
                 "days": {"type": "integer", "minimum": 1, "maximum": 9}},
                 "required": ["city", "days"], "additionalProperties": false}
                """;
        for (int seed = 0; seed < 4; seed++) {
            JsonTree answer =
                    json(
                            server.post(
                                    "/v1/chat/completions",
                                    """
                                    {"model": "tiny", "temperature": 1, "seed": %d,
                                     "messages": [{"role": "user", "content": "Where?"}],
                                     "response_format": {"type": "json_schema",
                                       "json_schema": {"name": "trip", "schema": %s}}}
                                    """
                                            .formatted(seed, schema)));
            JsonTree.Fields trip =
                    (JsonTree.Fields)
                            JsonTree.parse(text(answer, "choices.0.message.content"), "answer");
            assertThat(trip.values().keySet()).containsExactly("city", "days");
            assertThat(number(trip, "days")).isBetween(1, 9);
            assertThat(text(answer, "choices.0.finish_reason")).isEqualTo("stop");
        }
        JsonTree chosen =
                chat(", \"structured_outputs\": {\"choice\": [\"red\", \"blue\"]}, \"seed\": 3");
        assertThat(text(chosen, "choices.0.message.content")).isIn("red", "blue");
    }

    @Test
    void callsToolsThatMustBeCalled() throws Exception {
        String tools =
                """
                "tools": [{"type": "function", "function": {"name": "weather", "parameters":
                  {"type": "object", "properties": {"city": {"$ref": "#/$defs/place"}},
                   "required": ["city"], "additionalProperties": false,
                   "$defs": {"place": {"type": "string", "enum": ["Paris", "Rome"]}}}}}]
                """;
        JsonTree answer =
                chat(", \"temperature\": 1, \"seed\": 1, \"tool_choice\": \"required\"," + tools);
        assertThat(text(answer, "choices.0.finish_reason")).isEqualTo("tool_calls");
        assertThat(text(answer, "choices.0.message.tool_calls.0.function.name"))
                .isEqualTo("weather");
        JsonTree arguments =
                JsonTree.parse(
                        text(answer, "choices.0.message.tool_calls.0.function.arguments"), "call");
        assertThat(text(arguments, "city")).isIn("Paris", "Rome");
        JsonTree message =
                json(
                        server.post(
                                "/v1/messages",
                                """
                                {"model": "tiny", "max_tokens": 60, "temperature": 0,
                                 "tool_choice": {"type": "tool", "name": "weather"},
                                 "tools": [{"name": "weather", "input_schema": {"type": "object",
                                   "properties": {"city": {"type": "string", "maxLength": 8}},
                                   "required": ["city"], "additionalProperties": false}}],
                                 "messages": [{"role": "user", "content": "Rome?"}]}
                                """));
        assertThat(text(message, "stop_reason")).isEqualTo("tool_use");
        assertThat(text(message, "content.0.name")).isEqualTo("weather");
    }

    @Test
    void refusesWhatDoesNotFitAndSaysWhatToCut() throws Exception {
        String body =
                """
                {"model": "tiny", "messages": [{"role": "user", "content": "short"},
                  {"role": "user", "content": "%s"}]}
                """
                        .formatted("sky ".repeat(3_000));
        HttpResponse<String> refused = server.post("/v1/chat/completions", body);
        assertThat(refused.statusCode()).isEqualTo(400);
        JsonTree error = JsonTree.parse(refused.body(), "error");
        assertThat(text(error, "error.code")).isEqualTo("context_length_exceeded");
        assertThat(text(error, "error.param")).isEqualTo("messages[1]");
        int tokens = number(error, "error.details.prompt_tokens");
        assertThat(number(error, "error.details.context_tokens")).isEqualTo(2_048);
        assertThat(number(error, "error.details.excess_tokens")).isEqualTo(tokens - 2_047);
        assertThat(text(error, "error.message"))
                .contains("2,048")
                .contains("%,d".formatted(tokens))
                .contains("messages[1]");
        for (String path : List.of("/api/chat", "/v1/messages")) {
            HttpResponse<String> other =
                    server.post(path, body.replace("{\"model\"", "{\"max_tokens\": 5, \"model\""));
            assertThat(other.statusCode()).as(other.body()).isEqualTo(400);
            assertThat(other.body()).contains("2,048");
        }
    }

    @Test
    void answersManyAtOnceAsOneAfterTheOther() throws Exception {
        String alone = text(chat(", \"max_tokens\": 30"), "choices.0.message.content");
        List<Thread> threads = new ArrayList<>();
        List<String> said = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 8; i++) {
            threads.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    said.add(
                                            text(
                                                    chat(", \"max_tokens\": 30"),
                                                    "choices.0.message.content"));
                                } catch (Exception e) {
                                    said.add(e.toString());
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(said).hasSize(8).allMatch(alone::equals);
    }

    @Test
    void reportsTokensTheirProbabilitiesAndTheCache() throws Exception {
        chat(", \"max_tokens\": 3");
        JsonTree answer = chat(", \"max_tokens\": 3, \"logprobs\": true, \"top_logprobs\": 2");
        assertThat(((JsonTree.Items) at(answer, "choices.0.logprobs.content")).values()).hasSize(3);
        assertThat(
                        ((JsonTree.Items) at(answer, "choices.0.logprobs.content.0.top_logprobs"))
                                .values())
                .hasSize(2);
        assertThat(number(answer, "usage.prompt_tokens_details.cached_tokens")).isPositive();
        String metrics = server.get("/metrics").body();
        assertThat(metrics)
                .contains("vllm:num_requests_running{model_name=\"tiny\",engine=\"0\"}")
                .contains("vllm:prefix_cache_hits_total{")
                .contains("vllm:request_success_total{model_name=\"tiny\",engine=\"0\"")
                .contains("vllm:time_to_first_token_seconds_count{")
                .contains("vllm:request_generation_tokens_bucket{model_name=\"tiny\",engine=\"0\"")
                .contains("le=\"5.0\"");
    }

    @Test
    void countsTokensAsTheyAreCharged() throws Exception {
        JsonTree counted =
                json(
                        server.post(
                                "/v1/messages/count_tokens",
                                """
                                {"model": "tiny", "messages":
                                  [{"role": "user", "content": "Why is the sky blue?"}]}
                                """));
        assertThat(number(counted, "input_tokens"))
                .isEqualTo(number(chat(", \"max_tokens\": 1"), "usage.prompt_tokens"));
    }

    @Test
    void thinksIfToldTo() throws Exception {
        JsonTree answer =
                chat(", \"max_tokens\": 9, \"chat_template_kwargs\": {\"enable_thinking\": true}");
        assertThat(text(answer, "choices.0.message.reasoning_content")).isNotEmpty();
        assertThat(number(answer, "usage.completion_tokens_details.reasoning_tokens")).isPositive();
    }

    @Test
    void takesNoControlTokensFromMessages() throws Exception {
        int plain = tokens("a");
        assertThat(tokens("<|im_end|>") - plain).isGreaterThan(1);
    }

    private static int tokens(String content) throws Exception {
        return number(
                json(
                        server.post(
                                "/v1/chat/completions",
                                """
                                {"model": "tiny", "max_tokens": 1, "messages":
                                  [{"role": "user", "content": "%s"}]}
                                """
                                        .formatted(content))),
                "usage.prompt_tokens");
    }

    @Test
    void listsModelsAndRefusesUnknownOnes() throws Exception {
        assertThat(server.get("/v1/models").body()).contains("\"tiny\"");
        HttpResponse<String> unknown =
                server.post(
                        "/v1/chat/completions",
                        "{\"model\": \"backplane/none\", \"messages\": []}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("tiny");
    }

    @Test
    void tellsTokensAndTheirText() throws Exception {
        JsonTree tokens =
                json(
                        server.post(
                                "/tokenize",
                                """
                                {"model": "tiny", "prompt": "The sky is blue",
                                 "return_token_strs": true}
                                """));
        List<JsonTree> ids = ((JsonTree.Items) at(tokens, "tokens")).values();
        assertThat(number(tokens, "count")).isEqualTo(ids.size());
        assertThat(number(tokens, "max_model_len")).isEqualTo(2_048);
        assertThat(((JsonTree.Items) at(tokens, "token_strs")).values()).hasSameSizeAs(ids);
        String all =
                ids.stream()
                        .map(id -> ((JsonTree.Number) id).digits())
                        .collect(Collectors.joining(","));
        JsonTree text =
                json(
                        server.post(
                                "/detokenize", "{\"model\": \"tiny\", \"tokens\": [" + all + "]}"));
        assertThat(text(text, "prompt")).isEqualTo("The sky is blue");
        JsonTree chat =
                json(
                        server.post(
                                "/tokenize",
                                """
                                {"model": "tiny", "messages":
                                  [{"role": "user", "content": "Why is the sky blue?"}]}
                                """));
        assertThat(number(chat, "count"))
                .isEqualTo(number(chat(", \"max_tokens\": 1"), "usage.prompt_tokens"));
        assertThat(server.post("/detokenize", "{\"model\": \"tiny\", \"tokens\": [99999]}"))
                .satisfies(refused -> assertThat(refused.statusCode()).isEqualTo(400));
    }

    @Test
    void loadsAndUnloadsAsOllamaDoes() throws Exception {
        JsonTree loaded = json(server.post("/api/generate", "{\"model\": \"spare\"}"));
        assertThat(text(loaded, "done_reason")).isEqualTo("load");
        JsonTree running = json(server.get("/api/ps"));
        JsonTree spare =
                ((JsonTree.Items) at(running, "models"))
                        .values().stream()
                                .filter(model -> text(model, "name").equals("spare"))
                                .findFirst()
                                .orElseThrow();
        assertThat(text(spare, "details.family")).isEqualTo("qwen3");
        assertThat(text(spare, "state")).isEqualTo("loaded");
        assertThat(number(spare, "size")).isPositive();
        JsonTree unloaded =
                json(server.post("/api/chat", "{\"model\": \"spare\", \"keep_alive\": 0}"));
        assertThat(text(unloaded, "done_reason")).isEqualTo("unload");
        assertThat(server.get("/api/ps").body()).doesNotContain("spare");
    }

    @Test
    void aFileIsAModelUntilItIsClosed() throws Exception {
        String open = "{\"name\": \"loose\", \"path\": \"%s\"}";
        String file = folder.resolve("tiny.gguf").toString();
        String chat =
                """
                {"model": "backplane/loose", "max_tokens": 2,
                 "messages": [{"role": "user", "content": "Hi"}]}
                """;
        json(server.post("/api/v1/models/open", open.formatted(file)));
        json(server.post("/v1/chat/completions", chat));
        assertThat(server.post("/api/v1/models/open", open.formatted(file)).statusCode())
                .isEqualTo(409);
        json(server.post("/api/v1/models/close", "{\"name\": \"loose\"}"));
        assertThat(server.post("/v1/chat/completions", chat).statusCode()).isEqualTo(404);
        assertThat(server.post("/api/v1/models/close", "{\"name\": \"loose\"}").statusCode())
                .isEqualTo(404);
        assertThat(server.post("/api/v1/models/open", open.formatted("/absent")).statusCode())
                .isEqualTo(404);
        assertThat(server.get("/api/ps").body()).doesNotContain("loose");
    }

    @Test
    void refusesToCreateAModelOfWhatIsNoText() throws Exception {
        HttpResponse<String> refused =
                server.post("/api/create", "{\"model\": \"a\", \"from\": \"b\", \"quantize\": 4}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("quantize is a number");
    }

    @Test
    void leavesSpansOfTheEnginesPhases() throws Exception {
        HttpResponse<String> answer =
                server.post(
                        "/v1/chat/completions",
                        """
                        {"model": "tiny", "max_tokens": 2,
                         "messages": [{"role": "user", "content": "Hm?"}]}
                        """);
        String trace = answer.headers().firstValue("X-Backplane-Trace").orElseThrow();
        assertThat(server.get("/api/v1/traces/" + trace).body())
                .contains("engine queue", "engine prefill", "engine decode");
    }
}
