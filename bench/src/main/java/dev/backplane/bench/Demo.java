package dev.backplane.bench;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRun.Feedback;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.Dice;
import dev.backplane.bench.runs.JsonString;
import dev.backplane.bench.runs.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A few hundred runs of all profiles, sent to a running server over OTLP as if they had happened
/// during the last hours, with their feedback.
final class Demo {
    private static final int BATCH_BYTES = 2 << 20;
    private static final int TRIES = 5;

    /// @param runs how many, at least 1
    /// @param seed of the runs; the times come from `now`
    /// @param period over which their ends are spread
    record Options(int runs, long seed, Duration period, Instant now) {}

    private final ServerApi api;
    private final Options options;
    private final Progress progress;
    private final OtlpEncoder encoder = new OtlpEncoder();
    private final ByteArrayOutputStream batch = new ByteArrayOutputStream();
    private final Map<Profile, long[]> sent = new EnumMap<>(Profile.class);

    Demo(ServerApi api, Options options, Progress progress) {
        this.api = api;
        this.options = options;
        this.progress = progress;
    }

    Report send() throws IOException {
        long begin = System.nanoTime();
        AgentRuns runs = new AgentRuns(options.seed(), 0.15);
        Dice dice = Dice.of(options.seed(), -2, 0);
        for (int i = 0; i < options.runs(); i++) {
            AgentRun run = runs.run(profile(dice), i);
            send(run, dialect(dice), end(dice));
            progress.at("sending agent runs", i + 1L, options.runs());
        }
        return report((System.nanoTime() - begin) / 1e9);
    }

    private static Profile profile(Dice dice) {
        double chance = dice.fraction();
        if (chance < 0.45) {
            return Profile.AIRLINE;
        } else if (chance < 0.80) {
            return Profile.RAG;
        } else if (chance < 0.92) {
            return Profile.RESEARCH;
        } else if (chance < 0.97) {
            return Profile.CODING;
        }
        return chance < 0.99 ? Profile.ASSISTANT : Profile.HEAVY;
    }

    private static Dialect dialect(Dice dice) {
        return dice.chance(0.6) ? Dialect.GEN_AI : dice.pick(List.of(Dialect.values()));
    }

    /// More runs lately than long ago.
    private Instant end(Dice dice) {
        double age = dice.fraction() * dice.fraction();
        return options.now().minusNanos((long) (age * options.period().toNanos()));
    }

    private void send(AgentRun run, Dialect dialect, Instant end) throws IOException {
        Instant start = end.minusNanos(run.durationNanos());
        long bytes = 0;
        for (AgentSpan span : run.spans()) {
            byte[] encoded = encoder.encode(run, span, dialect, start);
            bytes += encoded.length;
            if (batch.size() + encoded.length > BATCH_BYTES && batch.size() > 0) {
                flush();
            }
            batch.writeBytes(encoded);
        }
        flush();
        if (run.feedback().isPresent()) {
            give(run, run.feedback().get());
        }
        long[] sums = sent.computeIfAbsent(run.profile(), _ -> new long[3]);
        sums[0]++;
        sums[1] += run.spans().size();
        sums[2] += bytes;
    }

    private void flush() throws IOException {
        byte[] request = batch.toByteArray();
        batch.reset();
        Answer answer = api.sendTraces(request);
        for (int tried = 1; answer.isRetryable() && tried < TRIES; tried++) {
            pause(Duration.ofMillis(250L << tried));
            answer = api.sendTraces(request);
        }
        ServerApi.require(answer, "POST /v1/traces");
    }

    private static void pause(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void give(AgentRun run, Feedback feedback) throws IOException {
        StringBuilder json = new StringBuilder("{\"scores\":{\"helpful\":");
        json.append(feedback.score()).append('}');
        if (!feedback.comment().isEmpty()) {
            JsonString.append(json.append(",\"comment\":"), feedback.comment());
        }
        String path =
                "/api/v1/spans/%s/%s/feedback"
                        .formatted(run.traceId(), AgentRun.hex(feedback.spanId()));
        ServerApi.require(api.sendJson(path, json.append('}').toString()), "POST " + path);
    }

    private Report report(double seconds) {
        long[] all = new long[3];
        List<List<Object>> rows = new ArrayList<>();
        for (Map.Entry<Profile, long[]> entry : sent.entrySet()) {
            long[] sums = entry.getValue();
            rows.add(row(entry.getKey().service(), sums));
            for (int i = 0; i < all.length; i++) {
                all[i] += sums[i];
            }
        }
        rows.add(row("all", all));
        Table table = new Table("Sent", List.of("agent", "runs", "spans", "MB"), rows);
        Map<String, String> conditions =
                Map.of("time", String.format(Locale.ROOT, "%.1f s", seconds));
        return new Report("Demo", conditions, List.of(table), List.of());
    }

    private static List<Object> row(String name, long[] sums) {
        return List.of(name, sums[0], sums[1], sums[2] / 1e6);
    }
}
