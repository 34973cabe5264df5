package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.List;

/// A piece of a message.
public sealed interface Part {
    record Text(String text, Extras extras) implements Part {
        public Text(String text) {
            this(text, Extras.NONE);
        }
    }

    /// @param detail `low`, `high`, `auto` or empty
    record Image(Media media, String detail, Extras extras) implements Part {}

    /// @param format `wav`, `mp3` or another short name
    record Audio(Media media, String format, Extras extras) implements Part {}

    record File(Media media, String name, Extras extras) implements Part {}

    /// What a model said instead of answering.
    record Refusal(String text, Extras extras) implements Part {}

    /// What a model thought. Providers that sign their thoughts want them back unchanged.
    ///
    /// @param signature empty where there is none
    /// @param redacted the thought encrypted, when `text` may not be seen; else empty
    record Reasoning(String text, String signature, String redacted, Extras extras)
            implements Part {
        public Reasoning(String text) {
            this(text, "", "", Extras.NONE);
        }
    }

    /// @param arguments the exact text that the model wrote, JSON or not
    record ToolCall(String id, String name, String arguments, Extras extras) implements Part {}

    /// @param error whether the tool failed
    record ToolResult(String callId, List<Part> content, boolean error, Extras extras)
            implements Part {
        public ToolResult {
            content = List.copyOf(content);
        }
    }

    /// A part of a type that is only known to the request's dialect: the whole object.
    record Other(String type, Slice json) implements Part {}
}
