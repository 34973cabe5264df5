package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/// Writes the body of `POST /v1/chat/completions`.
public final class ChatRequestWriter {
    private static final int USER_CHARS_MAX = 64;
    private static final int BESIDES_BYTES = 512;
    private static final int TOOL_BYTES = 16;

    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final boolean own;
    private final JsonOut out;

    private ChatRequestWriter(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        this.own = request.dialect() == DialectId.OPENAI_CHAT;
        this.out = new JsonOut(BESIDES_BYTES + size(request.tools()) + verbatim().length());
    }

    /// How many bytes the tools take, about.
    private static int size(List<Tool> tools) {
        int size = 0;
        for (Tool tool : tools) {
            size += TOOL_BYTES;
            size += tool instanceof Tool.Function function ? function.json().length() : 0;
        }
        return size;
    }

    /// The messages, where they can be sent on as they came.
    private Slice verbatim() {
        return own && request.input() instanceof Input.Chat chat ? chat.json() : Slice.EMPTY;
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws Problem `INVALID` for content that cannot
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        return new ChatRequestWriter(request, ignored).write();
    }

    /// As [#messages(List, DialectId)]; as they came where that is this dialect.
    public static Slice messages(Input.Chat chat, DialectId dialect) {
        return dialect == DialectId.OPENAI_CHAT && !chat.json().isEmpty()
                ? chat.json()
                : messages(chat.messages(), dialect);
    }

    /// Messages alone, a JSON array: the form in which spans hold conversations of any dialect.
    public static Slice messages(List<Message> messages, DialectId dialect) {
        JsonOut out = new JsonOut().beginArray();
        MessageWriter.whole(out, dialect.id()).messages(messages);
        return out.endArray().slice();
    }

    /// Tools alone, a JSON array.
    public static Slice tools(List<Tool> tools) {
        JsonOut out = new JsonOut(BESIDES_BYTES + size(tools)).beginArray();
        tools.forEach(tool -> Tools.write(out, tool));
        return out.endArray().slice();
    }

    /// What is asked of the answer besides settings, a JSON object of `tool_choice`, `stop` and
    /// `response_format`: the form in which spans hold it, of any dialect.
    public static Slice demands(ModelRequest request) {
        ChatRequestWriter writer = new ChatRequestWriter(request, _ -> {});
        writer.out.beginObject();
        writer.toolChoice();
        writer.stop();
        request.format().ifPresent(writer::format);
        return writer.out.endObject().slice();
    }

