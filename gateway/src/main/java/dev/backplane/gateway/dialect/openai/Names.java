package dev.backplane.gateway.dialect.openai;

import dev.backplane.gateway.dialect.SettingTable;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Setting;
import java.util.Map;
import java.util.Set;

/// Words of the dialect.
final class Names {
    static final SettingTable CHAT =
            SettingTable.of(
                    Map.ofEntries(
                            Map.entry("max_tokens", Setting.MAX_TOKENS),
                            Map.entry("max_completion_tokens", Setting.MAX_COMPLETION_TOKENS),
                            Map.entry("temperature", Setting.TEMPERATURE),
                            Map.entry("top_p", Setting.TOP_P),
                            Map.entry("top_k", Setting.TOP_K),
                            Map.entry("min_p", Setting.MIN_P),
                            Map.entry("frequency_penalty", Setting.FREQUENCY_PENALTY),
                            Map.entry("presence_penalty", Setting.PRESENCE_PENALTY),
                            Map.entry("repetition_penalty", Setting.REPETITION_PENALTY),
                            Map.entry("seed", Setting.SEED),
                            Map.entry("n", Setting.COUNT),
                            Map.entry("logprobs", Setting.LOGPROBS),
                            Map.entry("top_logprobs", Setting.TOP_LOGPROBS),
                            Map.entry("logit_bias", Setting.LOGIT_BIAS),
                            Map.entry("reasoning_effort", Setting.REASONING_EFFORT),
                            Map.entry("parallel_tool_calls", Setting.PARALLEL_TOOL_CALLS),
                            Map.entry("service_tier", Setting.SERVICE_TIER),
                            Map.entry("verbosity", Setting.VERBOSITY),
                            Map.entry("prompt_cache_key", Setting.PROMPT_CACHE_KEY),
                            Map.entry("safety_identifier", Setting.SAFETY_IDENTIFIER)));

    static final SettingTable COMPLETIONS =
            SettingTable.of(
                    Map.ofEntries(
                            Map.entry("max_tokens", Setting.MAX_TOKENS),
                            Map.entry("temperature", Setting.TEMPERATURE),
                            Map.entry("top_p", Setting.TOP_P),
                            Map.entry("top_k", Setting.TOP_K),
                            Map.entry("min_p", Setting.MIN_P),
                            Map.entry("frequency_penalty", Setting.FREQUENCY_PENALTY),
                            Map.entry("presence_penalty", Setting.PRESENCE_PENALTY),
                            Map.entry("repetition_penalty", Setting.REPETITION_PENALTY),
                            Map.entry("seed", Setting.SEED),
                            Map.entry("n", Setting.COUNT),
                            Map.entry("logprobs", Setting.LOGPROBS),
                            Map.entry("logit_bias", Setting.LOGIT_BIAS),
                            Map.entry("suffix", Setting.SUFFIX),
                            Map.entry("echo", Setting.ECHO)));

    private static final Set<String> FINISH =
            Set.of("stop", "length", "tool_calls", "content_filter", "function_call");

    private Names() {}

    static FinishReason reason(String word) {
        return switch (word) {
            case "stop" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.FILTERED;
            default -> FinishReason.OTHER;
        };
    }

    /// The word that the provider used if it is one of ours, else the nearest.
    static String word(FinishReason reason, String word) {
        if (FINISH.contains(word)) {
            return word;
        }
        return switch (reason) {
            case STOP, STOP_SEQUENCE, OTHER -> "stop";
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case FILTERED -> "content_filter";
        };
    }
}
