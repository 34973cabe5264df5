package dev.backplane.bench.otlp;

import java.util.Locale;

/// The attribute conventions in which a run can be sent.
public enum Dialect {
    /// OpenTelemetry GenAI since 1.37: messages as JSON in attributes.
    GEN_AI,
    /// OpenTelemetry GenAI up to 1.36: `gen_ai.system`, one span event per message.
    GEN_AI_LEGACY,
    /// Arize OpenInference: one attribute per part of each message.
    OPENINFERENCE,
    /// Traceloop OpenLLMetry: `gen_ai.prompt.N.…`.
    OPENLLMETRY,
    /// Vercel AI SDK: `ai.…`.
    VERCEL;

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
