package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.gateway.model.Usage;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// How long an answer took, as this dialect tells its clients, in nanoseconds. What the provider
/// itself has measured is told instead. For one answer.
public final class Timing {
    private final InstantSource time;
    private final LongSupplier nanos;
    private final long start;
    private long first;
    private boolean begun;

    /// @param nanos a clock that only goes forward
    public Timing(InstantSource time, LongSupplier nanos) {
        this.time = time;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    /// The answer comes; only the first call counts.
    void answering() {
        if (!begun) {
            begun = true;
            first = nanos.getAsLong();
        }
    }

    String now() {
        return time.instant().toString();
    }

    /// Members of an answer in which nothing is made.
    void writeInput(JsonOut out, Usage usage) {
        duration(out, usage, "total_duration", nanos.getAsLong() - start);
        duration(out, usage, "load_duration", 0);
        out.name("prompt_eval_count").literal("" + usage.input().orElse(0));
    }

    /// Members of the object that ends an answer.
    void write(JsonOut out, Usage usage) {
        answering();
        long end = nanos.getAsLong();
        writeInput(out, usage);
        duration(out, usage, "prompt_eval_duration", first - start);
        out.name("eval_count").literal("" + usage.output().orElse(0));
        duration(out, usage, "eval_duration", end - first);
    }

    private static void duration(JsonOut out, Usage usage, String name, long measured) {
        out.name(name);
        if (usage.extras().get(name).isEmpty()) {
            out.literal("" + measured);
        } else {
            out.json(usage.extras().get(name));
        }
    }
}
