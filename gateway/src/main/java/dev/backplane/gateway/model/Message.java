package dev.backplane.gateway.model;

import java.util.List;
import java.util.Locale;

/// A turn of a conversation. Results of tools are parts ([Part.ToolResult]) of a message of role
/// `tool` or `user`, as the dialect has it.
///
/// @param name of the speaker, or empty
public record Message(Role role, List<Part> parts, String name, Extras extras) {
    public enum Role {
        SYSTEM,
        DEVELOPER,
        USER,
        ASSISTANT,
        TOOL;

        private final String id = name().toLowerCase(Locale.ROOT);

        public String id() {
            return id;
        }
    }

    public Message {
        parts = List.copyOf(parts);
    }

    public static Message of(Role role, String text) {
        return new Message(role, List.of(new Part.Text(text)), "", Extras.NONE);
    }

    /// All text parts joined.
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Part.Text(String piece, Extras _)) {
                text.append(piece);
            }
        }
        return text.toString();
    }
}
