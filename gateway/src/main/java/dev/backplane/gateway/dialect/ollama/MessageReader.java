package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.Problem;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Reads the messages of one conversation, in order: results of tools look for the calls that they
/// answer.
final class MessageReader {
    private static final Set<String> TEXTS =
            Set.of("role", "content", "thinking", "tool_name", "tool_call_id");

    private final List<Part.ToolCall> unanswered = new ArrayList<>();
    private int unnamed;

    Message message(JsonCursor cursor) {
        String path = cursor.path();
        Map<String, String> texts = new HashMap<>();
        List<Part> images = new ArrayList<>();
        List<Part> calls = new ArrayList<>();
        Extras.Builder extras = new Extras.Builder();
        cursor.object(name -> {
            if (cursor.isNull()) {
                return;
            }
            if (TEXTS.contains(name)) {
                texts.put(name, cursor.text());
            } else if (name.equals("images")) {
                cursor.array(() -> images.add(image(cursor.text())));
            } else if (name.equals("tool_calls")) {
                cursor.array(() -> calls.add(call(cursor)));
            } else {
                extras.put(name, cursor.raw());
            }
        });
        Message.Role role = role(texts.getOrDefault("role", ""), path);
        List<Part> parts = new ArrayList<>();
        add(texts, "thinking", text -> parts.add(new Part.Reasoning(text)));
        add(texts, "content", text -> parts.add(new Part.Text(text)));
        parts.addAll(images);
        parts.addAll(calls);
        String tool = texts.getOrDefault("tool_name", "");
        if (role != Message.Role.TOOL) {
            return new Message(role, parts, tool, extras.build());
        }
        String id = texts.getOrDefault("tool_call_id", "");
        Part result = new Part.ToolResult(answered(id, tool), parts, false, Extras.NONE);
        return new Message(role, List.of(result), tool, extras.build());
    }

    private static void add(Map<String, String> texts, String name, Consumer<String> use) {
        String text = texts.getOrDefault(name, "");
        if (!text.isEmpty()) {
            use.accept(text);
        }
    }

    private static Message.Role role(String role, String path) {
        return switch (role) {
            case "system" -> Message.Role.SYSTEM;
            case "user" -> Message.Role.USER;
            case "assistant" -> Message.Role.ASSISTANT;
            case "tool" -> Message.Role.TOOL;
            default ->
                    throw Problem.invalid(path + ".role is not known", "messages")
                            .fix("use system, user, assistant or tool");
        };
    }

    private Part call(JsonCursor cursor) {
        String[] texts = {"", "", ""};
        Extras.Builder extras = new Extras.Builder();
        cursor.object(name -> {
            switch (name) {
                case "id" -> texts[0] = cursor.textOrEmpty();
                case "type" -> cursor.skip();
                case "function" -> cursor.object(part -> function(cursor, part, texts, extras));
                default -> extras.put(name, cursor.raw());
            }
        });
        String id = texts[0].isEmpty() ? Names.UNNAMED + unnamed++ : texts[0];
        Part.ToolCall call = new Part.ToolCall(id, texts[1], texts[2], extras.build());
        unanswered.add(call);
        return call;
    }

    private static void function(
            JsonCursor cursor, String part, String[] texts, Extras.Builder extras) {
        switch (part) {
            case "name" -> texts[1] = cursor.text();
            case "arguments" -> {
                if (cursor.isText()) {
                    texts[2] = cursor.text();
                } else if (cursor.isObject()) {
                    texts[2] = cursor.raw().text();
                } else if (!cursor.isNull()) {
                    throw cursor.wrong("an object");
                }
            }
            default -> extras.put("function." + part, cursor.raw());
        }
    }

    private String answered(String id, String tool) {
        Optional<Part.ToolCall> call =
                unanswered.stream()
                        .filter(open ->
                                id.isEmpty() ? open.name().equals(tool) : open.id().equals(id))
                        .findFirst()
                        .or(() ->
                                id.isEmpty() ? unanswered.stream().findFirst() : Optional.empty());
        call.ifPresent(unanswered::remove);
        return id.isEmpty()
                ? call.map(Part.ToolCall::id).orElseGet(() -> Names.UNNAMED + unnamed++)
                : id;
    }

    /// Base64 says what it is by its first characters.
    static Part image(String data) {
        String type =
                data.startsWith("iVBOR")
                        ? "image/png"
                        : data.startsWith("/9j/")
                                ? "image/jpeg"
                                : data.startsWith("R0lGOD")
                                        ? "image/gif"
                                        : data.startsWith("UklGR") ? "image/webp" : "";
        return new Part.Image(new Media.Base64(type, data), "", Extras.NONE);
    }
}
