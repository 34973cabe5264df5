package dev.backplane.gateway.dialect;

import java.util.Optional;

/// Signatures of thoughts are good only for the family of models that made them, and a conversation
/// may go on at another. To the client they are opaque, so ours carry their family: `gemini:…`.
/// Those without one are Anthropic's, who were first and whose clients look at them.
public enum Signature {
    ANTHROPIC(""),
    GEMINI("gemini:");

    private final String mark;

    Signature(String mark) {
        this.mark = mark;
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
