package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.engine.embed.Embedder;
import dev.backplane.engine.embed.Ranker;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.text.MarkedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says how well texts answer questions: a reranker by its judgement of each pair ([Ranker]), from
/// 0 to 1; a model for embeddings by the cosine of their vectors, as vLLM does. What is too long is
/// refused.
final class Ranks {
    private static final int TEXTS_MAX = 2_048;
    private static final String INSTRUCTION = "instruction";
    private static final String PLACE_OF_IT = "{instruction}";
    private static final Set<String> UNDERSTOOD = Set.of(INSTRUCTION, "keep_alive", "user");

    /// What Qwen3-Reranker was trained on, for files that have no template of their own.
    private static final String TEMPLATE =
            """
            <|im_start|>system
            Judge whether the Document meets the requirements based on the Query and the Instruct \
            provided. Note that the answer can only be "yes" or "no".<|im_end|>
            <|im_start|>user
            <Instruct>: {instruction}
            <Query>: {query}
            <Document>: {document}<|im_end|>
            <|im_start|>assistant
            <think>

            </think>

            """;

    private static final String USUAL_INSTRUCTION =
            "Given a web search query, retrieve relevant passages that answer the query";

    private static final Pattern PLACE = Pattern.compile("\\{(instruction|query|document)}");

    private final LoadedModel model;
    private final Ranking.Request request;
    private final CallContext context;
    private final Patience patience;

    Ranks(LoadedModel model, Ranking.Request request, CallContext context) {
        this.model = model;
        this.request = request;
        this.context = context;
        this.patience = new Patience(context, request.model());
    }

    /// @throws Problem `INVALID` for what cannot be answered, before anything is computed;
    ///   `TIMEOUT`
    Ranking.Answer answer() {
        if (request.texts().size() > TEXTS_MAX) {
            throw Problem.invalid("%,d texts".formatted(request.texts().size()), "documents")
                    .fix("send at most %,d at once".formatted(TEXTS_MAX));
        }
        request.extras().members().keySet().stream()
                .filter(name -> !UNDERSTOOD.contains(name))
                .forEach(context::ignored);
        Optional<String> instruction = instruction();
        Optional<Ranker> ranker = model.ranker();
        if (instruction.isPresent() && (ranker.isEmpty() || !template().contains(PLACE_OF_IT))) {
            context.ignored(INSTRUCTION);
        }
        return ranker.isPresent()
                ? judged(ranker.get(), instruction.orElse(USUAL_INSTRUCTION))
                : compared(model.embedder());
    }

    private Ranking.Answer judged(Ranker ranker, String instruction) {
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < request.texts().size(); i++) {
            int[] prompt = prompt(request.question(i), request.texts().get(i), instruction);
            prompts.add(fitting(prompt, "documents[%d]".formatted(i)));
        }
        return answer(ranker.scores(prompts, patience), tokens(prompts));
    }

    private String template() {
        return model.metadata().findText("tokenizer.chat_template.rerank").orElse(TEMPLATE);
    }

    private int[] prompt(String question, String text, String instruction) {
        String template = template();
        MarkedText.Builder prompt = new MarkedText.Builder();
        Matcher place = PLACE.matcher(template);
        int end = 0;
        while (place.find()) {
            prompt.append(template.substring(end, place.start()), true);
            String put =
                    switch (place.group(1)) {
                        case "query" -> question;
                        case "document" -> text;
                        default -> instruction;
                    };
            prompt.append(put, false);
            end = place.end();
        }
        return model.encode(prompt.append(template.substring(end), true).build());
    }

    private Optional<String> instruction() {
        String json = request.extras().get(INSTRUCTION).text();
        if (json.isEmpty() || json.equals("null")) {
            return Optional.empty();
        }
        if (JsonTree.parse(json, INSTRUCTION) instanceof JsonTree.Text(String text)) {
            return Optional.of(text);
        }
        throw Problem.invalid("no text", INSTRUCTION).fix("say what the query is for");
    }

    private Ranking.Answer compared(Embedder embedder) {
        List<int[]> inputs = new ArrayList<>();
        for (String question : request.questions()) {
            inputs.add(fitting(model.rawPrompt(question, true), "query"));
        }
        for (String text : request.texts()) {
            String where = "documents[%d]".formatted(inputs.size() - request.questions().size());
            inputs.add(fitting(model.rawPrompt(text, true), where));
        }
        List<float[]> vectors = embedder.embed(inputs, patience);
        List<float[]> texts = vectors.subList(request.questions().size(), vectors.size());
        List<Double> scores = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            float[] question = vectors.get(request.questions().size() == 1 ? 0 : i);
            scores.add(product(question, texts.get(i)));
        }
        return answer(scores, tokens(inputs));
    }

    /// The cosine, as vectors have length 1.
    private static double product(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (double) one[i] * other[i];
        }
        return sum;
    }

    private Ranking.Answer answer(List<Double> scores, long tokens) {
        return new Ranking.Answer(request.model(), scores, Usage.of(tokens, 0));
    }

    private static long tokens(List<int[]> inputs) {
        return inputs.stream().mapToLong(input -> input.length).sum();
    }

    private int[] fitting(int[] tokens, String where) {
        if (tokens.length == 0) {
            throw Problem.invalid("the text is empty", where).fix("give some text");
        }
        if (tokens.length > model.contextMax()) {
            int excess = tokens.length - model.contextMax();
            throw TooLong.problem(tokens.length, model.contextMax(), request.model(), where)
                    .fix("cut at least %,d tokens".formatted(excess));
        }
        return tokens;
    }
}
