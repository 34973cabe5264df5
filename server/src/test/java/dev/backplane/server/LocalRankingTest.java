package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.text.tokenizer.BpeTrainer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `/rerank` and `/score` with local models: one that judges, one that makes vectors.
class LocalRankingTest {
    private static final String CATS = "Cats purr at night.";
    private static final String IGNORED = "X-Backplane-Ignored";
    private static final String SKY = "The sky is blue.";

    @TempDir static Path folder;
    private static TestServer server;

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 256);
        Path judge = folder.resolve("judge.gguf");
        writeJudge(judge);
        server =
                new TestServer(
                        folder.resolve("data"),
                        """
                        models:
                          judge: {path: "%2$s", pooling: rank}
                          wordless: {path: "%1$s", pooling: rank}
                          vectors: {path: "%1$s", pooling: mean}
                          answers: {path: "%1$s"}
                        local: {threads: 1, memory: 1GiB}
                        gateway: {discover: "off"}
                        """
                                .formatted(file, judge));
    }

    /// A model for which yes and no are tokens.
    private static void writeJudge(Path file) {
        SyntheticModel.write(
                new SyntheticModel.Description(
                        "qwen3",
                        2,
                        64,
                        4,
                        2,
                        32,
                        96,
                        0,
                        300,
                        512,
                        1_000_000,
                        ElementType.F32,
                        ElementType.F32,
                        new BpeTrainer(300, 1, List.of("<|im_start|>", "<|im_end|>"), "qwen2")
                                .add("yes\nno\n".repeat(9) + CATS + SKY)
                                .train()
                                .gguf(Optional.empty(), Optional.of("<|im_end|>")),
                        List.of()),
                file);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> rerank(String model, String more) throws Exception {
        return server.post(
                "/v1/rerank",
                """
                {"model": "%s", "query": "Why is the sky blue?",
                 "documents": ["%s", {"text": "%s"}, "yes"]%s}
                """
                        .formatted(model, CATS, SKY, more));
    }

    private static List<JsonTree.Fields> items(HttpResponse<String> response, String name) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonTree.Fields answer = (JsonTree.Fields) JsonTree.parse(response.body(), "answer");
        assertThat(answer.find("usage")).isPresent();
        JsonTree.Items items = (JsonTree.Items) answer.find(name).orElseThrow();
        return items.values().stream().map(JsonTree.Fields.class::cast).toList();
    }

    private static double number(JsonTree.Fields item, String name) {
        return ((JsonTree.Number) item.find(name).orElseThrow()).real();
    }

    private static List<Double> scores(String model, String questions) throws Exception {
        HttpResponse<String> response =
                server.post(
                        "/score",
                        """
                        {"model": "%s", "text_1": %s, "text_2": ["%s", "%s", "yes"]}
                        """
                                .formatted(model, questions, CATS, SKY));
        List<Double> scores = new ArrayList<>();
        items(response, "data").forEach(item -> scores.add(number(item, "score")));
        return scores;
    }

    @Test
    void ranksByJudgementAndByVectors() throws Exception {
        for (String model : List.of("judge", "vectors")) {
            List<Double> scores = scores(model, "\"Why is the sky blue?\"");
            assertThat(scores).hasSize(3).allMatch(score -> score > -1 && score < 1);
            List<JsonTree.Fields> results = items(rerank(model, ""), "results");
            assertThat(results).hasSize(3);
            double before = 1;
            for (JsonTree.Fields result : results) {
                int index = (int) number(result, "index");
                double score = number(result, "relevance_score");
                assertThat(score).isEqualTo(scores.get(index)).isLessThanOrEqualTo(before);
                assertThat(result.find("document").toString())
                        .contains(List.of(CATS, SKY, "yes").get(index));
                before = score;
            }
            List<JsonTree.Fields> best =
                    items(rerank(model, ", \"top_n\": 1, \"return_documents\": false"), "results");
            assertThat(best).singleElement();
            assertThat(number(best.getFirst(), "index"))
                    .isEqualTo(number(results.getFirst(), "index"));
            assertThat(best.getFirst().find("document")).isEmpty();
        }
    }

    @Test
    void holdsPairsAgainstEachOther() throws Exception {
        List<Double> scores = scores("vectors", "[\"%s\", \"%s\", \"no\"]".formatted(CATS, SKY));
        assertThat(scores.get(0)).isCloseTo(1, within(1e-5));
        assertThat(scores.get(1)).isCloseTo(1, within(1e-5));
        assertThat(scores.get(2)).isLessThan(0.999);
        String instruction = ", \"instruction\": \"Find cats\"";
        HttpResponse<String> told = rerank("judge", instruction);
        assertThat(relevances(told)).isNotEqualTo(relevances(rerank("judge", "")));
        assertThat(told.headers().firstValue(IGNORED)).isEmpty();
        HttpResponse<String> compared = rerank("vectors", instruction);
        assertThat(relevances(compared)).isEqualTo(relevances(rerank("vectors", "")));
        assertThat(compared.headers().firstValue(IGNORED)).contains("instruction");
        assertThat(rerank("vectors", ", \"instruction\": 5").body()).contains("no text");
    }

    private static List<Double> relevances(HttpResponse<String> response) {
        return items(response, "results").stream()
                .map(item -> number(item, "relevance_score"))
                .toList();
    }

    @Test
    void saysWhoCanRankAndWhatIsWrong() throws Exception {
        HttpResponse<String> answers = rerank("answers", "");
        assertThat(answers.statusCode()).isEqualTo(400);
        assertThat(answers.body()).contains("no embeddings", "reranker");
        assertThat(rerank("wordless", "").body()).contains("yes and no");
        assertThat(rerank("judge", ", \"top_n\": -1").statusCode()).isEqualTo(400);
        assertThat(
                        server.post("/score", "{\"model\": \"judge\", \"text_1\": [\"a\", \"b\"]}")
                                .body())
                .contains("documents is missing");
        assertThat(server.post("/v1/embeddings", "{\"model\": \"judge\", \"input\": \"a\"}").body())
                .contains("ranks texts");
        HttpResponse<String> late =
                server.post(
                        "/rerank",
                        "{\"model\": \"judge\", \"query\": \"a\", \"documents\": [\"%s\"]}"
                                .formatted("cats ".repeat(600)));
        assertThat(late.statusCode()).isEqualTo(400);
        assertThat(late.body()).contains("context_length_exceeded", "documents[0]");
    }
}
