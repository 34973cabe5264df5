package dev.backplane.bench.measure;

import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.Message;
import dev.backplane.bench.runs.Profile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.Deflater;

/// Writes the workload to files, or only says what it would be like.
///
/// | format | file | content |
/// |---|---|---|
/// | otlp | `PROFILE-000042.otlp` | one run as an OTLP `ExportTraceServiceRequest` |
/// | ndjson | `PROFILE.ndjson` | one span a line, as `POST /api/v1/spans` takes them |
public final class Generator {
    /// @param directory where to write; empty for the summary alone
    /// @param format `otlp` or `ndjson`
    public record Options(
            long seed,
            double scale,
            List<Profile> profiles,
            int runs,
            Optional<Path> directory,
            String format,
            Instant end) {
        public Options {
            profiles = List.copyOf(profiles);
        }
    }

    private final Options options;
    private final Progress progress;
    private final OtlpEncoder encoder = new OtlpEncoder();

    public Generator(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    public Report run() throws IOException {
        AgentRuns runs = new AgentRuns(options.seed(), options.scale());
        if (options.directory().isPresent()) {
            Files.createDirectories(options.directory().get());
        }
        List<List<Object>> rows = new ArrayList<>();
        for (Profile profile : options.profiles()) {
            rows.add(write(profile, runs));
        }
        List<String> columns =
                List.of(
                        "profile",
                        "runs",
                        "spans",
                        "raw MB",
                        "mean span KB",
                        "largest span KB",
                        "model calls a run",
                        "raw : distinct messages",
                        "distinct : deflated");
        Map<String, String> conditions =
                Map.of(
                        "seed",
                        Long.toString(options.seed()),
                        "scale",
                        Double.toString(options.scale()));
        return new Report(
                "Workload", conditions, List.of(new Table("Profiles", columns, rows)), List.of());
    }

    private List<Object> write(Profile profile, AgentRuns runs) throws IOException {
        Sums sums = new Sums();
        Optional<Path> lines =
                options.directory()
                        .filter(_ -> options.format().equals("ndjson"))
                        .map(directory -> directory.resolve(profile.id() + ".ndjson"));
        try (OutputStream out =
                lines.isPresent()
                        ? new BufferedOutputStream(Files.newOutputStream(lines.get()), 1 << 20)
                        : OutputStream.nullOutputStream()) {
            for (int i = 0; i < options.runs(); i++) {
                AgentRun run = runs.run(profile, i);
                Instant start = options.end().minusNanos(run.durationNanos());
                otlp(run, start, sums);
                for (AgentSpan span : run.spans()) {
                    out.write(SpanLine.of(run, span, start));
                }
                progress.at(profile.id(), i + 1L, options.runs());
            }
        }
        return sums.row(profile, options.runs());
    }

    private void otlp(AgentRun run, Instant start, Sums sums) throws IOException {
        boolean writes = options.directory().isPresent() && options.format().equals("otlp");
        try (OutputStream out = writes ? file(run) : OutputStream.nullOutputStream()) {
            for (AgentSpan span : run.spans()) {
                byte[] encoded = encoder.encode(run, span, Dialect.GEN_AI, start);
                out.write(encoded);
                sums.add(span, encoded.length);
            }
        }
        sums.endRun();
    }

    private OutputStream file(AgentRun run) throws IOException {
        String name = "%s-%06d.otlp".formatted(run.profile().id(), run.index());
        Path path = options.directory().orElseThrow().resolve(name);
        return new BufferedOutputStream(Files.newOutputStream(path), 1 << 20);
    }

    /// What the summary counts.
    private static final class Sums {
        private final Set<Message> seen = new HashSet<>();
        private final Deflater deflater = new Deflater();
        private final byte[] buffer = new byte[64 << 10];
        private long spans;
        private long bytes;
        private long largest;
        private long calls;
        private long distinct;

        void add(AgentSpan span, int length) {
            spans++;
            bytes += length;
            largest = Math.max(largest, length);
            if (span.work() instanceof ModelCall call) {
                calls++;
                call.input().forEach(this::meet);
                call.output().ifPresent(this::meet);
            }
        }

        private void meet(Message message) {
            if (seen.add(message)) {
                byte[] json = message.json();
                distinct += json.length;
                deflater.setInput(json);
                while (!deflater.needsInput()) {
                    deflater.deflate(buffer);
                }
            }
        }

        void endRun() {
            seen.clear();
        }

        List<Object> row(Profile profile, int runs) {
            deflater.finish();
            while (!deflater.finished()) {
                deflater.deflate(buffer);
            }
            double deflated = deflater.getBytesWritten();
            deflater.end();
            return List.of(
                    profile.id(),
                    (long) runs,
                    spans,
                    bytes / 1e6,
                    bytes / 1e3 / spans,
                    largest / 1e3,
                    calls / (double) runs,
                    bytes / (double) distinct,
                    distinct / deflated);
        }
    }
}
