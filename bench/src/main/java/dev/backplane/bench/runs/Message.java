package dev.backplane.bench.runs;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One message of a conversation. Calls share the messages of their history, so the JSON of each is
/// rendered once and copied from then on.
public final class Message {
    public enum Role {
        SYSTEM("system"),
        USER("user"),
        ASSISTANT("assistant"),
        TOOL("tool");

        private final String id;

        Role(String id) {
            this.id = id;
        }

        public String id() {
            return id;
        }
    }

    public sealed interface Part {
        record Text(String text) implements Part {}

        record Reasoning(String text) implements Part {}

        /// @param arguments a JSON object
        record ToolCall(String id, String tool, String arguments) implements Part {}

        /// @param result text or JSON
        record ToolResult(String id, String result) implements Part {}
    }

    private final Role role;
    private final List<Part> parts;
    private byte @Nullable [] json;
    private final int tokens;

    private Message(Role role, List<Part> parts) {
        this.role = role;
        this.parts = List.copyOf(parts);
        this.tokens = 4 + (parts.stream().mapToInt(Message::length).sum() + 3) / 4;
    }

    public static Message of(Role role, Part... parts) {
        return new Message(role, List.of(parts));
    }

    public static Message system(String text) {
        return of(Role.SYSTEM, new Part.Text(text));
    }

    public static Message user(String text) {
        return of(Role.USER, new Part.Text(text));
    }

    public static Message assistant(String text) {
        return of(Role.ASSISTANT, new Part.Text(text));
    }

    public static Message assistant(List<Part> parts) {
        return new Message(Role.ASSISTANT, parts);
    }

    public static Message toolResult(String callId, String result) {
        return of(Role.TOOL, new Part.ToolResult(callId, result));
    }

    private static int length(Part part) {
        return switch (part) {
            case Part.Text(String text) -> text.length();
            case Part.Reasoning(String text) -> text.length();
            case Part.ToolCall(String id, String tool, String arguments) ->
                    id.length() + tool.length() + arguments.length();
            case Part.ToolResult(String id, String result) -> id.length() + result.length();
        };
    }

    public Role role() {
        return role;
    }

    public List<Part> parts() {
        return parts;
    }

    /// About what a tokenizer would count: four characters a token.
    public int tokens() {
        return tokens;
    }

    /// All text parts, joined by a blank line.
    public String text() {
        StringBuilder out = new StringBuilder();
        for (Part part : parts) {
            String text =
                    switch (part) {
                        case Part.Text(String words) -> words;
                        case Part.ToolResult(_, String result) -> result;
                        case Part.Reasoning _, Part.ToolCall _ -> "";
                    };
            out.append(out.isEmpty() || text.isEmpty() ? "" : "\n\n").append(text);
        }
        return out.toString();
    }

    /// The message in the form of the GenAI conventions, UTF-8; the caller must not change it.
    /// Rendering twice at once is harmless.
    public byte[] json() {
        byte[] bytes = json;
        if (bytes == null) {
            bytes = render().getBytes(StandardCharsets.UTF_8);
            json = bytes;
        }
        return bytes;
    }

    private String render() {
        StringBuilder out = new StringBuilder("{\"role\":\"").append(role.id());
        out.append("\",\"parts\":[");
        for (int i = 0; i < parts.size(); i++) {
            part(parts.get(i), i == 0 ? out : out.append(','));
        }
        out.append(']');
        if (role == Role.ASSISTANT) {
            boolean calls = parts.stream().anyMatch(Part.ToolCall.class::isInstance);
            out.append(",\"finish_reason\":\"").append(calls ? "tool_call" : "stop").append('"');
        }
        return out.append('}').toString();
    }

    private static void part(Part part, StringBuilder out) {
        switch (part) {
            case Part.Text(String text) -> {
                out.append("{\"type\":\"text\",\"content\":");
                JsonString.append(out, text).append('}');
            }
            case Part.Reasoning(String text) -> {
                out.append("{\"type\":\"reasoning\",\"content\":");
                JsonString.append(out, text).append('}');
            }
            case Part.ToolCall(String id, String tool, String arguments) ->
                    out.append("{\"type\":\"tool_call\",\"id\":\"")
                            .append(id)
                            .append("\",\"name\":\"")
                            .append(tool)
                            .append("\",\"arguments\":")
                            .append(arguments)
                            .append('}');
            case Part.ToolResult(String id, String result) -> {
                out.append("{\"type\":\"tool_call_response\",\"id\":\"").append(id);
                out.append("\",\"response\":");
                JsonString.append(out, result).append('}');
            }
        }
    }
}
