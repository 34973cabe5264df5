package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.engine.sample.SamplingParameters;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Setting;
import dev.backplane.tensor.gguf.Metadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// How tokens are chosen and when they end: what the request says, else the model's configuration,
/// else its file (`general.sampling.*`), else what the dialect's clients are used to.
final class Parameters {
    /// Of raw completions in OpenAI's dialect, where the request does not say.
    private static final int COMPLETION_TOKENS = 16;

    private static final int LOGPROBS_MAX = SamplingParameters.LOGPROBS_MAX;
    private static final int COUNT_MAX = 16;
    private static final int STOPS_MAX = 64;

    /// Ollama's own, where nobody said anything.
    private static final Map<String, Double> OLLAMA =
            Map.of("temperature", 0.8, "top_k", 40.0, "top_p", 0.9);

    /// By the names of the configuration.
    private static final Map<String, String> IN_FILE =
            Map.of(
                    "temperature", "general.sampling.temp",
                    "top_k", "general.sampling.top_k",
                    "top_p", "general.sampling.top_p",
                    "min_p", "general.sampling.min_p",
                    "repeat_penalty", "general.sampling.penalty_repeat");

    private final ModelRequest request;
    private final LoadedModel model;
    private final Metadata metadata;
    private final Map<String, JsonTree> configured;

    Parameters(ModelRequest request, LoadedModel model) {
        this.request = request;
        this.model = model;
        this.metadata = model.metadata();
        this.configured = model.files().parameters();
    }

    private double number(Setting setting, String name, double otherwise) {
        OptionalDouble asked = request.settings().number(setting);
        if (asked.isPresent()) {
            return asked.getAsDouble();
        }
        if (configured.get(name) instanceof JsonTree.Number number) {
            return number.real();
        }
        String key = IN_FILE.getOrDefault(name, "");
        if (metadata.has(key)) {
            return metadata.real(key);
        }
        boolean ollama = request.dialect() == DialectId.OLLAMA;
        return ollama ? OLLAMA.getOrDefault(name, otherwise) : otherwise;
    }

    /// A number that dialects have no common place for: in the request, among Ollama's options, or
    /// in the configuration.
    private double extra(String name, double otherwise) {
        Slice json = request.extras().get(name);
        JsonTree asked =
                json.isEmpty()
                        ? Trees.fields(request.extras().get("options"), "options")
                                .getOrDefault(name, JsonTree.NOTHING)
                        : JsonTree.parse(json.text(), name);
        return number(name, asked, otherwise);
    }

    private double number(String name, JsonTree asked, double otherwise) {
        if (asked instanceof JsonTree.Nothing) {
            return configured.get(name) instanceof JsonTree.Number number
                    ? number.real()
                    : otherwise;
        }
        if (asked instanceof JsonTree.Number number) {
            return number.real();
        }
        throw Problem.invalid("%s is %s".formatted(name, asked.kind()), name).fix("give a number");
    }

    /// @param choice number of the answer, of several to one request
    /// @throws Problem when a number is out of its range
    SamplingParameters sampling(int choice) {
        OptionalLong seed = request.settings().integer(Setting.SEED);
        if (seed.isEmpty() && configured.get("seed") instanceof JsonTree.Number number) {
            seed = OptionalLong.of((long) number.real());
        }
        return new SamplingParameters(
                (float) number(Setting.TEMPERATURE, "temperature", 1),
                (int) Math.max(0, number(Setting.TOP_K, "top_k", 0)),
                (float) number(Setting.TOP_P, "top_p", 1),
                (float) number(Setting.MIN_P, "min_p", 0),
                (float) extra("typical_p", 1),
                (float) number(Setting.REPETITION_PENALTY, "repeat_penalty", 1),
                (float) number(Setting.FREQUENCY_PENALTY, "frequency_penalty", 0),
                (float) number(Setting.PRESENCE_PENALTY, "presence_penalty", 0),
                logitBias(),
                seed.isPresent()
                        ? seed.getAsLong() + choice
                        : ThreadLocalRandom.current().nextLong(),
                bestOf() > count() ? Math.max(0, logprobs()) : logprobs());
    }

    private Map<Integer, Float> logitBias() {
        Map<Integer, Float> biases = new HashMap<>();
        request.settings()
                .json(Setting.LOGIT_BIAS)
                .map(json -> JsonTree.parse(json.text(), "logit_bias"))
                .filter(json -> json instanceof JsonTree.Fields)
                .ifPresent(json ->
                        ((JsonTree.Fields) json)
                                .values()
                                .forEach((key, value) -> biases.put(token(key), bias(value))));
        return biases;
    }

    private int token(String key) {
        if (key.matches("[0-9]{1,9}") && Integer.parseInt(key) < model.vocabulary()) {
            return Integer.parseInt(key);
        }
        throw Problem.invalid("there is no such token", "logit_bias")
                .fix("give ids from 0 to %d".formatted(model.vocabulary() - 1));
    }

    private static float bias(JsonTree value) {
        if (value instanceof JsonTree.Number number) {
            return (float) number.real();
        }
        throw Problem.invalid("a bias is no number", "logit_bias").fix("give numbers");
    }

