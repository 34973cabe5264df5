package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a request may choose of a local model's work: which answers, which form, how much of a
/// prompt, and to want no more.
class LocalChoicesTest {
    private static final int CONTEXT = 512;

    @TempDir static Path folder;
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, CONTEXT);
        server =
                new TestServer(
                        folder.resolve("data"),
                        """
                        models:
                          tiny: {path: "%s"}
                        local: {threads: 1, memory: 1GiB, context: %d}
                        gateway: {discover: "off"}
                        """
                                .formatted(file, CONTEXT));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> complete(String more) throws Exception {
        return server.post(
                "/v1/completions",
                "{\"model\": \"tiny\", \"max_tokens\": 8, \"seed\": 3%s}".formatted(more));
    }

    private static JsonTree.Fields json(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return (JsonTree.Fields) JsonTree.parse(response.body(), "answer");
    }

    private static List<JsonTree.Fields> choices(JsonTree.Fields answer) {
        JsonTree.Items items = (JsonTree.Items) answer.find("choices").orElseThrow();
        return items.values().stream().map(JsonTree.Fields.class::cast).toList();
    }

    private static String text(JsonTree.Fields choice) {
        return ((JsonTree.Text) choice.find("text").orElseThrow()).value();
    }

    private static int usage(JsonTree.Fields answer, String name) {
        JsonTree.Fields usage = (JsonTree.Fields) answer.find("usage").orElseThrow();
        return (int) ((JsonTree.Number) usage.find(name).orElseThrow()).real();
    }

    private static String ignored(HttpResponse<String> response) {
        return response.headers().firstValue("X-Backplane-Ignored").orElse("");
    }

    private static double mean(JsonTree.Fields choice) {
        JsonTree.Fields logprobs = (JsonTree.Fields) choice.find("logprobs").orElseThrow();
        JsonTree.Items all = (JsonTree.Items) logprobs.find("token_logprobs").orElseThrow();
        return all.values().stream()
                .mapToDouble(number -> ((JsonTree.Number) number).real())
                .average()
                .orElseThrow();
    }

    @Test
    void tellsTheLikeliestOfSeveralAnswers() throws Exception {
        String asked = ", \"prompt\": \"The sky\", \"ignore_eos\": true, \"logprobs\": 0";
        JsonTree.Fields all = json(complete(asked + ", \"n\": 5"));
        List<JsonTree.Fields> likeliest =
                choices(all).stream()
                        .sorted((one, other) -> Double.compare(mean(other), mean(one)))
                        .limit(2)
                        .toList();
        JsonTree.Fields best = json(complete(asked + ", \"n\": 2, \"best_of\": 5"));
        assertThat(choices(best).stream().map(LocalChoicesTest::text))
                .containsExactlyElementsOf(likeliest.stream().map(LocalChoicesTest::text).toList());
        assertThat(choices(best).get(1).find("index")).contains(new JsonTree.Number("1"));
        assertThat(usage(best, "completion_tokens")).isEqualTo(usage(all, "completion_tokens"));
        assertThat(complete(asked + ", \"n\": 3, \"best_of\": 2").statusCode()).isEqualTo(400);
        assertThat(complete(asked + ", \"stream\": true, \"best_of\": 2").body())
                .contains("without stream");
        HttpResponse<String> ollama =
                server.post(
                        "/api/generate",
                        "{\"model\": \"tiny\", \"prompt\": \"a\","
                                + " \"stream\": false,"
                                + " \"options\": {\"num_predict\": 1, \"best_of\": 3}}");
        assertThat(ollama.statusCode()).as(ollama.body()).isEqualTo(200);
        assertThat(ignored(ollama)).isEqualTo("options.best_of");
    }

    private static List<JsonTree> items(JsonTree.Fields fields, String name) {
        return ((JsonTree.Items) fields.find(name).orElseThrow()).values();
    }

    /// The token that stands in a place of a prompt is the first of what is said of it, with its
    /// rank; in a prompt that is repeated it is in the lists of the answer's.
    @Test
    void saysHowLikelyAPromptIs() throws Exception {
        String prompt = ", \"prompt\": [72, 101, 108, 108, 111]";
        JsonTree.Fields answer = json(complete(prompt + ", \"n\": 2, \"prompt_logprobs\": 2"));
        for (JsonTree.Fields choice : choices(answer)) {
            List<JsonTree> scores = items(choice, "prompt_logprobs");
            assertThat(scores).hasSize(5);
            assertThat(scores.getFirst()).isEqualTo(JsonTree.NOTHING);
            JsonTree.Fields second = (JsonTree.Fields) scores.get(1);
            assertThat(second.values().keySet().iterator().next()).isEqualTo("101");
            assertThat(second.values()).hasSizeBetween(2, 3);
            assertThat(second.values().values())
                    .allSatisfy(each ->
                            assertThat(((JsonTree.Fields) each).values().keySet())
                                    .containsExactly("logprob", "rank", "decoded_token"));
        }
        String echoed = prompt + ", \"echo\": true, \"logprobs\": 1, \"ignore_eos\": true";
        JsonTree.Fields both =
                choices(json(complete(echoed + ", \"prompt_logprobs\": 4"))).getFirst();
        assertThat(((JsonTree.Fields) items(both, "prompt_logprobs").get(1)).values())
                .hasSizeBetween(4, 5);
        JsonTree.Fields whole = choices(json(complete(echoed))).getFirst();
        assertThat(both.find("logprobs")).isEqualTo(whole.find("logprobs"));
        JsonTree.Fields logprobs = (JsonTree.Fields) whole.find("logprobs").orElseThrow();
        for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
            assertThat(items(logprobs, list)).as(list).hasSize(5 + 8);
        }
        assertThat(items(logprobs, "token_logprobs").getFirst()).isEqualTo(JsonTree.NOTHING);
        assertThat(items(logprobs, "top_logprobs").getFirst()).isEqualTo(JsonTree.NOTHING);
        JsonTree.Fields only =
                json(complete(echoed.replace("\"echo\"", "\"max_tokens\": 0, \"echo\"")));
        assertThat(usage(only, "completion_tokens")).isZero();
        JsonTree.Fields alone = choices(only).getFirst();
        assertThat(text(whole)).startsWith(text(alone)).isNotEqualTo(text(alone));
        assertThat(items((JsonTree.Fields) alone.find("logprobs").orElseThrow(), "token_logprobs"))
                .isEqualTo(items(logprobs, "token_logprobs").subList(0, 5));
        assertThat(complete(echoed + ", \"stream\": true").body())
                .contains("\"token_logprobs\":[null,");
        assertThat(complete(prompt + ", \"stream\": true, \"prompt_logprobs\": 1").body())
                .contains("without stream");
        assertThat(complete(prompt + ", \"prompt_logprobs\": 21").statusCode()).isEqualTo(400);
        assertThat(complete(prompt + ", \"prompt_logprobs\": -1").statusCode()).isEqualTo(400);
    }

    @Test
    void saysHowLikelyAChatIsOnce() throws Exception {
        String chat =
                """
                {"model": "tiny", "max_tokens": 2, "n": 2, "stream": false, "prompt_logprobs": 0,
                 "options": {"num_predict": 2},
                 "messages": [{"role": "user", "content": "And now?"}]}
                """;
        JsonTree.Fields answer = json(server.post("/v1/chat/completions", chat));
        assertThat(items(answer, "prompt_logprobs")).hasSize(usage(answer, "prompt_tokens"));
        HttpResponse<String> ollama = server.post("/api/chat", chat);
        assertThat(ollama.body()).doesNotContain("prompt_logprobs");
        assertThat(ignored(ollama)).contains("prompt_logprobs");
    }

    @Test
    void holdsToFormsInVllmsWords() throws Exception {
        String prompt = ", \"max_tokens\": 40, \"prompt\": \"The sky\"";
        for (String form :
                List.of(
                        "\"guided_regex\": \"[a-c]{3}-[0-9]\"",
                        "\"structured_outputs\": {\"regex\": \"[a-c]{3}-[0-9]\"}",
                        "\"guided_grammar\": \"root ::= [a-c] [a-c] [a-c] \\\"-\\\" [0-9]\"",
                        "\"structured_outputs\": {\"grammar\":"
                                + " \"root ::= [a-c] [a-c] [a-c] \\\"-\\\" [0-9]\"}")) {
            HttpResponse<String> response = complete(prompt + ", " + form);
            assertThat(text(choices(json(response)).getFirst())).matches("[a-c]{3}-[0-9]");
            assertThat(ignored(response)).isEmpty();
        }
        assertThat(complete(prompt + ", \"guided_regex\": \"(\"").statusCode()).isEqualTo(400);
        assertThat(complete(prompt + ", \"typical_p\": 2").body()).contains("typical_p");
    }

    @Test
    void leavesOutOfAPromptOnlyWhatItMay() throws Exception {
        String prompt = ", \"prompt\": \"%s\"".formatted("sky ".repeat(600));
        assertThat(complete(prompt).body()).contains("context_length_exceeded");
        HttpResponse<String> cut = complete(prompt + ", \"truncate_prompt_tokens\": -1");
        assertThat(usage(json(cut), "prompt_tokens")).isEqualTo(CONTEXT - 8);
        assertThat(ignored(cut)).startsWith("prompt.first_");
        String unlimited = "{\"model\": \"tiny\"%s, \"truncate\": true}".formatted(prompt);
        assertThat(usage(json(server.post("/v1/completions", unlimited)), "prompt_tokens"))
                .isEqualTo(CONTEXT - 16);
        HttpResponse<String> few = complete(prompt + ", \"truncate_prompt_tokens\": 5");
        assertThat(usage(json(few), "prompt_tokens")).isEqualTo(5);
        assertThat(complete(prompt + ", \"truncate_prompt_tokens\": 512").statusCode())
                .isEqualTo(400);
    }

    @Test
    void leavesOutTheOldestTurnsWhereItMay() throws Exception {
        String turn =
                "{\"role\": \"user\", \"content\": \"%s\"},"
                        + "{\"role\": \"assistant\", \"content\": \"Yes.\"},";
        String chat =
                """
                {"model": "tiny", "stream": false, "options": {"num_predict": 4}, "messages": [
                  {"role": "system", "content": "Be brief."}, %s
                  {"role": "user", "content": "And now?"}]%s}
                """;
        String long5 = turn.formatted("Why do cats purr at night? ".repeat(20)).repeat(5);
        HttpResponse<String> refused = server.post("/api/chat", chat.formatted(long5, ""));
        assertThat(refused.statusCode()).isEqualTo(400);
        HttpResponse<String> shorter =
                server.post("/api/chat", chat.formatted(long5, ", \"truncate\": true"));
        assertThat(shorter.statusCode()).as(shorter.body()).isEqualTo(200);
        assertThat(ignored(shorter)).matches("messages.oldest_[2468]_of_12");
        HttpResponse<String> whole =
                server.post(
                        "/api/chat", chat.formatted("", ", \"truncate\": true, \"shift\": false"));
        assertThat(ignored(whole)).isEmpty();
        HttpResponse<String> hopeless =
                server.post(
                        "/api/chat",
                        chat.formatted(turn.formatted("a"), ", \"truncate\": true")
                                .replace("And now?", "sky ".repeat(600)));
        assertThat(hopeless.body()).contains("longest part is messages[3]");
        HttpResponse<String> exact =
                server.post(
                        "/v1/chat/completions",
                        chat.formatted(turn.formatted("a"), ", \"truncate_prompt_tokens\": 9"));
        assertThat(exact.statusCode()).isEqualTo(400);
        assertThat(exact.body()).contains("truncate_prompt_tokens is 9");
    }

    private static double metric(String name) throws Exception {
        return Stream.of(server.get("/metrics").body().split("\n"))
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /// Whoever leaves in the midst of an answer is not computed for: all that was asked ends with
    /// less than was asked for.
    @Test
    void whoLeavesEndsTheComputation() throws Exception {
        double tokens = metric("vllm:generation_tokens_total");
        double ended = metric("vllm:request_success_total");
        HttpRequest.Builder request =
                server.request("/v1/completions")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        """
                                        {"model": "tiny", "prompt": "The sky", "stream": true,
                                         "ignore_eos": true, "max_tokens": 400, "n": 16}
                                        """));
        try (Stream<String> lines = server.sendForLines(request)) {
            lines.iterator().next();
        }
        while (metric("vllm:request_success_total") < ended + 16) {
            Thread.sleep(5);
        }
        assertThat(metric("vllm:generation_tokens_total") - tokens).isLessThan(16 * 400);
    }
}
