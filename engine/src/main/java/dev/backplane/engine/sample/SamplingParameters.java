package dev.backplane.engine.sample;

import dev.backplane.core.Problem;
import java.util.Map;

/// How a request's tokens are chosen. Applied in this order: logit bias, penalties, temperature,
/// top-k, typical, top-p, min-p, draw.
///
/// @param temperature 0 takes the likeliest; otherwise logits are divided by it; at most 100
/// @param topK keeps so many of the likeliest; 0 keeps all
/// @param topP keeps the likeliest until their probabilities reach it; above 0, at most 1
/// @param minP keeps those at least so likely, relative to the likeliest; 0 to 1
/// @param typicalP keeps those whose surprise is nearest to the expected one, until their
///   probabilities reach it (Meister et al., arXiv 2202.00666); above 0, at most 1
/// @param repetitionPenalty divides (multiplies, if negative) the logits of tokens in prompt or
///   answer (Keskar et al., arXiv 1909.05858); above 0, 1 for none
/// @param frequencyPenalty is subtracted for each time a token is in the answer; −2 to 2
/// @param presencePenalty is subtracted once for a token that is in the answer; −2 to 2
/// @param logitBias is added; by token
/// @param seed same seed, same draws, whatever else runs
/// @param logprobs how many of the likeliest are reported with each token, besides its own; 0 to
///   20, or −1 for nothing, not even its own
public record SamplingParameters(
        float temperature,
        int topK,
        float topP,
        float minP,
        float typicalP,
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        Map<Integer, Float> logitBias,
        long seed,
        int logprobs) {
    /// The likeliest token, always.
    public static final SamplingParameters GREEDY =
            new SamplingParameters(0, 0, 1, 0, 1, 1, 0, 0, Map.of(), 0, -1);

    /// The most likely tokens that are reported with one.
    public static final int LOGPROBS_MAX = 20;

    private static final int BIASES_MAX = 1_024;
    private static final float TEMPERATURE_MAX = 100;

    /// @throws Problem when a number is out of its range
    public SamplingParameters {
        logitBias = Map.copyOf(logitBias);
        check(temperature >= 0 && temperature <= TEMPERATURE_MAX, "temperature", "0 to 100");
        check(topK >= 0, "top_k", "0 or more");
        check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1");
        check(minP >= 0 && minP <= 1, "min_p", "0 to 1");
        check(typicalP > 0 && typicalP <= 1, "typical_p", "above 0, at most 1");
        check(
                repetitionPenalty > 0 && Float.isFinite(repetitionPenalty),
                "repetition_penalty",
                "above 0");
        check(Math.abs(frequencyPenalty) <= 2, "frequency_penalty", "-2 to 2");
        check(Math.abs(presencePenalty) <= 2, "presence_penalty", "-2 to 2");
        check(
                logitBias.size() <= BIASES_MAX
                        && logitBias.values().stream().allMatch(Float::isFinite),
                "logit_bias",
                "at most 1024 finite numbers");
        check(logprobs >= -1 && logprobs <= LOGPROBS_MAX, "logprobs", "0 to 20, or none");
    }

    /// Without [#typicalP].
    public SamplingParameters(
            float temperature,
            int topK,
            float topP,
            float minP,
            float repetitionPenalty,
            float frequencyPenalty,
            float presencePenalty,
            Map<Integer, Float> logitBias,
            long seed,
            int logprobs) {
        this(
                temperature,
                topK,
                topP,
                minP,
                1,
                repetitionPenalty,
                frequencyPenalty,
                presencePenalty,
                logitBias,
                seed,
                logprobs);
    }

    private static void check(boolean fits, String name, String range) {
        if (!fits) {
            throw Problem.invalid(name + " is out of range", name).fix("give " + range);
        }
    }

    boolean penalises() {
        return repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
    }
}
