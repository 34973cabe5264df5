package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.ToolChoice;
import dev.backplane.gateway.provider.CallContext;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Fields of a request that mean nothing to a local model: whoever sent one is told so.
final class IgnoredFields {
    private static final Set<String> UNDERSTOOD =
            Set.of(
                    "chat_template_kwargs",
                    "ignore_eos",
                    "think",
                    "keep_alive",
                    PrefixSharing.FIELD,
                    "priority",
                    "options",
                    "typical_p",
                    "best_of",
                    Shortening.TRUNCATE,
                    Shortening.TOKENS,
                    "add_special_tokens",
                    "add_generation_prompt");

    private static final Set<String> OPTIONS = Set.of("num_predict", "typical_p");

    private static final List<Setting> SETTINGS =
            List.of(
                    Setting.REASONING_BUDGET,
                    Setting.SERVICE_TIER,
                    Setting.VERBOSITY,
                    Setting.SAFETY_IDENTIFIER);

    private final ModelRequest request;
    private final CallContext context;

    IgnoredFields(ModelRequest request, CallContext context) {
        this.request = request;
        this.context = context;
    }

    /// @throws Problem `INVALID` for content that would be left out
    void report() {
        if (request.settings().has(Setting.SUFFIX)) {
            throw Problem.invalid("a suffix cannot be given to a local model", "suffix")
                    .fix("leave it out");
        }
        for (Setting setting : SETTINGS) {
            if (request.settings().has(setting)) {
                context.ignored(setting.id());
            }
        }
        boolean alone = request.settings().flag(Setting.PARALLEL_TOOL_CALLS).orElse(true);
        if (!alone && !request.tools().isEmpty()) {
            context.ignored(Setting.PARALLEL_TOOL_CALLS.id());
        }
        if (request.toolChoice() instanceof ToolChoice.Other) {
            context.ignored("tool_choice");
        }
        for (String name : request.extras().members().keySet()) {
            // Ollama's way to say that nothing is to be left out, as nothing is.
            boolean still =
                    name.equals("shift") && request.extras().get(name).text().equals("false");
            boolean prompt =
                    name.equals(PromptLogprobs.FIELD) && PromptLogprobs.isIn(request.dialect());
            boolean understood = UNDERSTOOD.contains(name) || Form.FIELDS.contains(name);
            if (!understood && !still && !prompt) {
                context.ignored(name);
            }
        }
        Map<String, JsonTree> options = Trees.fields(request.extras().get("options"), "options");
        options.keySet().stream()
                .filter(name -> !OPTIONS.contains(name))
                .forEach(name -> context.ignored("options." + name));
    }
}