    private void stop() {
        if (!request.stop().isEmpty()) {
            out.name("stop").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
    }

    private Slice write() {
        out.beginObject().name("model").text(request.model());
        out.name("messages");
        messages();
        List<Tool> tools = Tools.known(request.tools(), own, ignored);
        if (!tools.isEmpty()) {
            out.name("tools").beginArray();
            tools.forEach(tool -> Tools.write(out, tool));
            out.endArray();
        }
        if (own || isPossible(request.toolChoice(), tools)) {
            toolChoice();
        }
        Names.CHAT.write(request.settings(), out, ignored);
        stop();
        request.format().ifPresent(this::format);
        if (request.stream()) {
            out.name("stream").literal("true");
            streamOptions();
        }
        if (!request.user().isEmpty()) {
            out.name("user").text(user());
        }
        if (!request.metadata().isEmpty()) {
            out.name("metadata").json(request.metadata());
        }
        request.extras().members().forEach(this::extra);
        return out.endObject().slice();
    }

    /// Services refuse what is longer than 64 (OpenAI) or 128 characters (looplj/axonhub #1669),
    /// and Claude Code says 170: what is sent instead is as different for each user.
    private String user() {
        String user = request.user();
        if (own || user.length() <= USER_CHARS_MAX) {
            return user;
        }
        ignored.accept("user");
        return UUID.nameUUIDFromBytes(user.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private void messages() {
        if (!verbatim().isEmpty()) {
            out.json(verbatim());
            return;
        }
        out.beginArray();
        MessageWriter writer =
                own ? MessageWriter.whole(out, "this provider") : MessageWriter.plain(out, ignored);
        writer.messages(request.messages());
        out.endArray();
    }

    /// The count of tokens is always asked for: the span wants it, whoever asked.
    private void streamOptions() {
        Slice given = own ? request.extras().get("stream_options") : Slice.EMPTY;
        out.name("stream_options").beginObject().name("include_usage").literal("true");
        if (!given.isEmpty()) {
            members(given, "include_usage");
        }
        out.endObject();
    }

    private void members(Slice object, String except) {
        JsonCursor.read(
                object,
                "stream_options",
                cursor -> {
                    cursor.object(name -> {
                        if (name.equals(except)) {
                            cursor.skip();
                        } else {
                            out.name(name).json(cursor.raw());
                        }
                    });
                    return cursor;
                });
    }

    private void extra(String name, Slice json) {
        if (!own) {
            ignored.accept(name);
        } else if (!name.equals("stream_options")) {
            out.name(name).json(json);
        }
    }

    /// Servers refuse a choice where there is nothing to choose from. A tool that was left out
    /// cannot be what the answer is.
    private static boolean isPossible(ToolChoice choice, List<Tool> tools) {
        boolean demanded =
                switch (choice) {
                    case ToolChoice.Required _ -> tools.isEmpty();
                    case ToolChoice.Named(String name) ->
                            tools.stream()
                                    .noneMatch(tool ->
                                            tool instanceof Tool.Function function
                                                    && function.name().equals(name));
                    case ToolChoice.Unset _,
                            ToolChoice.Auto _,
                            ToolChoice.None _,
                            ToolChoice.Other _ ->
                            false;
                };
        if (demanded) {
            throw Problem.invalid(
                            "tool_choice demands a tool that this provider cannot run",
                            "tool_choice")
                    .fix("offer a function that your program runs, or use a provider that runs it");
        }
        return !tools.isEmpty() || choice instanceof ToolChoice.Other;
    }

    private void toolChoice() {
        switch (request.toolChoice()) {
            case ToolChoice.Unset _ -> {}
            case ToolChoice.Auto _ -> out.name("tool_choice").text("auto");
            case ToolChoice.None _ -> out.name("tool_choice").text("none");
            case ToolChoice.Required _ -> out.name("tool_choice").text("required");
            case ToolChoice.Named(String name) -> {
                out.name("tool_choice").beginObject().name("type").text("function");
                out.name("function").beginObject().name("name").text(name).endObject();
                out.endObject();
            }
            case ToolChoice.Other(Slice json) -> {
                if (own) {
                    out.name("tool_choice").json(json);
                } else {
                    ignored.accept("tool_choice");
                }
            }
        }
    }

    private void format(OutputFormat format) {
        switch (format) {
            case OutputFormat.Text _ -> formatType("text").endObject();
            case OutputFormat.JsonObject _ -> formatType("json_object").endObject();
            case OutputFormat.JsonSchema schema -> {
                formatType("json_schema").name("json_schema").beginObject();
                out.name("name").text(schema.name().isEmpty() ? "answer" : schema.name());
                if (!schema.description().isEmpty()) {
                    out.name("description").text(schema.description());
                }
                if (!schema.schema().isEmpty()) {
                    out.name("schema").json(schema.schema());
                }
                schema.strict().ifPresent(strict -> out.name("strict").literal("" + strict));
                MessageWriter.extras(out, schema.extras());
                out.endObject().endObject();
            }
            case OutputFormat.Other(Slice json) -> {
                if (own) {
                    out.name("response_format").json(json);
                } else {
                    ignored.accept("response_format");
                }
            }
        }
    }

    private JsonOut formatType(String type) {
        return out.name("response_format").beginObject().name("type").text(type);
    }
}
