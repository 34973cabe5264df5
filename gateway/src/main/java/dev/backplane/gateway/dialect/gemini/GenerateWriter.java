package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.Effort;
import dev.backplane.gateway.dialect.Schemas;
import dev.backplane.gateway.dialect.TwoRoles;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Writes the body of `POST /models/NAME:generateContent` and `:streamGenerateContent`.
public final class GenerateWriter {
    private static final Map<Setting, String> NAMES = new EnumMap<>(Setting.class);

    static {
        NAMES.put(Setting.TEMPERATURE, "temperature");
        NAMES.put(Setting.TOP_P, "topP");
        NAMES.put(Setting.TOP_K, "topK");
        NAMES.put(Setting.FREQUENCY_PENALTY, "frequencyPenalty");
        NAMES.put(Setting.PRESENCE_PENALTY, "presencePenalty");
        NAMES.put(Setting.SEED, "seed");
        NAMES.put(Setting.COUNT, "candidateCount");
        NAMES.put(Setting.LOGPROBS, "responseLogprobs");
        NAMES.put(Setting.TOP_LOGPROBS, "logprobs");
    }

    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final TwoRoles roles;
    private final JsonOut out = new JsonOut();

    private GenerateWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.roles = new TwoRoles(request, ignored);
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws dev.backplane.core.Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new GenerateWriter(request, ignored).write();
    }

    private Slice write() {
        if (!(request.input() instanceof Input.Chat)) {
            throw Cannot.send("a prompt that is no conversation");
        }
        out.beginObject();
        contents();
        tools();
        out.name("generationConfig").beginObject();
        settings();
        thinking();
        request.format().ifPresent(this::format);
        out.endObject();
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        roles.rest();
        return out.endObject().slice();
    }

    private void contents() {
        PartWriter parts = new PartWriter(out, request, roles, ignored);
        List<Part> system = roles.instructions(parts::says);
        if (!system.isEmpty()) {
            out.name("systemInstruction").beginObject().name("parts").beginArray();
            parts.turn(system);
            out.endArray().endObject();
        }
        out.name("contents").beginArray();
        for (TwoRoles.Turn turn : roles.turns(parts::says)) {
            out.beginObject().name("role").text(turn.assistant() ? "model" : "user");
            out.name("parts").beginArray();
            parts.turn(turn.parts());
            out.endArray().endObject();
        }
        out.endArray();
    }

    private void tools() {
        List<Tool.Function> functions = roles.functions();
        if (!functions.isEmpty()) {
            out.name("tools").beginArray().beginObject();
            out.name("functionDeclarations").beginArray();
            functions.forEach(this::declaration);
            out.endArray().endObject().endArray();
            choice();
        }
    }

    private void declaration(Tool.Function function) {
        out.beginObject().name("name").text(function.name());
        if (!function.description().isEmpty()) {
            out.name("description").text(function.description());
        }
        if (!function.parameters().isEmpty()) {
            out.name("parametersJsonSchema").json(function.parameters());
        }
        out.endObject();
        if (function.strict().isPresent()) {
            ignored.accept("tools.strict");
        }
        function.extras().members().keySet().forEach(name -> ignored.accept("tools." + name));
        function.outer().members().keySet().forEach(name -> ignored.accept("tools." + name));
    }

    private void choice() {
        switch (request.toolChoice()) {
            case ToolChoice.Unset _ -> {}
            case ToolChoice.Auto _ -> mode("AUTO", Optional.empty());
            case ToolChoice.None _ -> mode("NONE", Optional.empty());
            case ToolChoice.Required _ -> mode("ANY", Optional.empty());
            case ToolChoice.Named(String name) -> mode("ANY", Optional.of(name));
            case ToolChoice.Other _ -> ignored.accept("tool_choice");
        }
    }

    private void mode(String mode, Optional<String> function) {
        out.name("toolConfig").beginObject().name("functionCallingConfig").beginObject();
        out.name("mode").text(mode);
        function.ifPresent(
                name -> out.name("allowedFunctionNames").beginArray().text(name).endArray());
        out.endObject().endObject();
    }

    private void settings() {
        request.maxTokens().ifPresent(limit -> out.name("maxOutputTokens").literal("" + limit));
        request.settings()
                .forEach((setting, json) -> {
                    switch (setting) {
                        case MAX_TOKENS,
                                MAX_COMPLETION_TOKENS,
                                REASONING_EFFORT,
                                REASONING_BUDGET -> {}
                        case TEMPERATURE,
                                TOP_P,
                                TOP_K,
                                FREQUENCY_PENALTY,
                                PRESENCE_PENALTY,
                                SEED,
                                COUNT,
                                LOGPROBS,
                                TOP_LOGPROBS ->
                                out.name(NAMES.getOrDefault(setting, "")).json(json);
                        case MIN_P,
                                REPETITION_PENALTY,
                                LOGIT_BIAS,
                                PARALLEL_TOOL_CALLS,
                                SERVICE_TIER,
                                SUFFIX,
                                ECHO,
                                VERBOSITY,
                                PROMPT_CACHE_KEY,
                                SAFETY_IDENTIFIER ->
                                ignored.accept(setting.id());
                    }
                });
        if (!request.stop().isEmpty()) {
            out.name("stopSequences").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
    }

    /// Models before Gemini 3 know budgets only; the numbers are those that Google's own
    /// OpenAI-compatible surface documents for the words.
    private void thinking() {
        Settings settings = request.settings();
        String effort = settings.text(Setting.REASONING_EFFORT).orElse("");
        Optional<Slice> budget = settings.json(Setting.REASONING_BUDGET);
        if (effort.isEmpty() && budget.isEmpty()) {
            return;
        }
        out.name("thinkingConfig").beginObject();
        if (budget.isPresent()) {
            out.name("thinkingBudget").json(budget.get());
        } else if (request.model().startsWith("gemini-2")) {
            out.name("thinkingBudget").literal(budget(effort));
        } else {
            out.name("thinkingLevel").text(Effort.nearest(effort, Effort.GEMINI));
        }
        boolean off = effort.equals(Effort.NONE) || budget.equals(Optional.of(Slice.of("0")));
        out.name("includeThoughts").literal("" + !off).endObject();
    }

    private static String budget(String effort) {
        return switch (effort) {
            case "none" -> "0";
            case "minimal", "low" -> "1024";
            case "medium" -> "8192";
            default -> "24576";
        };
    }

    private void format(OutputFormat format) {
        switch (format) {
            case OutputFormat.Text _ -> {}
            case OutputFormat.JsonObject _ -> out.name("responseMimeType").text("application/json");
            case OutputFormat.JsonSchema schema -> {
                out.name("responseMimeType").text("application/json");
                if (!schema.schema().isEmpty()) {
                    out.name("responseJsonSchema").json(schema.schema());
                }
                Schemas.report(schema, Set.of(), ignored);
            }
            case OutputFormat.Other _ -> ignored.accept("response_format");
        }
    }
}
