package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.TextFiles;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Writes messages in chat form. Role first, then content, tool calls and the rest, so that one
/// message is the same bytes whatever dialect it came in.
///
/// Results of tools are text in this dialect (openai-python, `ChatCompletionToolMessageParam`).
/// What else another dialect has in them is shown by the user in the next message.
final class MessageWriter {
    private final JsonOut out;
    private final boolean whole;
    private final String reader;
    private final Consumer<String> ignored;

    /// From results of tools, for the next message.
    private final List<Part> shown = new ArrayList<>();

    private MessageWriter(JsonOut out, boolean whole, String reader, Consumer<String> ignored) {
        this.out = out;
        this.whole = whole;
        this.reader = reader;
        this.ignored = ignored;
    }

    /// Writes extras and parts of other types as they came.
    ///
    /// @param reader who is to read it, for problems
    static MessageWriter whole(JsonOut out, String reader) {
        return new MessageWriter(out, true, reader, _ -> {});
    }

    /// For who knows no other dialect.
    ///
    /// @param ignored told fields that were left out
    static MessageWriter plain(JsonOut out, Consumer<String> ignored) {
        return new MessageWriter(out, false, "this provider", ignored);
    }

    void messages(List<Message> messages) {
        messages.forEach(this::message);
        show();
    }

