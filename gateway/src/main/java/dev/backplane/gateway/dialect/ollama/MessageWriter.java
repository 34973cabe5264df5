package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.TextFiles;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Writes the messages of one conversation, in order: results of tools name the tool, which other
/// dialects say only in the call.
final class MessageWriter {
    private final JsonOut out;
    private final boolean own;
    private final Consumer<String> ignored;
    private final Map<String, String> tools = new HashMap<>();

    MessageWriter(JsonOut out, boolean own, Consumer<String> ignored) {
        this.out = out;
        this.own = own;
        this.ignored = ignored;
    }

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
            Message.Role role = message.role();
            out.beginObject().name("role");
            out.text(role == Message.Role.DEVELOPER ? Message.Role.SYSTEM.id() : role.id());
            parts(rest);
            if (!message.name().isEmpty()) {
                if (own) {
                    out.name("tool_name").text(message.name());
                } else {
                    ignored.accept("messages.name");
                }
            }
            extras(message.extras());
            out.endObject();
        }
    }

    private void result(Message message, Part.ToolResult result) {
        out.beginObject().name("role").text("tool");
        parts(result.content());
        String tool = tools.getOrDefault(result.callId(), "");
        if (own || tool.isEmpty()) {
            tool = message.name();
        }
        if (!tool.isEmpty()) {
            out.name("tool_name").text(tool);
        }
        if (!result.callId().startsWith(Names.UNNAMED)) {
            out.name("tool_call_id").text(result.callId());
        }
        if (result.error()) {
            ignored.accept("messages.is_error");
        }
        if (message.role() == Message.Role.TOOL) {
            extras(message.extras());
        }
        extras(result.extras());
        out.endObject();
    }

    private void parts(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        List<String> images = new ArrayList<>();
        List<Part.ToolCall> calls = new ArrayList<>();
        for (Part part : parts) {
            switch (part) {
                case Part.Text(String piece, Extras extras) -> {
                    text.append(piece);
                    report(extras);
                }
                case Part.Refusal(String piece, Extras extras) -> {
                    text.append(piece);
                    report(extras);
                }
                case Part.Reasoning thought -> {
                    thoughts.append(thought.text());
                    boolean unsaid = thought.text().isEmpty() && !Thoughts.form(thought).isEmpty();
                    if (unsaid || !thought.signature().isEmpty() || !thought.redacted().isEmpty()) {
                        ignored.accept("messages.reasoning.signature");
                    }
                    Thoughts.report(thought, ignored);
                }
                case Part.Image(
                                Media.Base64(String _, String data),
                                String detail,
                                Extras extras) -> {
                    images.add(data);
                    if (!detail.isEmpty()) {
                        ignored.accept("messages.detail");
                    }
                    report(extras);
                }
                case Part.File(Media.Base64(String type, String data), String name, Extras extras)
                        when type.startsWith("text/") -> {
                    text.append(decoded(data));
                    if (!name.isEmpty()) {
                        ignored.accept("messages.filename");
                    }
                    report(extras);
                }
                case Part.ToolCall call -> calls.add(call);
                case Part.Image _ -> throw Cannot.send("an image that is not base64");
                case Part.Audio _ -> throw Cannot.send("audio");
                case Part.File _ -> throw Cannot.send("a file");
                case Part.ToolResult _ -> throw Cannot.send("a result within a result");
                case Part.Other(String type, Slice _) ->
                        throw Cannot.send("a part of type " + type);
            }
        }
        out.name("content").text(text.toString());
        if (!thoughts.isEmpty()) {
            out.name("thinking").text(thoughts.toString());
        }
        if (!images.isEmpty()) {
            out.name("images").beginArray();
            images.forEach(out::text);
            out.endArray();
        }
        if (!calls.isEmpty()) {
            out.name("tool_calls").beginArray();
            calls.forEach(this::call);
            out.endArray();
        }
    }

    private static String decoded(String base64) {
        return TextFiles.decode(base64)
                .orElseThrow(() -> Cannot.send("a file that is not base64"))
                .text();
    }

    private void call(Part.ToolCall call) {
        tools.put(call.id(), call.name());
        out.beginObject();
        if (!call.id().startsWith(Names.UNNAMED)) {
            out.name("id").text(call.id());
        }
        out.name("function").beginObject().name("name").text(call.name());
        out.name("arguments").json(Arguments.object(call.arguments()));
        if (own) {
            call.extras()
                    .members()
                    .forEach((name, json) -> {
                        if (name.startsWith("function.")) {
                            out.name(name.substring("function.".length())).json(json);
                        }
                    });
        }
        out.endObject();
        call.extras()
                .members()
                .forEach((name, json) -> {
                    if (!own) {
                        ignored.accept("messages." + name);
                    } else if (!name.startsWith("function.")) {
                        out.name(name).json(json);
                    }
                });
        out.endObject();
    }

    private void extras(Extras extras) {
        if (own) {
            extras.members().forEach((name, json) -> out.name(name).json(json));
        } else {
            report(extras);
        }
    }

    private void report(Extras extras) {
        extras.members().keySet().forEach(name -> ignored.accept("messages." + name));
    }
}
