package dev.backplane.gateway.dialect.bedrock;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
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

    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final boolean claude;
    private final JsonOut out = new JsonOut();
    private final BlockWriter blocks;

    private ConverseWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.claude = request.model().contains("anthropic");
        this.blocks = new BlockWriter(out, ignored);
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws dev.backplane.core.Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new ConverseWriter(request, ignored).write();
    }

    private Slice write() {
        if (!(request.input() instanceof Input.Chat)) {
            throw BlockWriter.cannot("a prompt that is no conversation");
        }
        out.beginObject();
        system();
        messages();
        inference();
        tools();
        output();
        additional();
        request.settings()
                .text(Setting.SERVICE_TIER)
                .ifPresent(tier -> {
                    out.name("serviceTier").beginObject().name("type").text(tier).endObject();
                });
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        if (!request.metadata().isEmpty()) {
            ignored.accept("metadata");
        }
        request.extras().members().keySet().forEach(ignored);
        return out.endObject().slice();
    }

    private static boolean instructs(Message message) {
        return message.role() == Message.Role.SYSTEM || message.role() == Message.Role.DEVELOPER;
    }

    private void system() {
        List<Message> system =
                request.messages().stream().filter(ConverseWriter::instructs).toList();
        if (!system.isEmpty()) {
            out.name("system").beginArray();
            for (Message message : system) {
                message.parts().forEach(blocks::part);
            }
            out.endArray();
        }
    }

    private void messages() {
        out.name("messages").beginArray();
        String open = "";
        for (Message message : request.messages()) {
            if (instructs(message)) {
                continue;
            }
            String role = message.role() == Message.Role.ASSISTANT ? "assistant" : "user";
            if (!role.equals(open)) {
                close(open);
                out.beginObject().name("role").text(role).name("content").beginArray();
                open = role;
            }
            message.parts().forEach(blocks::part);
            message.extras().members().keySet().forEach(name -> ignored.accept("messages." + name));
        }
        close(open);
        out.endArray();
    }

    private void close(String open) {
        if (!open.isEmpty()) {
            out.endArray().endObject();
        }
    }

    private void inference() {
        Settings settings = request.settings();
        settings.forEach((setting, _) -> {
            if (!SAID.contains(setting) && !(claude && SAID_TO_CLAUDE.contains(setting))) {
                ignored.accept(setting.name().toLowerCase(Locale.ROOT));
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
        List<Tool.Function> functions = new ArrayList<>();
        for (Tool tool : request.tools()) {
            if (tool instanceof Tool.Function function) {
                functions.add(function);
            } else {
                ignored.accept("tools");
            }
        }
        if (functions.isEmpty() || (forbidden && !used)) {
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

    private void output() {
        JsonOut config = new JsonOut().beginObject();
        boolean said = false;
        if (request.settings().json(Setting.REASONING_EFFORT).isPresent()) {
            config.name("effort").json(request.settings().json(Setting.REASONING_EFFORT).get());
            said = true;
        }
        if (request.format().isPresent()) {
            switch (request.format().get()) {
                case OutputFormat.Text _ -> {}
                case OutputFormat.JsonObject _, OutputFormat.Other _ ->
                        ignored.accept("response_format");
                case OutputFormat.JsonSchema schema -> {
                    said = true;
                    config.name("textFormat").beginObject().name("type").text("json_schema");
                    config.name("structure").beginObject().name("jsonSchema").beginObject();
                    config.name("schema").text(schema.schema()).name("name").text(schema.name());
                    if (!schema.description().isEmpty()) {
                        config.name("description").text(schema.description());
                    }
                    config.endObject().endObject().endObject();
                }
            }
        }
        if (said) {
            out.name("outputConfig").json(config.endObject().slice());
        }
    }

    private void additional() {
        Settings settings = request.settings();
        boolean topK = settings.has(Setting.TOP_K);
        boolean budget = settings.has(Setting.REASONING_BUDGET);
        if (!claude || !(topK || budget)) {
            return;
        }
        out.name("additionalModelRequestFields").beginObject();
        settings.json(Setting.TOP_K).ifPresent(value -> out.name("top_k").json(value));
        settings.json(Setting.REASONING_BUDGET)
                .ifPresent(value -> {
                    out.name("thinking").beginObject().name("type").text("enabled");
                    out.name("budget_tokens").json(value).endObject();
                });
        out.endObject();
    }
}
