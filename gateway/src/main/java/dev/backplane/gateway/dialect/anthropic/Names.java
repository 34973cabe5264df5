package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.gateway.dialect.SettingTable;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Setting;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Words of the dialect.
final class Names {
    static final SettingTable SETTINGS =
            SettingTable.of(
                    Map.of(
                            "max_tokens", Setting.MAX_TOKENS,
                            "temperature", Setting.TEMPERATURE,
                            "top_p", Setting.TOP_P,
                            "top_k", Setting.TOP_K));

    private static final Set<String> STOP =
            Set.of(
                    "end_turn",
                    "max_tokens",
                    "tool_use",
                    "pause_turn",
                    "refusal",
                    "model_context_window_exceeded");

    /// Members that come with the end of an answer and are told as an `Event.Other`.
    static final List<String> ENDS = List.of("container", "stop_details");

    private Names() {}

    static FinishReason reason(String word) {
        return switch (word) {
            case "end_turn" -> FinishReason.STOP;
            case "stop_sequence" -> FinishReason.STOP_SEQUENCE;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "refusal" -> FinishReason.FILTERED;
            default -> FinishReason.OTHER;
        };
    }

    /// The word that the provider used if it is one of ours, else the nearest. Servers that say
    /// `stop` after tool calls mean the calls: clients here go by this word alone.
    static String word(FinishReason reason, String word, boolean called) {
        if (STOP.contains(word)) {
            return word;
        }
        return switch (reason) {
            case STOP, OTHER -> called ? "tool_use" : "end_turn";
            case STOP_SEQUENCE -> "stop_sequence";
            case LENGTH -> "max_tokens";
            case TOOL_CALLS -> "tool_use";
            case FILTERED -> "refusal";
        };
    }
}
