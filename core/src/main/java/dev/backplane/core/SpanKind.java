package dev.backplane.core;

import java.util.Locale;

/// What a span did.
public enum SpanKind {
    LLM,
    TOOL,
    AGENT,
    CHAIN,
    RETRIEVER,
    EMBEDDING,
    GUARD,
    ENV,
    EVAL,
    TRAIN,
    OTHER;

    private final String id = name().toLowerCase(Locale.ROOT);

    /// The name in JSON and SQL.
    public String id() {
        return id;
    }
}
