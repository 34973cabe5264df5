package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Effort;
import dev.backplane.gateway.dialect.Schemas;
import dev.backplane.gateway.dialect.openai.Tools;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Writes the bodies of `POST /api/chat`, for chats, and `POST /api/generate`, for raw prompts.
public final class RequestWriter {
    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final boolean own;
    private final JsonOut out = new JsonOut();

    private RequestWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.own = request.dialect() == DialectId.OLLAMA;
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new RequestWriter(request, ignored).write();
    }

    private Slice write() {
        out.beginObject().name("model").text(request.model());
        switch (request.input()) {
            case Input.Chat(List<Message> messages, Slice _) -> chat(messages);
            case Input.Raw(List<Input.Prompt> prompts) -> prompt(prompts);
        }
        out.name("stream").literal("" + request.stream());
        request.format().ifPresent(this::format);
        settings();
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        if (!request.metadata().isEmpty()) {
            ignored.accept("metadata");
        }
        request.extras()
                .members()
                .forEach((name, json) -> {
                    if (!own) {
                        ignored.accept(name);
                    } else if (!name.equals("options")) {
                        out.name(name).json(json);
                    }
                });
        return out.endObject().slice();
    }

    private void chat(List<Message> messages) {
        out.name("messages").beginArray();
        MessageWriter writer = new MessageWriter(out, own, ignored);
        messages.forEach(writer::message);
        out.endArray();
        List<Tool> tools = Tools.known(request.tools(), own, ignored);
        if (!tools.isEmpty()) {
            out.name("tools").beginArray();
            tools.forEach(tool -> Tools.write(out, tool));
            out.endArray();
        }
        if (!(request.toolChoice() instanceof ToolChoice.Unset)
                && !(request.toolChoice() instanceof ToolChoice.Auto)) {
            ignored.accept("tool_choice");
        }
    }

    private void prompt(List<Input.Prompt> prompts) {
        if (prompts.size() != 1
                || !(prompts.getFirst() instanceof Input.Prompt.Text(String text))) {
            throw Problem.invalid("several prompts or token ids cannot be sent", "prompt")
                    .fix("send one text at a time");
        }
        out.name("prompt").text(text);
        if (!request.settings().has(Setting.SUFFIX)) {
            out.name("raw").literal("true");
        }
    }

    private void format(OutputFormat format) {
        switch (format) {
            case OutputFormat.Text _ -> {}
            case OutputFormat.JsonObject _ -> out.name("format").text("json");
            case OutputFormat.JsonSchema schema when !schema.schema().isEmpty() -> {
                out.name("format").json(schema.schema());
                Schemas.report(schema, Set.of(), ignored);
            }
            case OutputFormat.JsonSchema _, OutputFormat.Other _ ->
                    ignored.accept("response_format");
        }
    }

    /// The dialect's own words are passed as they are.
    private Slice think(Slice effort) {
        String word = request.settings().text(Setting.REASONING_EFFORT).orElse("");
        if (own) {
            return effort;
        }
        return word.equals(Effort.NONE)
                ? Slice.of("false")
                : new JsonOut().text(Effort.nearest(word, Effort.OLLAMA)).slice();
    }

    private void settings() {
        Map<Setting, Slice> options = new EnumMap<>(Setting.class);
        Map<Setting, Slice> members = new EnumMap<>(Setting.class);
        request.settings()
                .forEach((setting, json) -> {
                    if (setting == Setting.REASONING_EFFORT) {
                        out.name("think").json(think(json));
                    } else if (setting == Setting.MAX_COMPLETION_TOKENS) {
                        options.put(Setting.MAX_TOKENS, json);
                    } else if (Names.OF_MEMBERS.contains(setting)) {
                        members.put(setting, json);
                    } else {
                        options.putIfAbsent(setting, json);
                    }
                });
        Names.MEMBERS.write(Settings.of(members), out, ignored);
        Slice rest = own ? request.extras().get("options") : Slice.EMPTY;
        if (options.isEmpty() && rest.isEmpty() && request.stop().isEmpty()) {
            return;
        }
        out.name("options").beginObject();
        Names.OPTIONS.write(Settings.of(options), out, ignored);
        if (!request.stop().isEmpty()) {
            out.name("stop").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
        if (!rest.isEmpty()) {
            Members.of(rest, "options").values().forEach((name, json) -> out.name(name).json(json));
        }
        out.endObject();
    }
}
