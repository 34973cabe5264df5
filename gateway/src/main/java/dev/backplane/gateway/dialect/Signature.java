package dev.backplane.gateway.dialect;

import java.util.Optional;
import java.util.stream.Stream;

/// Signatures of thoughts are good only for the family of models that made them, and a conversation
/// may go on at another. To the client they are opaque, so ours carry their family: `gemini:…`.
/// Those without one are Anthropic's, who were first and whose clients look at them.
public enum Signature {
    ANTHROPIC("", "anthropic-claude-v1"),
    GEMINI("gemini:", "google-gemini-v1");

    private final String mark;
    private final String format;

    Signature(String mark, String format) {
        this.mark = mark;
        this.format = format;
    }

    /// What OpenRouter calls the family, where thoughts say theirs (its API reference, `format` of
    /// reasoning details).
    public String format() {
        return format;
    }

    public static Optional<Signature> ofFormat(String format) {
        return Stream.of(values()).filter(one -> one.format.equals(format)).findFirst();
    }

    /// For the client.
    public String mark(String signature) {
        return mark + signature;
    }

    /// What this family once signed with; empty if another did, or nobody.
    public Optional<String> unmark(String marked) {
        for (Signature other : values()) {
            if (!other.mark.isEmpty() && marked.startsWith(other.mark)) {
                return other == this
                        ? Optional.of(marked.substring(mark.length()))
                        : Optional.empty();
            }
        }
        return mark.isEmpty() && !marked.isEmpty() ? Optional.of(marked) : Optional.empty();
    }
}
