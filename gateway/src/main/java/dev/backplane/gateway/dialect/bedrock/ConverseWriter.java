package dev.backplane.gateway.dialect.bedrock;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.Effort;
import dev.backplane.gateway.dialect.Schemas;
import dev.backplane.gateway.dialect.TwoRoles;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Writes the body of `POST /model/NAME/converse` and `…/converse-stream`.
public final class ConverseWriter {
    private static final Slice NO_PARAMETERS = Slice.of("{\"type\":\"object\",\"properties\":{}}");
    private static final Set<Setting> SAID =
            EnumSet.of(
                    Setting.MAX_TOKENS,
                    Setting.MAX_COMPLETION_TOKENS,
                    Setting.TEMPERATURE,
                    Setting.TOP_P,
                    Setting.REASONING_EFFORT,
                    Setting.SERVICE_TIER);
    private static final Set<Setting> SAID_TO_CLAUDE =
            EnumSet.of(Setting.TOP_K, Setting.REASONING_BUDGET);
    private static final Set<String> TIERS = Set.of("priority", "default", "flex", "reserved");

    /// Members of Anthropic's requests that AWS documents as fields for its models.
    private static final List<String> PASSED = List.of("thinking", "anthropic_beta");

    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final boolean claude;
    private final JsonOut out = new JsonOut();
    private final BlockWriter blocks;
    private final TwoRoles roles;

