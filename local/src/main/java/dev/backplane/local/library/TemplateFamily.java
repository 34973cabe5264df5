package dev.backplane.local.library;

import java.util.LinkedHashMap;
import java.util.Map;

/// What a chat template writes around messages, for people: told by the markers in it.
final class TemplateFamily {
    private static final Map<String, String> MARKERS = markers();

    private TemplateFamily() {}

    private static Map<String, String> markers() {
        Map<String, String> markers = new LinkedHashMap<>();
        markers.put("<|channel|>", "harmony");
        markers.put("<|start_header_id|>", "llama3");
        markers.put("<|header_start|>", "llama4");
        markers.put("<|im_start|>", "chatml");
        markers.put("<start_of_turn>", "gemma");
        markers.put("<|turn>", "gemma4");
        markers.put("<|START_OF_TURN_TOKEN|>", "cohere");
        markers.put("<|start_of_role|>", "granite");
        markers.put("<\uFF5CAssistant\uFF5C>", "deepseek");
        markers.put("[SYSTEM_PROMPT]", "mistral");
        markers.put("[INST]", "mistral");
        markers.put("<|end|>", "phi");
        markers.put("<extra_id_", "nemotron");
        return markers;
    }

    /// @param template empty for none
    static String of(String template) {
        if (template.isEmpty()) {
            return "none";
        }
        return MARKERS.entrySet().stream()
                .filter(marker -> template.contains(marker.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("other");
    }
}
