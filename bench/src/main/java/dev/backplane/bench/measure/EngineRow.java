package dev.backplane.bench.measure;

import java.util.Locale;

/// What [EngineBenchmark] measures.
public enum EngineRow {
    /// From the start of a process to its first token, when tiles are kept.
    START,
    /// A prompt that is new.
    PROMPT,
    /// A long prompt, and the same again.
    PREFIX,
    /// A longer prompt, and the answer behind it.
    LONG,
    /// One answer.
    ONE,
    /// Several answers at once.
    TOGETHER,
    /// Many requests at once that each bring a prompt.
    CROWD;

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
