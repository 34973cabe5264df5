package dev.backplane.gateway.model;

import java.util.Locale;

/// The languages that clients and providers speak.
public enum DialectId {
    OPENAI_CHAT,
    OPENAI_COMPLETIONS,
    OPENAI_RESPONSES,
    OPENAI_EMBEDDINGS,
    ANTHROPIC,
    OLLAMA,
    GEMINI;

    /// In spans and headers.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
