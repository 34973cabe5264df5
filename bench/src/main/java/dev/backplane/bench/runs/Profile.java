package dev.backplane.bench.runs;

import java.util.Locale;

/// The shapes of agents in the workload. `docs/benchmarks.md` says what each stands for.
public enum Profile {
    /// Customer service with tools, as in tau-bench: 8 to 20 model calls, a 6 KB policy, tool
    /// results of 0.2 to 8 KB.
    AIRLINE("airline-support"),
    /// Documentation assistant: embedding, retrieval, one or two model calls.
    RAG("help-center"),
    /// A lead agent with 2 to 5 parallel sub-agents that call tools in parallel.
    RESEARCH("deep-research"),
    /// 150 model calls that each carry their whole history, with tool results of 8 KB: 100 MB.
    CODING("code-agent"),
    /// Hundreds of turns over days in a context of 60,000 tokens that is compacted when it is full;
    /// its root span is sent while it is open, and again at its end.
    ASSISTANT("personal-assistant"),
    /// A few calls over documents of 0.5 to 16 MB.
    HEAVY("document-intake"),
    /// What `bench ingest` sends: a coding agent whose model calls and tools average 50 KB.
    LOAD("load-agent");

    private final String service;

    Profile(String service) {
        this.service = service;
    }

    /// The `service.name` of its spans.
    public String service() {
        return service;
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