    /// How many likely tokens are reported with each; −1 for nothing at all.
    int logprobs() {
        String asked =
                request.settings().json(Setting.LOGPROBS).map(json -> json.text()).orElse("false");
        if (asked.equals("false") || asked.equals("null")) {
            return -1;
        }
        long count =
                asked.matches("[0-9]{1,9}")
                        ? Long.parseLong(asked)
                        : request.settings().integer(Setting.TOP_LOGPROBS).orElse(0);
        if (count < 0 || count > LOGPROBS_MAX) {
            throw Problem.invalid("%d likely tokens are asked for".formatted(count), "top_logprobs")
                    .fix("ask for at most %d".formatted(LOGPROBS_MAX));
        }
        return (int) count;
    }

    /// How many likely tokens are reported with each of the prompt; −1 for nothing at all. Those of
    /// a prompt that is repeated are reported as those of its answer.
    int promptLogprobs() {
        return Math.max(promptLogprobsAsked(), echoes() ? logprobs() : -1);
    }

    /// The same as far as they are reported by themselves.
    int promptLogprobsAsked() {
        String asked = PromptLogprobs.asked(request);
        if (asked.isEmpty()) {
            return -1;
        }
        if (!asked.matches("[0-9]{1,9}") || Integer.parseInt(asked) > LOGPROBS_MAX) {
            throw Problem.invalid("%s likely tokens".formatted(asked), PromptLogprobs.FIELD)
                    .fix("ask for 0 to %d".formatted(LOGPROBS_MAX));
        }
        if (request.stream()) {
            throw Problem.invalid("a stream has no place for them", PromptLogprobs.FIELD)
                    .fix("ask without stream");
        }
        return Integer.parseInt(asked);
    }

    /// Whether the answer begins with the prompt.
    boolean echoes() {
        return request.settings().flag(Setting.ECHO).orElse(false);
    }

    /// Whether the prompt is all that is wanted.
    boolean echoesOnly() {
        return echoes() && tokensAsked().equals(OptionalLong.of(0));
    }

    /// Among the requests of the same user, vLLM's `priority`: lower numbers come first.
    int priority() {
        String text = request.extras().get("priority").text();
        if (text.isEmpty() || text.equals("null")) {
            return 0;
        }
        if (text.matches("-?[0-9]{1,9}")) {
            return Integer.parseInt(text);
        }
        throw Problem.invalid("a priority that is no whole number", "priority")
                .fix("give a number of at most 9 digits; lower ones come first");
    }

    /// How many answers to each prompt.
    int count() {
        long count = request.settings().integer(Setting.COUNT).orElse(1);
        if (count < 1 || count > COUNT_MAX) {
            throw Problem.invalid("%d answers are asked for".formatted(count), "n")
                    .fix("ask for 1 to %d".formatted(COUNT_MAX));
        }
        return (int) count;
    }

    /// How many are made for each prompt, of which the best are told. Ollama has no such option.
    int bestOf() {
        Slice json = request.extras().get("best_of");
        JsonTree asked = json.isEmpty() ? JsonTree.NOTHING : JsonTree.parse(json.text(), "best_of");
        double made = number("best_of", asked, count());
        if (made < count() || made > COUNT_MAX || made != Math.rint(made)) {
            throw Problem.invalid("the best of %s answers".formatted(made), "best_of")
                    .fix("give a whole number from n to %d".formatted(COUNT_MAX));
        }
        if (made > count() && request.stream()) {
            throw Problem.invalid("which answers are best is known at their end", "best_of")
                    .fix("ask without stream, or without best_of");
        }
        return (int) made;
    }

    /// Tokens of an answer: as many as were asked for, as far as the context has room.
    ///
    /// @param room what the prompt leaves
    int tokensMax(int room) {
        long most = echoesOnly() ? 1 : tokensAsked().orElse(room);
        if (most < 1) {
            throw Problem.invalid("an answer of %d tokens".formatted(most), "max_tokens")
                    .fix("ask for at least 1");
        }
        return (int) Math.min(most, room);
    }

    /// The same by what was asked for only; empty for as many as there is room for.
    OptionalLong tokensAsked() {
        OptionalLong asked = request.maxTokens();
        if (asked.isEmpty()
                && configured.get("num_predict") instanceof JsonTree.Number number
                && number.real() > 0) {
            asked = OptionalLong.of((long) number.real());
        }
        boolean raw =
                request.input() instanceof Input.Raw
                        && request.dialect() == DialectId.OPENAI_COMPLETIONS;
        return asked.isEmpty() && raw ? OptionalLong.of(COMPLETION_TOKENS) : asked;
    }

    List<String> stops() {
        Set<String> stops = new LinkedHashSet<>(request.stop());
        if (stops.isEmpty()) {
            switch (configured.get("stop")) {
                case JsonTree.Text(String text) -> stops.add(text);
                case JsonTree.Items(List<JsonTree> values) ->
                        values.forEach(value -> {
                            if (value instanceof JsonTree.Text(String text)) {
                                stops.add(text);
                            }
                        });
                case null, default -> {}
            }
        }
        if (stops.size() > STOPS_MAX) {
            throw Problem.invalid("%d stop texts".formatted(stops.size()), "stop")
                    .fix("give at most %d".formatted(STOPS_MAX));
        }
        return new ArrayList<>(stops);
    }

    /// Tokens that end an answer.
    Set<Integer> stopTokens() {
        return model.tokenizer().specials().endOfGeneration();
    }

    static Map<String, JsonTree> fields(JsonTree json) {
        return json instanceof JsonTree.Fields(Map<String, JsonTree> values)
                ? values
                : new LinkedHashMap<>();
    }
}
