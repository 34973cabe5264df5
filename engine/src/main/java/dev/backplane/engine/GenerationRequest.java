package dev.backplane.engine;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.sample.SamplingParameters;
import java.util.Optional;
import java.util.Set;

/// What to go on from, and how. The arrays are not copied: leave them alone.
///
/// @param prompt tokens, at least one
/// @param tokensMax of the answer, at least one
/// @param stops tokens that end the answer; they are reported, and count
/// @param sampling how tokens are chosen
/// @param constraint what tokens may follow
/// @param user whose turn it is counted as, for fairness; a key's name, say
/// @param priority among the requests of its user: lower numbers come first (as vLLM's `priority`)
/// @param salt requests share cached prefixes with those of the same salt and adapter only
/// @param promptLogprobs how many of the likeliest tokens are reported with each of the prompt, as
///   [SamplingParameters#logprobs] says for those of the answer; −1 for nothing. The whole prompt
///   is computed then, cached or not
/// @param adapter that it is computed with; not closed before the answer's last event
public record GenerationRequest(
        int[] prompt,
        int tokensMax,
        Set<Integer> stops,
        SamplingParameters sampling,
        Optional<Constraint> constraint,
        String user,
        int priority,
        String salt,
        int promptLogprobs,
        Adapter adapter) {
    /// @throws Problem when more is to be reported than is
    public GenerationRequest {
        if (promptLogprobs < -1 || promptLogprobs > SamplingParameters.LOGPROBS_MAX) {
            throw Problem.invalid("prompt_logprobs is out of range", "prompt_logprobs")
                    .fix("give 0 to %d, or none".formatted(SamplingParameters.LOGPROBS_MAX));
        }
        stops = Set.copyOf(stops);
    }

    /// Of priority 0, with the model as it is.
    public GenerationRequest(
            int[] prompt,
            int tokensMax,
            Set<Integer> stops,
            SamplingParameters sampling,
            Optional<Constraint> constraint,
            String user,
            String salt) {
        this(prompt, tokensMax, stops, sampling, constraint, user, 0, salt, -1, Adapter.NONE);
    }

    /// The same with an adapter.
    public GenerationRequest with(Adapter other) {
        return new GenerationRequest(
                prompt,
                tokensMax,
                stops,
                sampling,
                constraint,
                user,
                priority,
                salt,
                promptLogprobs,
                other);
    }

    /// The same, with so many of the likeliest tokens reported with each of the prompt.
    public GenerationRequest withPromptLogprobs(int count) {
        return new GenerationRequest(
                prompt,
                tokensMax,
                stops,
                sampling,
                constraint,
                user,
                priority,
                salt,
                count,
                adapter);
    }

    /// The likeliest tokens, without limits of any kind.
    public static GenerationRequest greedy(int[] prompt, int tokensMax) {
        return new GenerationRequest(
                prompt, tokensMax, Set.of(), SamplingParameters.GREEDY, Optional.empty(), "", "");
    }
}