    /// One message; results of tools become messages of their own, before what else is in it.
    private void message(Message message) {
        List<Part> rest = new ArrayList<>();
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolResult result) {
                result(message, result);
            } else {
                rest.add(part);
            }
        }
        if (rest.isEmpty() && !message.parts().isEmpty()) {
            return;
        }
        if (message.role() != Message.Role.USER) {
            show();
        }
        List<Part> parts = new ArrayList<>(shown);
        shown.clear();
        parts.addAll(rest);
        plain(message, parts);
    }

    private void show() {
        if (!shown.isEmpty()) {
            List<Part> parts = List.copyOf(shown);
            shown.clear();
            plain(new Message(Message.Role.USER, parts, "", Extras.NONE), parts);
        }
    }

    private void result(Message message, Part.ToolResult result) {
        List<Part> said = new ArrayList<>(result.content());
        if (!whole) {
            said.removeIf(part -> !(part instanceof Part.Text));
            result.content().stream()
                    .filter(part -> !(part instanceof Part.Text))
                    .forEach(shown::add);
        }
        out.beginObject().name("role").text("tool");
        out.name("tool_call_id").text(result.callId());
        if (said.isEmpty() && !result.content().isEmpty()) {
            out.name("content").text("");
        } else {
            content(said);
        }
        name(message);
        if (result.error() && whole) {
            out.name("is_error").literal("true");
        } else if (result.error()) {
            ignored.accept("messages.is_error");
        }
        if (message.role() == Message.Role.TOOL) {
            extras(message.extras());
        }
        extras(result.extras());
        out.endObject();
    }

    private void name(Message message) {
        if (!message.name().isEmpty()) {
            out.name("name").text(message.name());
        }
    }

    private void plain(Message message, List<Part> parts) {
        List<Part> content = new ArrayList<>();
        List<Part> calls = new ArrayList<>();
        StringBuilder refusal = new StringBuilder();
        ThoughtWriter thoughts = new ThoughtWriter(whole, ignored);
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            switch (part) {
                case Part.ToolCall call -> calls.add(call);
                case Part.Reasoning thought -> {
                    boolean ofCall =
                            i + 1 < parts.size() && parts.get(i + 1) instanceof Part.ToolCall;
                    thoughts.add(thought, ofCall ? ((Part.ToolCall) parts.get(i + 1)).id() : "");
                }
                case Part.Refusal(String text, Extras more)
                        when message.role() == Message.Role.ASSISTANT -> {
                    refusal.append(text);
                    report(more);
                }
                case Part.Other(String type, Slice json) when isCall(type) ->
                        calls.add(new Part.Other(type, json));
                case Part.Text _,
                        Part.Image _,
                        Part.Audio _,
                        Part.File _,
                        Part.Refusal _,
                        Part.ToolResult _,
                        Part.Other _ ->
                        content.add(part);
            }
        }
        out.beginObject().name("role").text(message.role().id());
        content(content);
        thoughts.write(out);
        if (!refusal.isEmpty()) {
            out.name("refusal").text(refusal.toString());
        }
        if (!calls.isEmpty()) {
            out.name("tool_calls").beginArray();
            calls.forEach(this::call);
            out.endArray();
        }
        name(message);
        extras(message.extras());
        out.endObject();
    }

    private static boolean isCall(String type) {
        return type.equals("custom");
    }

    private void call(Part part) {
        if (part instanceof Part.ToolCall call) {
            out.beginObject().name("id").text(call.id()).name("type").text("function");
            out.name("function").beginObject().name("name").text(call.name());
            out.name("arguments").text(call.arguments()).endObject();
            extras(call.extras());
            out.endObject();
        } else {
            part(part);
        }
    }

    /// One plain text is a string; nothing is null.
    private void content(List<Part> parts) {
        out.name("content");
        if (parts.isEmpty()) {
            out.literal("null");
        } else if (parts.size() == 1
                && parts.getFirst() instanceof Part.Text(String text, Extras extras)
                && (extras.isEmpty() || !whole)) {
            extras(extras);
            out.text(text);
        } else {
            out.beginArray();
            parts.forEach(this::part);
            out.endArray();
        }
    }

    private void part(Part part) {
        switch (part) {
            case Part.Text(String text, Extras extras) -> {
                begin("text").name("text").text(text);
                extras(extras);
                out.endObject();
            }
            case Part.Refusal(String text, Extras extras) -> {
                begin("refusal").name("refusal").text(text);
                extras(extras);
                out.endObject();
            }
            case Part.Image(Media media, String detail, Extras extras) -> {
                begin("image_url").name("image_url").beginObject();
                out.name("url").text(url(media, "an image"));
                if (!detail.isEmpty()) {
                    out.name("detail").text(detail);
                }
                out.endObject();
                extras(extras);
                out.endObject();
            }
            case Part.Audio(Media media, String format, Extras extras) -> {
                if (!(media instanceof Media.Base64(String _, String data))) {
                    throw cannot("audio that is not base64");
                }
                begin("input_audio").name("input_audio").beginObject();
                out.name("data").text(data).name("format").text(format).endObject();
                extras(extras);
                out.endObject();
            }
            case Part.File(Media.Base64(String type, String data), String name, Extras extras)
                    when !whole && type.startsWith("text/") -> {
                begin("text").name("text").text(decoded(data));
                if (!name.isEmpty()) {
                    ignored.accept("messages.filename");
                }
                extras(extras);
                out.endObject();
            }
            case Part.File file -> file(file);
            case Part.Other(String type, Slice json) -> {
                if (!whole) {
                    throw cannot("a part of type " + type);
                }
                out.json(json);
            }
            case Part.ToolCall _, Part.ToolResult _, Part.Reasoning _ ->
                    throw cannot("a tool call, result or thought as content");
        }
    }

    private Slice decoded(String base64) {
        return TextFiles.decode(base64).orElseThrow(() -> cannot("a file that is not base64"));
    }

    private void file(Part.File file) {
        begin("file").name("file").beginObject();
        if (file.media() instanceof Media.Reference(String id)) {
            out.name("file_id").text(id);
        } else if (file.media() instanceof Media.Url && !whole) {
            throw cannot("a file by its address");
        } else {
            out.name("file_data").text(url(file.media(), "a file"));
        }
        if (!file.name().isEmpty()) {
            out.name("filename").text(file.name());
        }
        out.endObject();
        extras(file.extras());
        out.endObject();
    }

    private JsonOut begin(String type) {
        return out.beginObject().name("type").text(type);
    }

    private String url(Media media, String what) {
        return switch (media) {
            case Media.Url(String url) -> url;
            case Media.Base64(String type, String data) -> "data:" + type + ";base64," + data;
            case Media.Reference(String id) when whole -> id;
            case Media.Reference _ -> throw cannot(what + " by reference");
        };
    }

    private Problem cannot(String what) {
        return Cannot.send(what, reader);
    }

    private void extras(Extras extras) {
        if (whole) {
            extras(out, extras);
        } else {
            report(extras);
        }
    }

    private void report(Extras extras) {
        extras.members().keySet().forEach(name -> ignored.accept("messages." + name));
    }

    static void extras(JsonOut out, Extras extras) {
        extras.members().forEach((name, json) -> out.name(name).json(json));
    }
}