    private ConverseWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.claude = request.model().contains("anthropic");
        this.blocks = new BlockWriter(out, ignored);
        this.roles = new TwoRoles(request, ignored);
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws dev.backplane.core.Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new ConverseWriter(request, ignored).write();
    }

    private Slice write() {
        if (!(request.input() instanceof Input.Chat)) {
            throw Cannot.send("a prompt that is no conversation");
        }
        out.beginObject();
        conversation();
        inference();
        tools();
        output();
        additional();
        tier();
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        roles.rest(this::isPassed);
        return out.endObject().slice();
    }

    private void conversation() {
        List<Part> system = roles.instructions(blocks::says);
        if (!system.isEmpty()) {
            out.name("system").beginArray();
            system.forEach(blocks::part);
            out.endArray();
        }
        out.name("messages").beginArray();
        for (TwoRoles.Turn turn : roles.turns(blocks::says)) {
            out.beginObject().name("role").text(turn.assistant() ? "assistant" : "user");
            out.name("content").beginArray();
            turn.parts().forEach(blocks::part);
            out.endArray().endObject();
        }
        out.endArray();
    }

    /// OpenAI's `auto` is to have none.
    private void tier() {
        request.settings()
                .text(Setting.SERVICE_TIER)
                .ifPresent(tier -> {
                    if (TIERS.contains(tier)) {
                        out.name("serviceTier").beginObject().name("type").text(tier).endObject();
                    } else if (!tier.equals("auto")) {
                        ignored.accept("service_tier");
                    }
                });
    }

    private void inference() {
        Settings settings = request.settings();
        settings.forEach((setting, _) -> {
            if (!SAID.contains(setting) && !(claude && SAID_TO_CLAUDE.contains(setting))) {
                ignored.accept(setting.id());
            }
        });
        out.name("inferenceConfig").beginObject();
        request.maxTokens().ifPresent(limit -> out.name("maxTokens").literal("" + limit));
        settings.json(Setting.TEMPERATURE).ifPresent(value -> out.name("temperature").json(value));
        settings.json(Setting.TOP_P).ifPresent(value -> out.name("topP").json(value));
        if (!request.stop().isEmpty()) {
            out.name("stopSequences").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
        out.endObject();
    }

    /// There is no way to forbid tools; a conversation that has used some must name them still.
    private void tools() {
        boolean used =
                request.messages().stream()
                        .flatMap(message -> message.parts().stream())
                        .anyMatch(part ->
                                part instanceof Part.ToolCall || part instanceof Part.ToolResult);
        boolean forbidden = request.toolChoice() instanceof ToolChoice.None;
        List<Tool.Function> functions = roles.functions();
        if (forbidden && !used) {
            functions.forEach(_ -> ignored.accept("tools"));
            return;
        }
        if (functions.isEmpty()) {
            return;
        }
        out.name("toolConfig").beginObject().name("tools").beginArray();
        functions.forEach(this::tool);
        out.endArray();
        choice();
        out.endObject();
    }

    private void tool(Tool.Function function) {
        out.beginObject().name("toolSpec").beginObject().name("name").text(function.name());
        if (!function.description().isEmpty()) {
            out.name("description").text(function.description());
        }
        out.name("inputSchema").beginObject().name("json");
        out.json(function.parameters().isEmpty() ? NO_PARAMETERS : function.parameters());
        out.endObject();
        function.strict().ifPresent(strict -> out.name("strict").literal("" + strict));
        out.endObject().endObject();
        blocks.extras(function.extras(), "tools.");
        blocks.extras(function.outer(), "tools.");
    }

    private void choice() {
        switch (request.toolChoice()) {
            case ToolChoice.Unset _ -> {}
            case ToolChoice.Auto _ -> choice("auto").endObject().endObject();
            case ToolChoice.Required _ -> choice("any").endObject().endObject();
            case ToolChoice.Named(String name) ->
                    choice("tool").name("name").text(name).endObject().endObject();
            case ToolChoice.None _, ToolChoice.Other _ -> ignored.accept("tool_choice");
        }
    }

    private JsonOut choice(String kind) {
        return out.name("toolChoice").beginObject().name(kind).beginObject();
    }

    private String effort() {
        return request.settings().text(Setting.REASONING_EFFORT).orElse("");
    }

    private void output() {
        JsonOut config = new JsonOut().beginObject();
        boolean said = false;
        if (!effort().isEmpty() && !effort().equals(Effort.NONE)) {
            config.name("effort").text(Effort.nearest(effort(), Effort.ANTHROPIC));
            said = true;
        }
        if (request.format().isPresent()) {
            switch (request.format().get()) {
                case OutputFormat.Text _ -> {}
                case OutputFormat.JsonObject _, OutputFormat.Other _ ->
                        ignored.accept("response_format");
                case OutputFormat.JsonSchema schema -> {
                    said = true;
                    schema(config, schema);
                }
            }
        }
        if (said) {
            out.name("outputConfig").json(config.endObject().slice());
        }
    }

    private void schema(JsonOut config, OutputFormat.JsonSchema schema) {
        config.name("textFormat").beginObject().name("type").text("json_schema");
        config.name("structure").beginObject().name("jsonSchema").beginObject();
        config.name("schema").text(schema.schema());
        if (!schema.name().isEmpty()) {
            config.name("name").text(schema.name());
        }
        if (!schema.description().isEmpty()) {
            config.name("description").text(schema.description());
        }
        config.endObject().endObject().endObject();
        Schemas.report(schema, Set.of("name", "description"), ignored);
    }

    /// Claude's own words, which reach it as they are.
    private boolean isPassed(String extra) {
        return claude && request.dialect() == DialectId.ANTHROPIC && PASSED.contains(extra);
    }

    private void additional() {
        Map<String, Slice> fields = new LinkedHashMap<>();
        Settings settings = request.settings();
        if (claude) {
            settings.json(Setting.TOP_K).ifPresent(value -> fields.put("top_k", value));
            settings.json(Setting.REASONING_BUDGET)
                    .ifPresent(budget -> fields.put("thinking", thinking(budget)));
            PASSED.forEach(name -> {
                if (isPassed(name) && !request.extras().get(name).isEmpty()) {
                    fields.put(name, request.extras().get(name));
                }
            });
        }
        if (effort().equals(Effort.NONE)) {
            if (claude) {
                fields.put("thinking", Slice.of("{\"type\":\"disabled\"}"));
            } else {
                ignored.accept(Setting.REASONING_EFFORT.id());
            }
        }
        if (!fields.isEmpty()) {
            out.name("additionalModelRequestFields").beginObject();
            fields.forEach((name, json) -> out.name(name).json(json));
            out.endObject();
        }
    }

    private static Slice thinking(Slice budget) {
        JsonOut json = new JsonOut().beginObject().name("type").text("enabled");
        return json.name("budget_tokens").json(budget).endObject().slice();
    }
}
