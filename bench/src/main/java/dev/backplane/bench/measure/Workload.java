package dev.backplane.bench.measure;

import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.Dice;
import dev.backplane.bench.runs.Message.Part;
import dev.backplane.bench.runs.Profile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Spans of many runs at once in the order in which a server meets them: each run's own order kept,
/// runs interleaved at random, a new run for each that ends. The new one starts when the other
/// ended, so that at any time about as many run as are interleaved. Endless. Not thread-safe.
final class Workload {
    /// One encoded span.
    ///
    /// @param callId an id that occurs in this span's output and in no earlier span, if there is
    ///   one
    record Encoded(AgentRun run, AgentSpan span, byte[] bytes, Optional<String> callId) {}

    /// @param runsAtOnce how many runs are interleaved
    record Options(long seed, double scale, List<Profile> profiles, int runsAtOnce) {
        Options {
            profiles = List.copyOf(profiles);
        }
    }

    private static final class Open {
        private final AgentRun run;
        private final Instant start;
        private int next;

        Open(AgentRun run, Instant start) {
            this.run = run;
            this.start = start;
        }
    }

    private final Options options;
    private final AgentRuns runs;
    private final Dice dice;
    private final OtlpEncoder encoder = new OtlpEncoder();
    private final List<Open> open = new ArrayList<>();
    private long nextIndex;

    /// @param begin when the first runs start
    Workload(Options options, Instant begin) {
        this.options = options;
        this.runs = new AgentRuns(options.seed(), options.scale());
        this.dice = Dice.of(options.seed(), -3, 0);
        for (int i = 0; i < options.runsAtOnce(); i++) {
            open.add(start(begin));
        }
    }

    private Open start(Instant time) {
        return new Open(runs.run(dice.pick(options.profiles()), nextIndex++), time);
    }

    Encoded next() {
        int chosen = dice.below(open.size());
        Open from = open.get(chosen);
        AgentSpan span = from.run.spans().get(from.next++);
        byte[] bytes = encoder.encode(from.run, span, Dialect.GEN_AI, from.start);
        Encoded encoded = new Encoded(from.run, span, bytes, callId(span));
        if (from.next == from.run.spans().size()) {
            open.set(chosen, start(from.start.plusNanos(from.run.durationNanos())));
        }
        return encoded;
    }

    private static Optional<String> callId(AgentSpan span) {
        if (span.work() instanceof ModelCall call && call.output().isPresent()) {
            for (Part part : call.output().get().parts()) {
                if (part instanceof Part.ToolCall(String id, _, _)) {
                    return Optional.of(id);
                }
            }
        }
        return Optional.empty();
    }
}
