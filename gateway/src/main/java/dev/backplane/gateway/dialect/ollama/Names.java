package dev.backplane.gateway.dialect.ollama;

import dev.backplane.gateway.dialect.SettingTable;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Setting;
import java.util.Map;
import java.util.Set;

/// Words of the dialect.
final class Names {
    /// Members of `options`.
    static final SettingTable OPTIONS =
            SettingTable.of(
                    Map.of(
                            "temperature", Setting.TEMPERATURE,
                            "top_p", Setting.TOP_P,
                            "top_k", Setting.TOP_K,
                            "min_p", Setting.MIN_P,
                            "seed", Setting.SEED,
                            "num_predict", Setting.MAX_TOKENS,
                            "repeat_penalty", Setting.REPETITION_PENALTY,
                            "presence_penalty", Setting.PRESENCE_PENALTY,
                            "frequency_penalty", Setting.FREQUENCY_PENALTY));

    /// Members of the request itself.
    static final SettingTable MEMBERS =
            SettingTable.of(
                    Map.of(
                            "logprobs", Setting.LOGPROBS,
                            "top_logprobs", Setting.TOP_LOGPROBS,
                            "suffix", Setting.SUFFIX));

    static final Set<Setting> OF_MEMBERS =
            Set.of(Setting.LOGPROBS, Setting.TOP_LOGPROBS, Setting.SUFFIX);

    /// Of calls that came without an id.
    static final String UNNAMED = "call_unnamed_";

    private static final Set<String> DONE = Set.of("stop", "length", "load", "unload");

    private Names() {}

    static FinishReason reason(String word) {
        return switch (word) {
            case "stop", "" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            default -> FinishReason.OTHER;
        };
    }

    static String word(FinishReason reason, String word) {
        return DONE.contains(word) ? word : reason == FinishReason.LENGTH ? "length" : "stop";
    }
}
