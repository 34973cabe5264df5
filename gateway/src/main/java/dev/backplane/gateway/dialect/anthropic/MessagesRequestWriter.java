package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Effort;
import dev.backplane.gateway.dialect.Schemas;
import dev.backplane.gateway.dialect.TwoRoles;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.Comparator;
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
    private final TwoRoles roles;

    private MessagesRequestWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.own = request.dialect() == DialectId.ANTHROPIC;
        this.blocks = BlockWriter.ofRequest(out, own, ignored);
        this.roles = new TwoRoles(request, ignored);
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

    private void system() {
        List<Part> parts =
                own
                        ? ownSystem() ? request.messages().getFirst().parts() : List.of()
                        : roles.instructions(blocks::says);
        if (!parts.isEmpty() || ownSystem()) {
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

    /// Results of tools stand first in their message.
    private void foreignMessages() {
        for (TwoRoles.Turn turn : roles.turns(blocks::says)) {
            List<Part> parts = new ArrayList<>(turn.parts());
            parts.sort(Comparator.comparing(part -> !(part instanceof Part.ToolResult)));
            out.beginObject().name("role").text(turn.assistant() ? "assistant" : "user");
            out.name("content");
            blocks.content(parts);
            out.endObject();
        }
    }

    private void tools() {
        List<? extends Tool> tools = own ? request.tools() : roles.functions();
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
                if (!request.tools().isEmpty() && parallel().isPresent()) {
                    choice("auto", "");
                } else {
                    unchosen();
                }
            }
            case ToolChoice.Auto _ -> choice("auto", "");
            case ToolChoice.Required _ -> choice("any", "");
            case ToolChoice.Named(String name) -> choice("tool", name);
            case ToolChoice.None _ -> {
                out.name("tool_choice").beginObject().name("type").text("none").endObject();
                unchosen();
            }
            case ToolChoice.Other(Slice json) when own -> out.name("tool_choice").json(json);
            case ToolChoice.Other _ -> {
                ignored.accept("tool_choice");
                unchosen();
            }
        }
    }

    private Optional<Boolean> parallel() {
        return request.settings().flag(Setting.PARALLEL_TOOL_CALLS);
    }

    /// Whether calls may be made side by side is said in the choice, or not at all.
    private void unchosen() {
        parallel().ifPresent(_ -> ignored.accept(Setting.PARALLEL_TOOL_CALLS.id()));
    }

    private void choice(String type, String name) {
        out.name("tool_choice").beginObject().name("type").text(type);
        if (!name.isEmpty()) {
            out.name("name").text(name);
        }
        parallel()
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
        Optional<Slice> effort = effort();
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

    private Optional<Slice> effort() {
        Optional<Slice> effort = request.settings().json(Setting.REASONING_EFFORT);
        if (own || effort.isEmpty()) {
            return effort;
        }
        String word = request.settings().text(Setting.REASONING_EFFORT).orElse("");
        if (word.equals(Effort.NONE)) {
            out.name("thinking").beginObject().name("type").text("disabled").endObject();
            return Optional.empty();
        }
        return Optional.of(new JsonOut().text(Effort.nearest(word, Effort.ANTHROPIC)).slice());
    }

    private Optional<Slice> format(OutputFormat format) {
        return switch (format) {
            case OutputFormat.Text _ -> Optional.empty();
            case OutputFormat.JsonSchema schema when !schema.schema().isEmpty() -> {
                Schemas.report(schema, Set.of(), ignored);
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
