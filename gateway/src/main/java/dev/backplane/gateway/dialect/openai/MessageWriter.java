package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Writes messages in chat form. Role first, then content, tool calls and the rest, so that one
/// message is the same bytes whatever dialect it came in.
final class MessageWriter {
    private final JsonOut out;
    private final boolean whole;
    private final String reader;
    private final Set<String> ignored = new TreeSet<>();

    /// @param whole whether extras and parts of other types are written as they came
    /// @param reader who is to read it, for problems
    MessageWriter(JsonOut out, boolean whole, String reader) {
        this.out = out;
        this.whole = whole;
        this.reader = reader;
    }

    /// Fields that were left out.
    Set<String> ignored() {
        return ignored;
    }

    /// One message; results of tools become messages of their own, before what else is in it.
    void message(Message message) {
        List<Part> rest = new ArrayList<>();
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolResult result) {
                result(message, result);
            } else {
                rest.add(part);
            }
        }
        if (!rest.isEmpty() || message.parts().isEmpty()) {
            plain(message, rest);
        }
    }

    private void result(Message message, Part.ToolResult result) {
        out.beginObject().name("role").text("tool");
        out.name("tool_call_id").text(result.callId());
        content(result.content());
        name(message);
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
        StringBuilder thoughts = new StringBuilder();
        StringBuilder refusal = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.ToolCall call -> calls.add(call);
                case Part.Reasoning(
                                String text,
                                String signature,
                                String redacted,
                                Extras more) -> {
                    thoughts.append(text);
                    more.members()
                            .keySet()
                            .forEach(name -> ignored.add("messages.reasoning." + name));
                    if (!signature.isEmpty() || !redacted.isEmpty()) {
                        ignored.add("messages.reasoning.signature");
                    }
                }
                case Part.Refusal(String text, Extras _)
                        when message.role() == Message.Role.ASSISTANT ->
                        refusal.append(text);
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
        if (!thoughts.isEmpty()) {
            out.name("reasoning_content").text(thoughts.toString());
        }
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
                out.name("url").text(url(media, "image"));
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

    private void file(Part.File file) {
        begin("file").name("file").beginObject();
        if (file.media() instanceof Media.Reference(String id)) {
            out.name("file_id").text(id);
        } else if (file.media() instanceof Media.Url && !whole) {
            throw cannot("a file by its address");
        } else {
            out.name("file_data").text(url(file.media(), "file"));
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
        return Problem.invalid(what + " cannot be sent to " + reader, "messages")
                .fix("leave it out, or name a model whose provider takes it");
    }

    private void extras(Extras extras) {
        if (whole) {
            extras(out, extras);
        } else {
            extras.members().keySet().forEach(name -> ignored.add("messages." + name));
        }
    }

    static void extras(JsonOut out, Extras extras) {
        extras.members().forEach((name, json) -> out.name(name).json(json));
    }
}
