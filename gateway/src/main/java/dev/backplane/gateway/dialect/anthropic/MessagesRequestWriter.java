package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Writes the bodies of `POST /v1/messages` and `/v1/messages/count_tokens`; [Headers#of] tells
/// what to send with them.
public final class MessagesRequestWriter {
    /// Asked for where the request has no limit of its own: the dialect demands one.
    static final long TOKENS_DEFAULT = 8_192;

    private static final Slice NO_PARAMETERS = Slice.of("{\"type\":\"object\",\"properties\":{}}");

    /// Extras that are written elsewhere: in headers, or with what else belongs to the member.
    private static final Set<String> JOINED =
            Set.of(Headers.VERSION_EXTRA, Headers.BETA_EXTRA, "metadata", "output_config");

    /// Settings that are not members of their own.
    private static final Set<Setting> ELSEWHERE =
            Set.of(
                    Setting.MAX_TOKENS,
                    Setting.MAX_COMPLETION_TOKENS,
                    Setting.PARALLEL_TOOL_CALLS,
                    Setting.REASONING_BUDGET,
                    Setting.REASONING_EFFORT);

    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final boolean own;
    private final JsonOut out = new JsonOut();
    private final BlockWriter blocks;

    private MessagesRequestWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.own = request.dialect() == DialectId.ANTHROPIC;
        this.blocks = new BlockWriter(out, own, ignored);
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new MessagesRequestWriter(request, ignored).write();
    }

    /// The same request, asking only how many tokens it has.
    static Slice writeCount(ModelRequest request, Consumer<String> ignored) {
        MessagesRequestWriter writer = new MessagesRequestWriter(request, ignored);
        writer.content();
        writer.reasoning();
        writer.extras();
        return writer.out.endObject().slice();
    }

    private Slice write() {
        content();
        out.name("max_tokens").json(limit());
        settings();
        if (!request.stop().isEmpty()) {
            out.name("stop_sequences").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
        reasoning();
        if (request.stream()) {
            out.name("stream").literal("true");
        }
        metadata();
        extras();
        return out.endObject().slice();
    }

    private Slice limit() {
        Settings settings = request.settings();
        Optional<Slice> limit =
                settings.json(Setting.MAX_COMPLETION_TOKENS)
                        .or(() -> settings.json(Setting.MAX_TOKENS));
        long thinking = settings.integer(Setting.REASONING_BUDGET).orElse(0);
        return limit.orElseGet(() -> Slice.of("" + (thinking + TOKENS_DEFAULT)));
    }

    private void content() {
        out.beginObject().name("model").text(request.model());
        if (!request.messages().isEmpty() || !own) {
            system();
        }
        out.name("messages").beginArray();
        if (own) {
            request.messages().stream().skip(ownSystem() ? 1 : 0).forEach(this::message);
        } else {
            foreignMessages();
        }
        out.endArray();
        tools();
        toolChoice();
    }

    private boolean ownSystem() {
        return own
                && !request.messages().isEmpty()
                && request.messages().getFirst().role() == Message.Role.SYSTEM;
    }

    private static boolean isSystem(Message message) {
        return message.role() == Message.Role.SYSTEM || message.role() == Message.Role.DEVELOPER;
    }

    private void system() {
        if (own) {
            if (ownSystem()) {
                out.name("system");
                blocks.content(request.messages().getFirst().parts());
            }
            return;
        }
        List<Part> parts = new ArrayList<>();
        for (Message message : request.messages()) {
            if (isSystem(message)) {
                parts.addAll(said(message));
                beside(message);
            }
        }
        if (!parts.isEmpty()) {
            out.name("system");
            blocks.content(parts);
        }
    }

    private void message(Message message) {
        out.beginObject().name("role").text(message.role().id());
        out.name("content");
        blocks.content(message.parts());
        message.extras().members().forEach((name, json) -> out.name(name).json(json));
        out.endObject();
    }

    /// Roles are user and assistant; the results of calls that were made together must stand in one
    /// message; nothing may be empty.
    private void foreignMessages() {
        List<Part> results = new ArrayList<>();
        for (Message message : request.messages()) {
            if (isSystem(message)) {
                continue;
            }
            beside(message);
            if (message.role() == Message.Role.TOOL) {
                results.addAll(message.parts());
                continue;
            }
            List<Part> parts = said(message);
            if (message.role() == Message.Role.USER) {
                parts.addAll(0, results);
            } else {
                turn(Message.Role.USER, results);
            }
            results.clear();
            turn(message.role(), parts);
        }
        turn(Message.Role.USER, results);
    }

    private void turn(Message.Role role, List<Part> parts) {
        if (!parts.isEmpty()) {
            out.beginObject().name("role").text(role.id()).name("content");
            blocks.content(parts);
            out.endObject();
        }
    }

    private static List<Part> said(Message message) {
        List<Part> parts = new ArrayList<>(message.parts());
        parts.removeIf(part -> part instanceof Part.Text(String text, Extras _) && text.isEmpty());
        return parts;
    }

    private void beside(Message message) {
        if (!message.name().isEmpty()) {
            ignored.accept("messages.name");
        }
        message.extras().members().keySet().forEach(name -> ignored.accept("messages." + name));
    }

    private void tools() {
        List<Tool> tools = new ArrayList<>(request.tools());
        if (!own) {
            tools.removeIf(tool -> {
                boolean unknown = tool instanceof Tool.Other;
                if (unknown) {
                    ignored.accept("tools");
                }
                return unknown;
            });
        }
        if (!tools.isEmpty()) {
            out.name("tools").beginArray();
            tools.forEach(this::tool);
            out.endArray();
        }
    }

    private void tool(Tool tool) {
        switch (tool) {
            case Tool.Other(String _, Slice json) -> out.json(json);
            case Tool.Function function -> {
                out.beginObject().name("name").text(function.name());
                if (!function.description().isEmpty()) {
                    out.name("description").text(function.description());
                }
                Slice schema = function.parameters();
                out.name("input_schema").json(schema.isEmpty() ? NO_PARAMETERS : schema);
                function.strict().ifPresent(strict -> out.name("strict").literal("" + strict));
                function.extras()
                        .members()
                        .forEach((name, json) -> {
                            if (own) {
                                out.name(name).json(json);
                            } else {
                                ignored.accept("tools." + name);
                            }
                        });
                function.outer()
                        .members()
                        .keySet()
                        .forEach(name -> ignored.accept("tools." + name));
                out.endObject();
            }
        }
    }

    private void toolChoice() {
        switch (request.toolChoice()) {
            case ToolChoice.Unset _ -> {
                Optional<Boolean> parallel = request.settings().flag(Setting.PARALLEL_TOOL_CALLS);
                if (!request.tools().isEmpty() && parallel.isPresent()) {
                    choice("auto", "");
                }
            }
            case ToolChoice.Auto _ -> choice("auto", "");
            case ToolChoice.Required _ -> choice("any", "");
            case ToolChoice.Named(String name) -> choice("tool", name);
            case ToolChoice.None _ ->
                    out.name("tool_choice").beginObject().name("type").text("none").endObject();
            case ToolChoice.Other(Slice json) when own -> out.name("tool_choice").json(json);
            case ToolChoice.Other _ -> ignored.accept("tool_choice");
        }
    }

    private void choice(String type, String name) {
        out.name("tool_choice").beginObject().name("type").text(type);
        if (!name.isEmpty()) {
            out.name("name").text(name);
        }
        request.settings()
                .flag(Setting.PARALLEL_TOOL_CALLS)
                .ifPresent(
                        parallel -> out.name("disable_parallel_tool_use").literal("" + !parallel));
        out.endObject();
    }

    private void settings() {
        Map<Setting, Slice> members = new EnumMap<>(Setting.class);
        request.settings()
                .forEach((setting, json) -> {
                    if (!ELSEWHERE.contains(setting)) {
                        members.put(setting, json);
                    }
                });
        Names.SETTINGS.write(Settings.of(members), out, ignored);
    }

    private void reasoning() {
        request.settings()
                .json(Setting.REASONING_BUDGET)
                .ifPresent(budget -> {
                    out.name("thinking").beginObject().name("type").text("enabled");
                    out.name("budget_tokens").json(budget).endObject();
                });
        Slice rest = own ? request.extras().get("output_config") : Slice.EMPTY;
        Optional<Slice> effort = request.settings().json(Setting.REASONING_EFFORT);
        Optional<Slice> format = request.format().flatMap(this::format);
        if (effort.isEmpty() && format.isEmpty() && rest.isEmpty()) {
            return;
        }
        out.name("output_config").beginObject();
        effort.ifPresent(json -> out.name("effort").json(json));
        format.ifPresent(json -> out.name("format").json(json));
        members(rest);
        out.endObject();
    }

    private Optional<Slice> format(OutputFormat format) {
        return switch (format) {
            case OutputFormat.Text _ -> Optional.empty();
            case OutputFormat.JsonSchema schema when !schema.schema().isEmpty() -> {
                JsonOut json = new JsonOut().beginObject().name("type").text("json_schema");
                yield Optional.of(json.name("schema").json(schema.schema()).endObject().slice());
            }
            case OutputFormat.Other(Slice json) when own -> Optional.of(json);
            case OutputFormat.JsonSchema _, OutputFormat.JsonObject _, OutputFormat.Other _ -> {
                ignored.accept("response_format");
                yield Optional.empty();
            }
        };
    }

    /// What other dialects call metadata is refused here.
    private void metadata() {
        Slice rest = own ? request.extras().get("metadata") : Slice.EMPTY;
        if (!request.metadata().isEmpty()) {
            ignored.accept("metadata");
        }
        if (request.user().isEmpty() && rest.isEmpty()) {
            return;
        }
        out.name("metadata").beginObject();
        if (!request.user().isEmpty()) {
            out.name("user_id").text(request.user());
        }
        members(rest);
        out.endObject();
    }

    private void members(Slice object) {
        if (!object.isEmpty()) {
            JsonCursor.read(
                    object,
                    "body",
                    cursor -> {
                        cursor.object(name -> out.name(name).json(cursor.raw()));
                        return cursor;
                    });
        }
    }

    private void extras() {
        request.extras()
                .members()
                .forEach((name, json) -> {
                    if (!own) {
                        ignored.accept(name);
                    } else if (!JOINED.contains(name)) {
                        out.name(name).json(json);
                    }
                });
    }
}
